# go: build, test and run a Go module in one directory, offline.
#
# The caches follow GOCACHE and GOMODCACHE. Give a build that you do not trust a
# GOCACHE of its own: what it writes there, other builds would use.

extends = ["builtin:base"]

locals {
  goroot = env("GOROOT", "/usr/local/go")
  cache  = env("GOCACHE", "${home}/.cache/go-build")
}

allow "shell" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash,bash}"]
}

allow "toolchain" {
  access = ["read", "exec"]
  path   = ["${local.goroot}/**"]
}

allow "modules" {
  access = ["read"]
  path   = ["${env("GOMODCACHE", "${home}/go/pkg/mod")}/**"]
}

# exec: since Go 1.24 `go run` and `go tool` execute from the cache.
allow "build cache" {
  # lint:accept write-exec: go run executes from the cache
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["${local.cache}/**"]
}

# go env -w, and the counters that `go telemetry local` keeps. Every tool of the
# toolchain makes the folder for them when it starts.
allow "settings" {
  access = ["read", "write", "create"]
  path   = ["${home}/.config/go/**"]
}
allow "folder of the settings" {
  access = ["create"]
  path   = ["${home}/.config"]
}

allow "work" {
  # lint:accept write-exec: what was built is run here
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["${cwd}/**"]
}

# go builds in a temporary directory, and runs tests from there.
allow "temporary files" {
  # lint:accept write-exec: go test runs what it has built there
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["${tmp}/**"]
}
