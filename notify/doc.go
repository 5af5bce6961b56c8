// Package notify is the kernel's side of user notification: a listener, the
// notifications it yields, the replies it takes, descriptors injected into a
// target, and probes that find out what the running kernel can do. It knows
// nothing of policy.
//
// The life of one notification:
//
//	l, err := notify.NewListener(fd)          // adopt SECCOMP_FILTER_FLAG_NEW_LISTENER's descriptor
//	r := l.NewReceiver()                      // one for each receiving OS thread
//	n, err := r.Receive()                     // sleeps
//	...                                       // read the target's memory, then l.Valid(n.ID)
//	err = l.Reply(n.ID, notify.Errno(unix.EACCES))
//
// A notification can die at any moment, because its target was killed or, on
// kernels without SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, because a signal
// arrived. [ErrGone] then says so; it is an event of ordinary life and not a
// failure. Sources: seccomp(2), seccomp_unotify(2), kernel/seccomp.c.
package notify
