# base: what every dynamically linked program needs to start and to run as a
# filter, and nothing that belongs to a person. Extend it and add the files your
# program works on:
#
#   extends = ["builtin:base"]
#   allow "data" {
#     access = ["read"]
#     path   = ["/srv/data/**"]
#   }
#
# Nothing here may be executed: which programs may run is for your rules to say.

syscalls {
  # The calls of the usual container profile. Those that name files are still
  # judged by the rules; the rest never leave the kernel.
  allow = ["@default"]
}

allow "shared libraries" {
  # The dynamic loader opens libraries for reading. On systems where /lib is a
  # link to /usr/lib the pattern follows it when the rules are loaded.
  access = ["read"]
  path = [
    "/lib/**", "/lib32/**", "/lib64/**", "/libx32/**",
    "/usr/{lib,lib32,lib64,libx32}/**", "/usr/local/lib/**",
    "/etc/ld.so.{cache,preload,conf}", "/etc/ld.so.conf.d/**",
    "/etc/ld-musl-*.path",
  ]
}

allow "data shared by all programs" {
  # Locales, time zones, terminal descriptions, icons, documentation.
  access = ["read"]
  path = [
    "/usr/share/**", "/usr/local/share/**",
    "/etc/{localtime,timezone,locale.alias,locale.conf,inputrc,mime.types,os-release,debian_version}",
    "/etc/terminfo/**",
  ]
}

allow "names of users and services" {
  # What the C library's lookups read. Passwords are elsewhere: in /etc/shadow.
  access = ["read"]
  path = [
    "/etc/{passwd,group,nsswitch.conf,host.conf,hosts,hostname,resolv.conf,gai.conf}",
    "/etc/{services,protocols,networks,rpc,ethers,shells,login.defs,machine-id}",
  ]
}

allow "standard devices" {
  # `>/dev/null` opens with O_CREAT, but create is only asked for a file that is
  # not there, so write is enough.
  access = ["read", "write"]
  path   = ["/dev/{null,zero,full,random,urandom,tty,console}"]
}

allow "pseudo-terminals" {
  # A program sees the terminals of its own user here; the kernel's own modes on
  # the nodes keep those of others apart.
  access = ["read", "write"]
  path   = ["/dev/ptmx", "/dev/pts/**"]
}

allow "own process" {
  # /proc/self is the calling process whatever its number is. Links in it, such
  # as fd/3 and exe, are judged by what they point at.
  access = ["read", "write"]
  path   = ["/proc/self/**", "/proc/thread-self/**"]
}

allow "the machine at large" {
  # Sizes and counts that runtimes look up to choose threads and buffers.
  access = ["read"]
  path = [
    "/", "/proc",
    "/proc/{cpuinfo,meminfo,stat,vmstat,filesystems,mounts,version,loadavg,uptime,devices,cgroups,swaps}",
    "/proc/sys/**",
    "/sys/devices/system/{cpu,node}/**",
    "/sys/fs/cgroup/**",
    "/sys/kernel/mm/{transparent_hugepage,hugepages}/**",
  ]
}
