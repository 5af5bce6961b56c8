# What each kind of call may cost, as a ratio to the floor (bench/c), the least
# that a supervisor can do for it. `make bench-guard` fails when one costs more.
#
# pinned    target and supervisor on one CPU: the work itself, and one wake-up
#           each way. The median operation of the quietest round.
# unpinned  the same on any CPU, where it is given; if the target gets a
#           descriptor, the floor is the co-located one.
# allocs    allocations of the broker an operation.

case "open" {
  pinned = 1.35
  allocs = 0
}
case "open-symlink" {
  pinned = 1.7
  allocs = 0
}
case "open-cwd" {
  pinned = 1.65
  allocs = 0
}
case "open-dirfd" {
  pinned = 1.6
  allocs = 0
}
case "create" {
  pinned = 2.25
  allocs = 1
}
case "deny" {
  pinned = 2.2
  allocs = 16
}
case "content" {
  pinned = 7
  allocs = 14
}
case "stat" {
  pinned = 1.4
  allocs = 0
}
case "rename" {
  pinned = 3.5
  allocs = 0
}
case "execve" {
  pinned = 2.1
  allocs = 0
}
case "unix" {
  pinned = 2.1
  allocs = 0
}
case "tcp" {
  pinned = 1.5
  allocs = 0
}
case "lseek" {
  pinned = 1.05
  allocs = 0
}
case "stat-unnamed" {
  pinned = 1.1
  allocs = 0
}
