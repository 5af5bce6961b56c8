# node: a Node.js program in one directory, and the programs it starts.

extends = ["builtin:base"]

# exec of node itself: child_process.fork.
allow "interpreter" {
  access = ["read", "exec"]
  path   = ["/usr/bin/node{,js}"]
}

allow "programs it starts" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash}", "/usr/bin/{sort,cat,wc}"]
}

# node reads OpenSSL's settings before the program starts.
allow "settings" {
  access = ["read"]
  path   = ["/etc/ssl/openssl.cnf", "/usr/local/ssl/openssl.cnf"]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}

allow "temporary files" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${tmp}/**"]
}
