allow "a" {
  access = ["read"
  path   = ["/a"]
}

deny "b" {
  access = ["read"]
  path   = ["/b/["]
}

mode = monitor
mode = "monitor"
