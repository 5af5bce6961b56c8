# pip: installs packages from one index into ~/.local, and runs what they bring.

extends = ["python.hcl"]

allow "the index" {
  access  = ["connect"]
  address = ["127.0.0.1:${env("INDEX_PORT", "80")}"]
}

# urllib3 tries whether there is IPv6 by binding a socket that it never uses.
allow "is there IPv6" {
  access  = ["bind"]
  address = ["[::1]:0"]
}

# pip tells the index which system it is on, and asks these about it.
# ls is for the scripts beside it.
allow "kind of system" {
  access = ["read", "exec"]
  path   = ["/usr/bin/{ls,lsb_release,getopt,cut,tr,uname,ldd}"]
}

allow "settings" {
  access = ["read"]
  path = [
    "/etc", "/etc/{pip.conf,xdg/pip/**,ssl/certs/**,*-release,*_version}",
    "${home}/{.pip,.config/pip}/**",
  ]
}

# As root pip keeps out of a cache that is in somebody else's home directory, and
# opens the directory to ask.
allow "whose home it is" {
  access = ["read"]
  path   = ["${home}"]
}

allow "packages and their programs" {
  # lint:accept write-exec: pip writes the programs that it brings
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["${home}/.local/**"]
}

allow "cache" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${home}/.cache/**"]
}
