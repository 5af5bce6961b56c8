# redis: a server that keeps its data in one directory, and its tools.

extends = ["builtin:base"]

# The server and the tools that check its files are one executable, which goes
# by its name.
allow "redis" {
  access = ["read", "exec"]
  path   = ["/usr/bin/redis-{server,benchmark,check-rdb,cli}", "/bin/{sh,dash}", "/usr/bin/{cat,cut,grep,ls,rm,sed,seq,sleep,sort,tail}"]
}

# The server asks whether the clock can be read without a call.
allow "settings" {
  access = ["read"]
  path = [
    "/etc/redis/**", "/etc/ssl/openssl.cnf", "${home}/.redisclirc",
    "/sys/devices/system/clocksource/clocksource0/current_clocksource",
  ]
}

allow "clients reach the server" {
  access = ["connect", "bind"]
  address = [
    "127.0.0.1:${env("REDIS_PORT", "6379")}", "unix:${cwd}/redis.sock",
  ]
}

# create and attr cover the socket and its mode.
allow "data" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}
