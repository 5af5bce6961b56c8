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

// Who has slept for long is looked at seldom, but never so seldom that a signal
// would seem to be lost.
func TestSignalPeriod(t *testing.T) {
	for _, c := range []struct{ slept, want time.Duration }{
		{0, 10 * time.Millisecond},
		{80 * time.Millisecond, 10 * time.Millisecond},
		{240 * time.Millisecond, 30 * time.Millisecond},
		{time.Second, 50 * time.Millisecond},
		{1000 * time.Hour, 50 * time.Millisecond},
	} {
		if got := signalPeriod(c.slept); got != c.want {
			t.Errorf("after %v: %v, want %v", c.slept, got, c.want)
		}
	}
}

// A look tells what has begun to last from what has lasted for long, and all work
// is the same again when it changes.
func TestLookAround(t *testing.T) {
	e := &Env{}
	var s slot
	e.watch.add(&s)
	now := time.Now()
	look := func(after time.Duration, want sight) {
		t.Helper()
		now = now.Add(after)
		if got := e.lookAround(now); got != want {
			t.Errorf("saw %+v, want %+v", got, want)
		}
	}
	changed := sight{changed: true}
	look(0, sight{})
	s.enter(slotWorking)
	look(time.Millisecond, changed)
	look(time.Millisecond, sight{lasts: true, fresh: true, stuck: true})
	look(longLasting-2*time.Millisecond, sight{lasts: true, fresh: true, stuck: true})
	look(time.Millisecond, sight{lasts: true, stuck: true})
	var other slot
	e.watch.add(&other)
	look(time.Millisecond, sight{lasts: true})
	s.enter(slotWorking)
	look(time.Millisecond, changed)
	look(time.Millisecond, sight{lasts: true, fresh: true})
	s.enter(slotIdle)
	look(time.Millisecond, changed)
	look(time.Millisecond, sight{})
}
