# tar: pack and unpack below one directory. attr lets it restore modes, times
# and, for root, owners; create covers links and FIFOs as well as files.

extends = ["builtin:base"]

allow "tar and its compressors" {
  access = ["read", "exec"]
  path   = ["/bin/{tar,gzip,bzip2,xz}", "/usr/bin/{zstd,bzip2,xz}"]
}

allow "shell" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash,bash}", "/usr/bin/{find,touch,mkdir,mkfifo,chmod,ln,rm,sort,head,wc}"]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}
