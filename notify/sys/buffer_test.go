package sys

import (
	"runtime"
	"testing"
)

func lockedForGood(f func()) {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	f()
}

// A kernel whose structure has grown writes past ours: the buffer must hold
// what it says.
func TestNotifBuffer(t *testing.T) {
	for _, size := range []int{0, SizeofNotif, SizeofNotif + 1, 200} {
		if n := NotifBuffer(size); *n != (Notif{}) {
			t.Errorf("size %d: not zero: %+v", size, *n)
		}
	}
}
