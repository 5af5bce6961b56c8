mode    = "enforced"
default = "ask"
exnteds = ["builtin:base"]
alert   = true

permit "a" {
}
ask "b" {
}
test "c" {
}
dney "d" {
  access = ["read"]
}
