syscalls "x" {
  allow = ["@defualt", "@nothing", "personalty", "no such call", ""]
  deny  = ["@debug"]
  errno = "eperm"
  log   = ["personality"]
  group {
  }
}
syscalls {
  errno = "EPERM"
}
