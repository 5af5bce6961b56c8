extends = ["../../policies/shell.hcl"]

allow "rsync" {
  access = ["read", "exec"]
  path   = ["/usr/bin/rsync"]
}

# It asks popt's settings for aliases of its options.
allow "settings" {
  access = ["read"]
  path   = ["/etc/popt{,.d/**}", "${home}/.popt"]
}
