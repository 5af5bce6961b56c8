allow "missing" {
}
allow "empty" {
  access = []
  path   = []
}
allow {
  access = ["read"]
  path   = ["/a"]
}
allow "two" "names" {
  access = ["read"]
  path   = ["/a"]
}
allow "" {
  access = ["read"]
  path   = ["/a"]
}
allow "bell\u0007" {
  access = ["read"]
  path   = ["/a"]
}
allow "same" {
  access = ["raed"]
  path   = ["/a"]
}
deny "same" {
  access = ["stat", "connect", "bind"]
  path   = ["/a"]
  errno  = "ENOENTT"
}
allow "errno" {
  access = ["read"]
  path   = ["/a"]
  errno  = "ENOENT"
}
deny "later" {
  access   = ["read"]
  path     = ["/a"]
  alert    = true
  remember = true
  address  = ["*:22"]
  value    = 0
}
deny "typo" {
  acess   = ["read"]
  path    = ["/a"]
  content = "x"
  reasons = "x"
  nested {
  }
}
