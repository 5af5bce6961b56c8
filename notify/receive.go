package notify

import (
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Notification is one intercepted call: which thread, which call, with which
// arguments in its registers. PID is the *thread* id in the receiver's pid
// namespace, 0 when it cannot be seen from there.
type Notification = sys.Notif

// Receiver receives notifications into a buffer of its own. It belongs to one
// goroutine.
type Receiver struct {
	l *Listener
	n *sys.Notif
}

// NewReceiver returns a receiver for l.
func (l *Listener) NewReceiver() *Receiver {
	return &Receiver{l: l, n: sys.NotifBuffer(l.size)}
}

// Receive waits for the next notification. The result is valid until the next
// call. EINTR is retried. An error that matches [ErrGone] means either that
// the notification died between wake-up and copy or that the last process
// under the filter is gone; [Listener.Orphaned] tells which.
func (r *Receiver) Receive() (*Notification, error) {
	for {
		e := sys.NotifRecv(r.l.fd, r.n)
		switch e {
		case 0:
			return r.n, nil
		case unix.EINTR:
		default:
			return nil, opError("receive", e)
		}
	}
}

// Orphaned reports whether no process is left that could notify: poll(2)
// then says POLLHUP.
func (l *Listener) Orphaned() bool {
	fds := [1]unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
}
