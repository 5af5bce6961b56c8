// Package tracee looks at a target on behalf of the supervisor: its memory,
// its identity, its directories, and what a path means *to it*.
//
// Path resolution is the heart. The kernel must never follow a symlink for
// the supervisor, because /proc/self, /dev/fd/3 or /proc/self/root would then
// mean the supervisor's own. [Walker] therefore reads every link itself,
// holds each directory it passes as a descriptor, and ends with a [Place]: a
// descriptor and a last component without any symlink left, plus the
// canonical path that rules are matched on. Acting on a Place acts on what
// was checked, whatever other threads rename meanwhile.
//
// Everything read here is only an observation until the caller has seen that
// the notification is still valid: a thread that died may have left its id
// to another process. Nothing is cached by pid.
//
// Sources: path_resolution(7), openat2(2), proc(5), process_vm_readv(2),
// fs/namei.c.
package tracee
