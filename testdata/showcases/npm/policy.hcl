extends = ["../../policies/node.hcl"]

allow "tools" {
  access = ["read", "exec"]
  path   = ["/usr/bin/{ls,wc,npm,env}"]
}

# It looks into this script to learn which C library there is.
allow "kind of C library" {
  access = ["read"]
  path   = ["/usr/bin/ldd"]
}

# npm is a program in JavaScript.
allow "npm itself" {
  access = ["read", "exec"]
  path   = ["/usr/{lib,share}/{nodejs,node_modules,node_modules_20}/**", "/usr/share/nodejs/**"]
}

allow "settings" {
  access = ["read"]
  path   = ["${home}/.npmrc", "/usr/etc/npmrc", "/etc/npmrc", "/etc/ssl/certs/ca-certificates.crt"]
}

allow "cache" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${home}/.npm/**"]
}
