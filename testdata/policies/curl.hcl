# curl: fetches from, and sends to, the addresses named here; reads and writes
# files of one directory. Certificates are those of the system and of that
# directory.

extends = ["builtin:base"]

allow "curl" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash}", "/usr/bin/{curl,cat,cmp,ls,rm,sort}"]
}

allow "settings" {
  access = ["read"]
  path   = ["${home}/{.config/,.}curlrc", "/etc/ssl/{openssl.cnf,certs/**}"]
}

# No name is looked up for these: an address is what curl is given.
allow "sites" {
  access = ["connect"]
  address = [
    "127.0.0.1:${env("HTTP_PORT", "80")}", "127.0.0.1:${env("HTTPS_PORT", "443")}",
    "[::1]:${env("HTTP6_PORT", "80")}", "unix:${env("HTTP_SOCKET", "/run/web.sock")}",
  ]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}
