# What each kind of call may cost, as a ratio to the floor (bench/c), the least
# that a supervisor can do for it. `make bench-guard` fails when one costs more.
#
# pinned    target and supervisor on one CPU: the work itself, and one wake-up
#           each way. The median operation of the quietest round.
# unpinned  the same on any CPU, where it is given; if the target gets a
#           descriptor, the floor is the co-located one.
# allocs    allocations of the broker an operation.

case "open" {
  pinned = 1.32
  allocs = 0
}
case "open-symlink" {
  pinned = 1.15
  allocs = 0
}
case "open-cwd" {
  pinned = 1.5
  allocs = 0
}
case "open-dirfd" {
  pinned = 1.5
  allocs = 0
}
case "create" {
  pinned = 2.0
  allocs = 0
}
case "deny" {
  pinned = 1.9
  allocs = 16
}
case "content" {
  pinned = 1.35
  allocs = 16
}
case "stat" {
  pinned = 1.36
  allocs = 0
}
case "rename" {
  pinned = 2.65
  allocs = 0
}
case "execve" {
  pinned = 1.95
  allocs = 0
}
case "unix" {
  pinned = 1.85
  allocs = 0
}
case "tcp" {
  pinned = 1.45
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
