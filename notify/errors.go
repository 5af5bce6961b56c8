package notify

import (
	"errors"
	"fmt"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// ErrGone matches every error that means that the notification no longer
// exists: its target was killed, a signal ended the call, or the last process
// under the filter has left.
var ErrGone = errors.New("the notification is gone")

// OpError is a failed operation on a listener. It unwraps to the kernel's
// errno and matches [ErrGone] when that errno is ENOENT, or ESRCH: what an
// injection gets whose target is killed while it is under way.
type OpError struct {
	Op    string // the operation: "receive", "reply", "inject descriptor"…
	Errno sys.Errno
}

func (e *OpError) Error() string { return fmt.Sprintf("seccomp listener: %s: %v", e.Op, e.Errno) }

// Unwrap gives the errno.
func (e *OpError) Unwrap() error { return e.Errno }

// Is makes ENOENT and ESRCH match [ErrGone].
func (e *OpError) Is(target error) bool {
	return target == ErrGone && (e.Errno == unix.ENOENT || e.Errno == unix.ESRCH)
}

// opError returns nil for success. It allocates only on failure.
func opError(op string, e sys.Errno) error {
	if e == 0 {
		return nil
	}
	return &OpError{Op: op, Errno: e}
}
