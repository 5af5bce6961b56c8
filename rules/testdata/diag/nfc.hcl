allow "é" {
  access = ["read"]
  path = ["/é"]
}
