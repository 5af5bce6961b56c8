# everything: allows all that rules can allow, and names every class, so that
# every call that can be mediated is. It protects nothing. `make transparency`
# runs the tests of others under it: a program cannot tell the broker from the
# kernel if no test can.

allow "every file" {
  # lint:accept write-exec: nothing is to be refused
  access = ["read", "write", "create", "remove", "attr", "stat", "exec"]
  # lint:accept broad-root: nothing is to be refused
  path = ["/**"]
}

# The entries of other processes and devices that are not the usual ones need a
# rule that spells so many components: "**" alone does not open them.
allow "every process" {
  access = ["read", "write", "attr", "stat"]
  # lint:accept broad-proc: nothing is to be refused
  path = ["/proc/*/**"]
}

allow "every device" {
  access = ["read", "write", "create"]
  # lint:accept broad-root, broad-proc: nothing is to be refused
  path = [
    "/*", "/*/*", "/*/*/*", "/*/*/*/*", "/*/*/*/*/*", "/*/*/*/*/*/*", "/*/*/*/*/*/*/*", "/*/*/*/*/*/*/*/*",
    "/*/*/*/*/*/*/*/*/*", "/*/*/*/*/*/*/*/*/*/*", "/*/*/*/*/*/*/*/*/*/*/*", "/*/*/*/*/*/*/*/*/*/*/*/*",
  ]
}

allow "every address" {
  access = ["connect", "bind"]
  # lint:accept any-address, any-socket: nothing is to be refused
  address = ["*", "unix:*", "netlink:*", "packet:*", "vsock:*"]
}

# Calls without a path or an address are not what is compared: a test that makes one should
# get the kernel's answer. What stays refused could hurt the machine that runs
# the tests: @kexec, @module, @rawio, @reboot, @swap and most of @host.
syscalls {
  # lint:accept lifted-calls: tests of others make them, see below
  allow = [
    "@default",
    "@clock",     # a test sets the time, and back
    "@debug",     # ptrace and process_vm_readv are how debuggers' tests see their children
    "@namespace", # unshare and clone, and chroot: paths mean something else from then on
    "@mount",     # the same
    "@fanotify", "@keyring", "@lsm", "@numa", "@quota", "@bpf", "@obsolete",
    "prlimit64", "personality", "ioctl", # whatever their arguments
    "sethostname",                       # CPython's test of it sets the name that the host has
  ]
}
