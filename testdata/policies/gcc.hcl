# gcc: compile and link C programs in one directory, and run what was built.

extends = ["builtin:base"]

allow "shell" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash,bash}", "/usr/bin/{grep,mkdir,mv,rm,cp,test,touch,cat}"]
}

# gcc is a link to the compiler for this machine, such as
# x86_64-linux-gnu-gcc-12. Rules are about the file that runs in the end.
allow "compiler and linker" {
  access = ["read", "exec"]
  path = [
    "/usr/bin/*-linux-gnu*-{gcc,cpp,as,ld,ld.bfd,ld.gold,ar,nm,ranlib,strip,objcopy}{,-*}",
    "/usr/lib/gcc/**", "/usr/libexec/gcc/**",
  ]
}

allow "headers" {
  access = ["read"]
  path   = ["/usr/include/**", "/usr/local/include/**"]
}

allow "work" {
  # lint:accept write-exec: what was built is run here
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["${cwd}/**"]
}

allow "temporary files" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${tmp}/**"]
}
