# psql: one database server, over its local socket or the network, and files of
# one directory. pgbench is psql's companion and needs the same.

extends = ["builtin:base"]

allow "programs" {
  access = ["read", "exec"]
  path   = ["/usr/lib/postgresql/*/bin/{psql,pgbench}", "/bin/{sh,dash}", "/usr/bin/{cat,grep,ls,sed,sort,wc}"]
}

allow "settings" {
  access = ["read"]
  path = [
    "${home}/{.psqlrc,.pgpass,.pg_service.conf}", "${home}/.postgresql/**",
    "/etc/{ssl/openssl.cnf,krb5.conf}", "/etc/{gss,krb5.conf.d}/**",
  ]
}

allow "history" {
  access = ["read", "write", "create"]
  path   = ["${home}/.psql_history"]
}

allow "the server" {
  access = ["connect"]
  address = [
    "127.0.0.1:${env("PGPORT", "5432")}",
    "unix:${env("PGSOCKETS", "/var/run/postgresql")}/.s.PGSQL.${env("PGPORT", "5432")}",
  ]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}
