package alert

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"seccomp-broker/broker/audit"
)

const (
	// maxQueue bounds the alerts that wait for one sink. A program that is
	// refused a thousand times a second must not fill the memory.
	maxQueue = 1024
	// closeLimit is how long the end of a run waits for alerts under way.
	closeLimit = 10 * time.Second
)

// A Sink delivers alerts to one place.
type Sink interface {
	// Name says for people where it delivers to.
	Name() string
	// Deliver delivers one alert, and may take its time; ctx ends it. The error
	// says that the alert is lost.
	Deliver(ctx context.Context, ev *audit.Event) error
	// Close gives up what the sink holds.
	Close() error
}

// Dispatcher delivers alerts to sinks. Each has a queue and a goroutine of its
// own, so that a slow one delays no other, and none of them a call.
type Dispatcher struct {
	lanes []*lane
	stop  context.CancelFunc
	wg    sync.WaitGroup
}

// lane is the way to one sink.
type lane struct {
	sink    Sink
	queue   chan *audit.Event
	dropped atomic.Uint64 // for lack of room
	failed  atomic.Uint64
	mu      sync.Mutex
	err     error // the first failure
}

// NewDispatcher starts to deliver to the sinks.
func NewDispatcher(sinks ...Sink) *Dispatcher {
	ctx, stop := context.WithCancel(context.Background())
	d := &Dispatcher{stop: stop}
	for _, s := range sinks {
		l := &lane{sink: s, queue: make(chan *audit.Event, maxQueue)}
		d.lanes = append(d.lanes, l)
		d.wg.Go(func() { l.run(ctx) })
	}
	return d
}

// send queues a copy of the alert for every sink.
func (d *Dispatcher) send(ev *audit.Event) {
	if len(d.lanes) == 0 {
		return
	}
	c := ev.Clone()
	for _, l := range d.lanes {
		select {
		case l.queue <- c:
		default:
			l.dropped.Add(1)
		}
	}
}

func (l *lane) run(ctx context.Context) {
	for ev := range l.queue {
		if err := l.sink.Deliver(ctx, ev); err != nil {
			l.failed.Add(1)
			l.mu.Lock()
			if l.err == nil {
				l.err = err
			}
			l.mu.Unlock()
		}
	}
}

// Close delivers what is queued, for ten seconds at most, and gives an account of
// what was not delivered: a line for each sink that lost any. No event may be
// recorded any more.
func (d *Dispatcher) Close() []string { return d.closeWithin(closeLimit) }

func (d *Dispatcher) closeWithin(limit time.Duration) []string {
	for _, l := range d.lanes {
		close(l.queue)
	}
	done := make(chan struct{})
	go func() {
		d.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
		d.stop()
		<-done
	}
	d.stop()
	var lost []string
	for _, l := range d.lanes {
		if err := l.sink.Close(); err != nil {
			l.failed.Add(1)
			l.err = err
		}
		if text := l.account(); text != "" {
			lost = append(lost, text)
		}
	}
	return lost
}

func (l *lane) account() string {
	dropped, failed := l.dropped.Load(), l.failed.Load()
	if dropped+failed == 0 {
		return ""
	}
	text := fmt.Sprintf("%d alerts were not delivered to %s", dropped+failed, l.sink.Name())
	if failed > 0 {
		text += fmt.Sprintf(": %s", audit.Escape(l.err.Error()))
	}
	if dropped > 0 {
		text += fmt.Sprintf(" (%d of them came while %d others waited)", dropped, maxQueue)
	}
	return text
}
