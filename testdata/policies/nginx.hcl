# nginx: serves the files of one directory on one port, and fetches what it does
# not have from a local socket. Its log, its process id and uploads are there too.

extends = ["builtin:base"]

allow "nginx" {
  access = ["read", "exec"]
  path   = ["/usr/sbin/nginx", "/bin/{sh,dash}", "/usr/bin/sleep"]
}

allow "settings" {
  access = ["read"]
  path   = ["/etc/nginx/**", "/etc/ssl/openssl.cnf"]
}

allow "clients" {
  access  = ["bind"]
  address = ["127.0.0.1:${env("NGINX_PORT", "80")}", "unix:${cwd}/nginx.sock"]
}

allow "where it fetches from" {
  access  = ["connect"]
  address = ["unix:${cwd}/nginx.sock"]
}

allow "site" {
  access = ["read"]
  path   = ["${cwd}/**"]
  except = ["${cwd}/site/closed/**"]
}

# The master gives these to its workers, which are another user when it is root.
allow "what it writes" {
  access = ["write", "create", "remove", "attr"]
  path   = ["${cwd}/{error.log,access.log,nginx.pid,nginx.sock}", "${cwd}/{tmp,site/put}/**"]
}
