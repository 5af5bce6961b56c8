// Package launch starts a command under a seccomp filter and hands the
// filter's listener to the caller.
//
// A process cannot give itself a filter and be its own supervisor, and a Go
// process cannot fork without executing. So the launcher executes itself
// again as a stub (stub.c), which runs before Go's runtime in that process:
// it closes every inherited descriptor but 0, 1 and 2, sets no_new_privs,
// forbids signals to the outside where Landlock can, installs the filter and
// executes the command. The number of the listener travels through a shared
// mapping, the descriptor itself by pidfd_getfd(2); no system call is made
// between the filter and execve, so a filter may notify every one of them.
//
// The package has no opinion about which filter that is.
//
// A program that links it runs with slack timers, and its commands do not:
// stub.c says why.
package launch
