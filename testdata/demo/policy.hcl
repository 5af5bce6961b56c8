# What the program of the demonstration may do. Whatever no rule allows is
# refused; builtin:base allows only what every program needs to start.

extends = ["builtin:base"]

allow "programs" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash,bash,cat,rm}", "${cwd}/report.sh"]
}

allow "orders" {
  access = ["read"]
  path   = ["${cwd}/orders/**"]
}

allow "reports" {
  access = ["read", "write", "create"]
  path   = ["${cwd}/reports/**"]
}

# The program finds a file at this path that says something else.
emulate "host name" {
  access  = ["read"]
  path    = ["/etc/hostname"]
  content = "shop.example\n"
}

# A denial gives its reason, in the log and in the summary. It holds whatever
# other rules allow.
deny "customers" {
  access = ["read"]
  path   = ["${cwd}/orders/customers.txt"]
  reason = "names and addresses are nothing for a report"
}
