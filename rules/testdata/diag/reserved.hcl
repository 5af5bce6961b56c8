allow "a" {
  access = ["read"]
  path = ["/\U000f0041"]
}
