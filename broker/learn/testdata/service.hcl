# Learned by broker from what a program did, first of all /home/ann/shop/serve.
# What is not in here is refused. Read it before you trust it; learning again adds
# what is missing, and keeps your changes.

extends = ["builtin:base"]

# 2 times by serve, for example openat /home/ann/shop/serve
allow "run programs" {
  access = ["exec"]
  path = [
    "${cwd}/serve",
    "/usr/bin/curl",
  ]
}

# once by serve, for example openat /home/ann/shop/data/0123abcd9ef0
allow "change the working directory" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${cwd}/data/*", # hashes: 1 seen
  ]
}

# once by serve, for example openat /etc/app.conf
allow "read settings of the system" {
  access = ["read"]
  path   = ["/etc/app.conf"]
}

# once by serve, for example openat /proc/4711/stat
allow "read processes" {
  access = ["read"]
  path = [
    "/proc/**/stat", # process ids: 1 seen
  ]
}

program "/home/ann/shop/serve" {
  # 3 times by serve, for example openat 10.0.0.5:5432
  allow "serve: connect" {
    access = ["connect"]
    address = [
      "10.0.0.5:5432",
      "93.184.216.34:443",
      "unix:/run/user/${uid}/app-*.sock", # UUIDs: 1 seen
    ]
  }

  # 2 times by serve, for example openat 127.0.0.1:41234
  allow "serve: bind" {
    access = ["bind"]
    address = [
      "127.0.0.1:32768-60999", # ports that the kernel chooses: 1 seen
      "127.0.0.1:8080",
    ]
  }
}

program "/usr/bin/curl" {
  # once by curl, for example openat /home/ann/.config/curl/rc
  allow "curl: read the home directory" {
    access = ["read"]
    path   = ["${home}/.config/curl/rc"]
  }

  # 3 times by curl, for example openat 192.0.2.1:443
  allow "curl: connect" {
    access = ["connect"]
    address = [
      "*:443", # machines behind one port: 3 seen
    ]
  }
}

# not allowed: stored passwords (uncomment the rule to allow it)
# once by serve, for example openat /etc/shadow
# allow "stored passwords" {
#   access = ["read"]
#   path = [
#     "/etc/shadow",
#   ]
# }

# not allowed: tokens of cloud services (uncomment the rule to allow it)
# once by serve, for example openat /home/ann/.aws/credentials
# allow "tokens of cloud services" {
#   access = ["read"]
#   path = [
#     "${home}/.aws/credentials",
#   ]
# }

# not allowed: histories hold passwords that were typed by mistake (uncomment the rule to allow it)
# once by serve, for example openat /home/ann/.bash_history
# allow "histories hold passwords that were typed by mistake" {
#   access = ["read"]
#   path = [
#     "${home}/.bash_history",
#   ]
# }

# not allowed: what is written there runs outside the broker later (uncomment the rule to allow it)
# once by serve, for example openat /home/ann/.bashrc
# allow "what is written there runs outside the broker later" {
#   access = ["write"]
#   path = [
#     "${home}/.bashrc",
#   ]
# }

# not allowed: private keys (uncomment the rule to allow it)
# once by serve, for example openat /home/ann/.ssh/id_ed25519
# allow "private keys" {
#   access = ["read"]
#   path = [
#     "${home}/.ssh/id_ed25519",
#   ]
# }

# not allowed: it belongs to another user (uncomment the rule to allow it)
# once by serve, for example openat /home/bob/notes.txt
# allow "it belongs to another user" {
#   access = ["read"]
#   path = [
#     "/home/bob/notes.txt",
#   ]
# }

# not allowed: it belongs to a process outside (uncomment the rule to allow it)
# once by serve, for example openat /proc/1/status
# allow "it belongs to a process outside" {
#   access = ["read"]
#   path = [
#     "/proc/*/status",
#   ]
# }

# not allowed: a cloud's metadata service hands out credentials of the machine (uncomment the rule to allow it)
# once by serve, for example openat 169.254.169.254:80
# allow "a cloud's metadata service hands out credentials of the machine" {
#   access = ["connect"]
#   address = [
#     "169.254.169.254:80",
#   ]
# }

# not allowed: who reaches a container engine rules the machine (uncomment the rule to allow it)
# once by serve, for example openat unix:/run/docker.sock
# allow "who reaches a container engine rules the machine" {
#   access = ["connect"]
#   address = [
#     "unix:/run/docker.sock",
#   ]
# }
