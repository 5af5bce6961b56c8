package notify

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A kernel that kills a target during an injection says ESRCH; the moment is
// too short to be hit, so the error is made by hand.
func TestOpError(t *testing.T) {
	for errno, gone := range map[unix.Errno]bool{
		unix.ENOENT: true, unix.ESRCH: true,
		unix.EMFILE: false, unix.EINPROGRESS: false, unix.EBADF: false, unix.EPERM: false,
	} {
		err := opError("inject descriptor", errno)
		if !errors.Is(err, errno) || errors.Is(err, ErrGone) != gone {
			t.Errorf("%v: Is(errno) %v, Is(ErrGone) %v", err, errors.Is(err, errno), errors.Is(err, ErrGone))
		}
		if text := err.Error(); !strings.Contains(text, "inject descriptor") || !strings.Contains(text, errno.Error()) {
			t.Errorf("%q lacks the operation or the errno", text)
		}
	}
	if err := opError("reply", 0); err != nil {
		t.Errorf("success is %v", err)
	}
}
