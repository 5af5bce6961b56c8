# shell: a script that works on the files of one directory with the usual text
# tools. It can run these programs and no others.

extends = ["builtin:base"]

allow "tools" {
  access = ["read", "exec"]
  path = [
    "/bin/{sh,dash,bash}",
    "/usr/bin/{cat,tee,sort,uniq,sed,tr,cut,paste,head,tail,wc,grep,diff,cmp,*awk,bc,dc,date,env,seq,expr,xargs,basename,dirname}",
    "/usr/bin/{ls,find,mkdir,mkfifo,rm,rmdir,mv,cp,ln,touch,chmod,stat,mktemp,sleep,true,false,printf,echo,test,pwd,kill}",
  ]
}

# bash reads these when it starts; a script does not need them, an interactive
# shell does.
allow "start-up files" {
  access = ["read"]
  path   = ["/etc/{profile,bash.bashrc}", "${home}/.{bashrc,profile}"]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}

# Here documents that do not fit into a pipe, and mktemp.
allow "temporary files" {
  access = ["read", "write", "create", "remove"]
  path   = ["${tmp}/**"]
}
