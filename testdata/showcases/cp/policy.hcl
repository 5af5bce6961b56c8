extends = ["../../policies/shell.hcl"]

# Which extended attributes are not to be copied.
allow "settings" {
  access = ["read"]
  path   = ["/etc/xattr.conf"]
}
