# git: repositories below one directory, with the settings of the user. Nothing
# here reaches a network: add a rule for connect if yours needs one.

extends = ["builtin:base"]

allow "git" {
  access = ["read", "exec"]
  path   = ["/usr/bin/git{,-*}", "/usr/lib/git-core/**", "/usr/libexec/git-core/**"]
}

# git runs hooks, pagers and editors through the shell.
allow "programs beside it" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash,bash}", "/usr/bin/{cat,sort,wc,ls,mkdir,rm,tar,grep,less,basename,sed,uname}"]
}

allow "settings" {
  access = ["read"]
  path = [
    "/etc/{gitconfig,gitattributes}",
    "${home}/.{gitconfig,gitignore}", "${home}/.config/git/{config,ignore,attributes}",
  ]
}

# git config --global writes a new file beside the old one and renames it.
allow "change own settings" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${home}/.gitconfig{,.lock}"]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}

# Hooks are programs. Without this rule a repository cannot run any; with it,
# only those of repositories here.
allow "hooks" {
  # lint:accept write-exec: hooks are files of the repository, which git writes
  access = ["exec"]
  path   = ["${cwd}/**/hooks/*"]
}

allow "temporary files" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${tmp}/**"]
}
