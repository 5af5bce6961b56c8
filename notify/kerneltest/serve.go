package kerneltest

import (
	"errors"
	"testing"

	"seccomp-broker/notify"
)

// Serve answers every notification with what answer says, in a goroutine,
// until the last target is gone. The function it returns waits for that and
// gives the number of notifications.
func Serve(t testing.TB, l *notify.Listener, answer func(*notify.Notification) notify.Reply) func() int {
	done := make(chan int)
	go func() {
		count := 0
		defer func() { done <- count }()
		for r := l.NewReceiver(); ; count++ {
			n, err := r.Receive()
			if errors.Is(err, notify.ErrGone) {
				if l.Orphaned() {
					return
				}
				continue
			}
			if err != nil {
				t.Errorf("serve: %v", err)
				return
			}
			if err := l.Reply(n.ID, answer(n)); err != nil && !errors.Is(err, notify.ErrGone) {
				t.Errorf("serve: %v", err)
			}
		}
	}()
	return func() int { return <-done }
}

// Continue answers that the kernel may do the call.
func Continue(*notify.Notification) notify.Reply { return notify.Continue() }

// VictimPath is the executable of the target, for tests that start it
// themselves.
func VictimPath(t testing.TB) string { return Build(t, "victim", victimSource) }
