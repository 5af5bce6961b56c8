package notify

import (
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Reply is an answer to a notification. Only the constructors of this file
// make one, so that the sign of an errno is decided in one place: the kernel
// wants it negative, and a positive number would reach the target as the
// result of a call that succeeded.
//
// The zero Reply is a refusal with EPERM.
type Reply struct {
	val   int64
	errno sys.Errno
	kind  replyKind
}

type replyKind uint8

const (
	replyErrno replyKind = iota
	replyValue
	replyContinue
	replyRestart
)

// maxErrno is MAX_ERRNO of the kernel: what a call can return as an error.
const maxErrno = 4095

// erestartsys is ERESTARTSYS of the kernel: it never reaches a program. On
// the way back to user space a handler with SA_RESTART turns it into a new
// call, any other handler into EINTR.
const erestartsys = 512

// Errno answers that the call failed with e. An e that is no errno (0, or
// beyond 4095) would not be a refusal, and becomes EPERM.
func Errno(e sys.Errno) Reply { return Reply{errno: e} }

// Value answers that the call returned v without the kernel doing it.
func Value(v int64) Reply { return Reply{kind: replyValue, val: v} }

// Continue lets the kernel do the call itself. It must never follow a
// decision that was made on memory of the target, which can change in between.
func Continue() Reply { return Reply{kind: replyContinue} }

// Restart ends a call that a pending signal interrupts, as the kernel ends
// its own: EINTR, or the call again where the handler has SA_RESTART. The
// signal must be one that the calling thread itself is going to take: without
// any, the kernel shows the program its internal errno, 512.
func Restart() Reply { return Reply{kind: replyRestart} }

// response is the only place where a reply becomes a kernel structure.
func (r Reply) response(id uint64) sys.NotifResp {
	resp := sys.NotifResp{ID: id}
	switch r.kind {
	case replyValue:
		resp.Val = r.val
	case replyContinue:
		resp.Flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
	case replyRestart:
		resp.Error = -erestartsys
	default:
		e := r.errno
		if e == 0 || e > maxErrno {
			e = unix.EPERM
		}
		resp.Error = -int32(e)
	}
	return resp
}
