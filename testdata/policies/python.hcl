# python: a Python program with the standard library, in one directory. The
# interpreter of the system, and the few programs it starts.

extends = ["builtin:base"]

allow "interpreter" {
  access = ["read", "exec"]
  path   = ["/usr/bin/python3*"]
}

# The modules are under /usr/lib/python3, which builtin:base lets be read. The
# modules hashlib and ssl start OpenSSL, which reads its settings.
allow "settings" {
  access = ["read"]
  path   = ["/etc/{mime.types,ssl/openssl.cnf,python3*/**}", "${home}/.local/lib/python3*/**"]
}

allow "programs it starts" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash}", "/usr/bin/{sort,cat,wc,sleep}"]
}

# create covers the __pycache__ of modules beside the program.
allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}

allow "temporary files" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${tmp}/**"]
}

# multiprocessing keeps its locks in POSIX semaphores: sem_overview(7).
allow "semaphores" {
  access = ["read", "write", "create", "remove"]
  path   = ["/dev/shm/sem.*"]
}
