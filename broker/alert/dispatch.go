package alert

import (
	"context"
	"errors"
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
	// closeLimit is how long the end of a run waits for alerts under way, and
	// stopLimit how long for a sink that was told to give up.
	closeLimit = 10 * time.Second
	stopLimit  = time.Second
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
}

// lane is the way to one sink.
type lane struct {
	sink    Sink
	queue   chan *audit.Event
	done    chan struct{} // closed when everything queued has been tried
	dropped atomic.Uint64 // for lack of room
	failed  atomic.Uint64
	under   atomic.Bool // one is under way

	mu     sync.Mutex
	closed bool  // of queue
	err    error // the first failure
}

// NewDispatcher starts to deliver to the sinks.
func NewDispatcher(sinks ...Sink) *Dispatcher {
	ctx, stop := context.WithCancel(context.Background())
	d := &Dispatcher{stop: stop}
	for _, s := range sinks {
		l := &lane{sink: s, queue: make(chan *audit.Event, maxQueue), done: make(chan struct{})}
		d.lanes = append(d.lanes, l)
		go l.run(ctx)
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
		l.put(c)
	}
}

// put queues an alert. One that comes after the end counts as lost for lack of room:
// a receiver that sleeps in the kernel may outlast the run.
func (l *lane) put(ev *audit.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		select {
		case l.queue <- ev:
			return
		default:
		}
	}
	l.dropped.Add(1)
}

func (l *lane) run(ctx context.Context) {
	defer close(l.done)
	for ev := range l.queue {
		l.under.Store(true)
		if err := l.sink.Deliver(ctx, ev); err != nil {
			l.fail(err)
		}
		l.under.Store(false)
	}
}

func (l *lane) fail(err error) {
	l.failed.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

// Close delivers what is queued, for ten seconds at most, and gives an account of
// what was not delivered: a line for each sink that lost any. Events that are recorded
// afterwards reach no sink.
func (d *Dispatcher) Close() []string { return d.closeWithin(closeLimit, stopLimit) }

func (d *Dispatcher) closeWithin(limit, stopping time.Duration) []string {
	for _, l := range d.lanes {
		l.mu.Lock()
		if !l.closed {
			l.closed = true
			close(l.queue)
		}
		l.mu.Unlock()
	}
	if !d.await(limit) {
		d.stop()
		d.await(stopping)
	}
	d.stop()
	var lost []string
	for _, l := range d.lanes {
		if err := l.finish(); err != nil {
			l.fail(err)
		}
		if text := l.account(); text != "" {
			lost = append(lost, text)
		}
	}
	return lost
}

// await waits until all lanes are done.
func (d *Dispatcher) await(limit time.Duration) bool {
	late := time.After(limit)
	for _, l := range d.lanes {
		select {
		case <-l.done:
		case <-late:
			return false
		}
	}
	return true
}

// errNotTaken is why alerts are lost whose sink never came back: nobody reads the
// pipe, or the system log has stopped.
var errNotTaken = errors.New("it takes none any more")

// finish closes the sink. One that is still at work then is left to itself.
func (l *lane) finish() error {
	select {
	case <-l.done:
		return l.sink.Close()
	default:
	}
	left := uint64(len(l.queue))
	if l.under.Load() {
		left++
	}
	if left == 0 {
		left = 1
	}
	l.failed.Add(left - 1) // and the caller counts one
	return errNotTaken
}

func (l *lane) account() string {
	dropped, failed := l.dropped.Load(), l.failed.Load()
	if dropped+failed == 0 {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprintf("%s not delivered to %s", audit.Counted(dropped+failed, "alert was", "alerts were"), l.sink.Name())
	if failed > 0 {
		text += fmt.Sprintf(": %s", audit.Escape(l.err.Error()))
	}
	if dropped > 0 {
		text += fmt.Sprintf(" (%d of them came while %d others waited)", dropped, maxQueue)
	}
	return text
}
