extends = ["../../policies/shell.hcl"]

allow "redis" {
  access = ["read", "exec"]
  path   = ["/usr/bin/redis-{benchmark,check-rdb,cli}"]
}

# The server asks whether the clock can be read without a call.
allow "settings" {
  access = ["read"]
  path   = ["/etc/ssl/openssl.cnf", "/sys/devices/system/clocksource/clocksource0/current_clocksource"]
}

allow "server" {
  access  = ["connect", "bind"]
  address = ["127.0.0.1:16000-25999", "unix:${cwd}/redis.sock"]
}
