allow "a" {
  access = ["read"]
  path = ["/e\u0301"]
}
