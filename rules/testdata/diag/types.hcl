mode    = 1
default = ["deny"]
extends = "builtin:base"

syscalls {
  allow = "@default"
  deny  = [1, null, "personality"]
  errno = 13
}
allow "a" {
  access = "read"
  path   = "/a"
  reason = ["x"]
}
allow "b" {
  access = ["read", true]
  path   = [["/a"], "/b", 7]
  except = {}
}
emulate "c" {
  access  = ["read"]
  path    = ["/c"]
  content = null
}
