package syscalls

import (
	"testing"
	"time"
)

// A call that begins after the watch's last look, and before it rests, finds a
// watch that does not rest yet and so wakes nobody. It is seen all the same: if
// it sleeps, somebody else has to be started.
func TestWatchSeesWhatBeginsAsItGoesToRest(t *testing.T) {
	e := &Env{}
	e.watch.wake, e.watch.hurry = make(chan struct{}, 1), make(chan struct{}, 1)
	var s slot
	e.watch.add(&s)

	begun := false
	stuck := make(chan struct{}, 1)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		e.Watch(stop, func() {
			select {
			case stuck <- struct{}{}:
			default:
			}
		}, func(resting bool) {
			if resting && !begun {
				begun = true
				e.watch.work(&s, 1, 1)
			}
		})
	}()
	select {
	case <-stuck:
	case <-time.After(time.Minute):
		t.Error("the watch rests while a call lasts")
	}
	s.enter(slotIdle)
	close(stop)
	<-ended
}
