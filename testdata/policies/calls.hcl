# calls: what testdata/victims/calls.c does in the directory that it has prepared,
# and nothing else. `go run ./bench` measures it.

extends = ["builtin:base"]

allow "the program, and the one that it executes" {
  access = ["read", "exec"]
  path   = ["${cwd}/{calls,exit}"]
}

allow "files" {
  access = ["read"]
  path   = ["${cwd}/dir/**"]
}

allow "new files" {
  access = ["read", "write", "create", "remove"]
  path   = ["${cwd}/new/**"]
}

# lint:accept idle-deny: the measurement needs a rule that refuses
deny "secrets" {
  access = ["read", "write"]
  path   = ["${cwd}/secret/**"]
  reason = "nothing of the measurement reads them"
}

emulate "served" {
  access  = ["read"]
  path    = ["${cwd}/served"]
  content = "served\n"
}

allow "sockets" {
  access  = ["connect", "bind"]
  address = ["127.0.0.1:*", "unix:${cwd}/sockets/*"]
}

allow "the sockets' files" {
  access = ["create"]
  path   = ["${cwd}/sockets/*"]
}
