# npm: installs packages from one registry into the directory of a project, and
# lets their scripts run there.

extends = ["node.hcl"]

# npm is a program in JavaScript.
allow "npm itself" {
  access = ["read", "exec"]
  path   = ["/usr/bin/{npm,env,ls,rm}", "/usr/{lib,share}/{nodejs,node_modules,node_modules_20}/**"]
}

# It looks into this script to learn which C library there is.
allow "kind of C library" {
  access = ["read"]
  path   = ["/usr/bin/ldd"]
}

allow "settings" {
  access = ["read"]
  path   = ["${home}/.npmrc", "{/usr,/usr/local,}/etc/npmrc", "/etc/ssl/certs/ca-certificates.crt"]
}

allow "the registry" {
  access  = ["connect"]
  address = ["127.0.0.1:${env("REGISTRY_PORT", "4873")}"]
}

allow "cache" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${home}/.npm/**"]
}

# Programs that packages bring.
allow "programs of packages" {
  # lint:accept write-exec: npm writes the packages whose programs it runs
  access = ["exec"]
  path   = ["${cwd}/node_modules/**"]
}
