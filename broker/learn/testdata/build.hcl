# Learned by broker from what a program did, first of all /usr/bin/make.
# What is not in here is refused. Read it before you trust it; learning again adds
# what is missing, and keeps your changes.

extends = ["builtin:base"]

# 7 times by make and gcc-12, for example openat /usr/bin/gcc-12
allow "run programs" {
  access = ["exec"]
  path = [
    "${cwd}/app",
    "/usr/bin/{gcc-12,make}",
    "/usr/lib/gcc/x86_64-linux-gnu/*/cc1", # numbers: 1 seen
  ]
}

# 3 times by cc1 and make, for example openat /home/ann/shop/Makefile
allow "read the working directory" {
  access = ["read"]
  path = [
    "${cwd}/*.c", # whole directories: 2 seen
    "${cwd}/Makefile",
  ]
}

# 4 times by as, ld and make, for example openat /home/ann/shop/app
allow "change the working directory" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${cwd}/*.o", # whole directories: 2 seen
    "${cwd}/app",
  ]
}

# 3 times by as, gcc-12 and cc1, for example openat /tmp/ccAb3dEf.s
allow "change temporary files" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${tmp}/cc*.s", # temporary names: 1 seen
  ]
}

# 3 times by cc1, for example openat /usr/include/stdio.h
allow "read installed files" {
  access = ["read"]
  path = [
    "/usr/include/*.h", # whole directories: 2 seen
  ]
}
