extends = ["../../policies/shell.hcl"]

allow "rsync" {
  access = ["read", "exec"]
  path   = ["/usr/bin/rsync"]
}

# popt's aliases of options, OpenSSL's for checksums.
allow "settings" {
  access = ["read"]
  path   = ["/etc/popt{,.d/**}", "${home}/.popt", "/etc/ssl/openssl.cnf"]
}
