# ssh: to one server, with the keys and settings of ~/.ssh; scp and sftp in one
# directory. Logins through one connection meet at a socket in ~/.ssh.

extends = ["builtin:base"]

allow "programs" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash}", "/usr/bin/{ssh,scp,sftp,cat,cmp,ls,rm,seq,sha256sum,sleep}"]
}

# The keys are for ssh alone; the other programs here have no business with them.
program "/usr/bin/ssh" {
  allow "settings and keys" {
    access = ["read"]
    path   = ["/etc/ssh/ssh_config{,.d/**}", "/etc/ssl/openssl.cnf", "${home}/.ssh/**"]
  }

  allow "the server" {
    access  = ["connect"]
    address = ["127.0.0.1:${env("SSH_PORT", "22")}"]
  }
}

# ControlMaster binds the socket under another name and links it into place.
allow "shared connections" {
  access  = ["read", "create", "remove", "attr", "connect", "bind"]
  path    = ["${home}/.ssh/control-*"]
  address = ["unix:${home}/.ssh/control-*"]
}

allow "forwarded sockets" {
  access  = ["connect", "bind"]
  address = ["unix:${cwd}/*.sock"]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}
