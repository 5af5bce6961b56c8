// Package syscalls does the mediated calls: it decodes what a target asked
// for, has the rules judge the canonical path, and then does the very thing
// that was judged itself, with the target's identity. What was checked is
// what is acted on; the kernel never reads the target's memory a second time.
//
// [Table] has a row for every call. A [Context] handles one notification
// after another for one receiving thread; it owns all the memory that takes,
// so that an allowed call allocates nothing.
//
// The order within a call is fixed: read the target's memory, its directories
// and its identity; make sure that the notification is still valid; judge;
// act; reply. Whatever fails on the way ends in an errno and an audit record.
// Only execve, and calls whose decision reads registers alone, are continued
// in the kernel.
package syscalls
