// Package sys is the one door to raw system calls.
//
// The standard wrappers allocate: they turn strings into C strings and errnos
// into interfaces. On the path of a notification nothing may allocate, and
// some calls (the seccomp ioctls, per-thread credentials) have no wrapper at
// all. Everything of that kind lives here, so that the rest of the tree holds
// neither unsafe pointers nor raw system call numbers.
//
// Paths are byte slices that end with a NUL; a slice without one is refused
// with EINVAL before the kernel sees it. Results are a value and an errno, 0
// meaning success. EINTR is retried by [Retry] alone. All functions are safe
// for concurrent use; those that change the calling thread say so.
package sys
