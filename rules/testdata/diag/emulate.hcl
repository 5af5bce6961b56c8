emulate "nothing" {
  access = ["read"]
  path   = ["/a"]
}
emulate "both" {
  access  = ["read"]
  path    = ["/a"]
  content = "x"
  errno   = "ENOENT"
}
emulate "write" {
  access  = ["read", "write"]
  path    = ["/a"]
  content = "x"
}
emulate "relative" {
  access = ["read"]
  path   = ["/a"]
  file   = "hosts"
}
emulate "wild" {
  access = ["read"]
  path   = ["/a"]
  file   = "/etc/*"
}
