package notify

import (
	"fmt"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Listener is a seccomp notification descriptor. It is immutable after
// [NewListener] and safe for concurrent use until [Listener.Close].
type Listener struct {
	fd       int
	size     int // of struct seccomp_notif on the running kernel
	syncWake bool
}

// NewListener adopts fd, which must be a seccomp listener, and closes it on
// failure. Where the kernel can (Linux 6.6), wake-ups are made synchronous:
// without them the target and the receiver wake each other across processors,
// which on an idle machine is most of a call's latency.
func NewListener(fd int) (*Listener, error) {
	var sizes sys.NotifSizes
	if e := sys.GetNotifSizes(&sizes); e != 0 {
		sys.Close(fd)
		return nil, opError("ask for the sizes of the kernel's structures", e)
	}
	if int(sizes.Notif) < sys.SizeofNotif || int(sizes.Resp) < sys.SizeofNotifResp || int(sizes.Data) < sys.SizeofData {
		sys.Close(fd)
		return nil, fmt.Errorf("seccomp listener: the kernel's structures are smaller than any known kernel's: %+v", sizes)
	}
	l := &Listener{fd: fd, size: int(sizes.Notif)}
	if err := l.check(); err != nil {
		sys.Close(fd)
		return nil, err
	}
	l.syncWake = sys.NotifSetFlags(fd, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0
	return l, nil
}

// check proves that fd is a listener: asked for an id that cannot exist, a
// listener says ENOENT; anything else says ENOTTY, EBADF or EINVAL.
func (l *Listener) check() error {
	if e := sys.NotifIDValid(l.fd, ^uint64(0)); e != unix.ENOENT {
		if e == 0 {
			e = unix.EBADF
		}
		return opError(fmt.Sprintf("descriptor %d is no listener", l.fd), e)
	}
	return nil
}

// FD is the descriptor's number; the listener keeps owning it.
func (l *Listener) FD() int { return l.fd }

// SyncWakeUp reports whether wake-ups are synchronous.
func (l *Listener) SyncWakeUp() bool { return l.syncWake }

// Close closes the descriptor. Calls that wait for an answer, and all that
// come later, then fail with ENOSYS in the target.
func (l *Listener) Close() error {
	return opError("close", errnoOf(unix.Close(l.fd)))
}

func errnoOf(err error) sys.Errno {
	e, _ := err.(sys.Errno)
	return e
}

// Valid reports whether notification id still waits for its answer. What was
// read about the target before a true answer was the state of that target
// and not of another process that was given its pid.
func (l *Listener) Valid(id uint64) bool {
	return sys.NotifIDValid(l.fd, id) == 0
}

// Reply answers notification id. The error matches [ErrGone] when nobody
// waits for it any more.
func (l *Listener) Reply(id uint64, r Reply) error {
	resp := r.response(id)
	return opError("reply", sys.Retry(func() sys.Errno { return sys.NotifSend(l.fd, &resp) }))
}

// InjectReply puts a copy of srcFD into the target and answers notification
// id with its number there, in one step: the target cannot close or replace
// it in between. cloexec sets FD_CLOEXEC on it. The error unwraps to EMFILE
// when the target's table is full; the notification then still waits.
// The calling thread must have its signals blocked ([sys.BlockSignals]): one
// that arrives during the call would make the target see the number 0.
// seccomp_unotify(2), SECCOMP_ADDFD_FLAG_SEND, Linux 5.14.
func (l *Listener) InjectReply(id uint64, srcFD int, cloexec bool) error {
	_, err := l.addFD(id, srcFD, unix.SECCOMP_ADDFD_FLAG_SEND, cloexec)
	return err
}

// Inject puts a copy of srcFD into the target, which goes on waiting, and
// returns its number there.
func (l *Listener) Inject(id uint64, srcFD int, cloexec bool) (int, error) {
	return l.addFD(id, srcFD, 0, cloexec)
}

func (l *Listener) addFD(id uint64, srcFD int, flags uint32, cloexec bool) (int, error) {
	a := sys.NotifAddFD{ID: id, Flags: flags, SrcFD: uint32(srcFD)}
	if cloexec {
		a.NewFDFlags = unix.O_CLOEXEC
	}
	for {
		n, e := sys.NotifAddFDCall(l.fd, &a)
		if e != unix.EINTR {
			return n, opError("inject descriptor", e)
		}
	}
}
