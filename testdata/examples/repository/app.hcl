# The policy of an application that serves files and writes a log.

extends = ["builtin:base"]

allow "the application" {
  access = ["read", "exec"]
  path   = ["/srv/app/bin/**"]
}

allow "what it serves" {
  access = ["read"]
  path   = ["/srv/app/files/**"]
}

allow "its log" {
  access = ["write", "create"]
  path   = ["/srv/app/log/*.log"]
}

deny "keys" {
  access = ["read"]
  path   = ["/srv/app/files/**/*.key"]
  reason = "keys that were put there by mistake are not served"
}

test "serves files" {
  call   = "openat"
  flags  = "O_RDONLY"
  path   = "/srv/app/files/index.html"
  expect = "allow"
}

test "serves no keys" {
  call   = "openat"
  flags  = "O_RDONLY"
  path   = "/srv/app/files/old/site.key"
  expect = "deny"
  rule   = "keys"
}
