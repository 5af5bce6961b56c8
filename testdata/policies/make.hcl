# make: gcc.hcl, and make on top. Rules of all files hold together.

extends = ["gcc.hcl"]

allow "make" {
  access = ["read", "exec"]
  path   = ["/usr/bin/{make,echo}"]
}
