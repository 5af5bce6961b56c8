# What configure may run is a long list: a rule for each program would say little.
extends = ["../../policies/make.hcl"]

allow "tools" {
  access = ["read", "exec"]
  path   = ["/usr/bin/**", "/usr/share/**"]
}

allow "settings" {
  access = ["read"]
  path   = ["/etc/perl/**", "/etc/alternatives/**", "/etc/mailcap"]
}
