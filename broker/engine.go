package broker

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify"

	"golang.org/x/sys/unix"
)

const (
	// maxReceivers bounds the threads that sleeping opens can hold.
	maxReceivers = 512
	// queued is how soon a receiver gets the next notification when it was
	// waiting in the queue already: taking it needs no sleep.
	queued = 2 * time.Microsecond
	// queuedTurns is how often that is looked at, once in so many turns: the
	// clock costs as much as a decision.
	queuedTurns = 8
	// queuedLimit is how many of those in a row call for another receiver.
	queuedLimit = 2
	// shrinkPeriod is how often one receiver too many is sent home.
	shrinkPeriod = 500 * time.Millisecond
	// idleLimit is how many may wait beside a receiver that stays. Sixty that
	// were needed once, for opens that slept, made every call ten times as
	// slow afterwards.
	idleLimit = 2
)

// Engine serves the notifications of one listener.
//
// Only as many receivers wait as there is work for, normally one: the kernel
// wakes every waiting receiver for every notification, and on one processor
// the second doubles the latency. More are started when notifications queue
// up, and when every receiver has been busy with one thing for two
// milliseconds, so that a sleeping open never holds up others.
type Engine struct {
	env  *syscalls.Env
	warn func(error)
	fail func(error)

	place *placer // nil: receivers stay as they are

	total    atomic.Int32
	idle     atomic.Int32 // receivers that wait for a notification
	shrink   atomic.Bool
	limited  atomic.Bool
	wg       sync.WaitGroup
	stop     chan struct{}
	stopOnce sync.Once
}

// NewEngine returns an engine for env. warn is told what the user should know;
// fail is told that notifications can no longer be received, so that calls
// would sleep for ever unless the caller ends the targets. Both may be called
// from several goroutines.
func NewEngine(env *syscalls.Env, warn, fail func(error)) *Engine {
	return &Engine{env: env.Init(), warn: warn, fail: fail, stop: make(chan struct{})}
}

// Start starts receiving. It returns at once.
func (e *Engine) Start() {
	e.spawn()
	looked := func(bool) {}
	if e.place != nil {
		looked = e.place.look
	}
	e.wg.Go(func() { e.env.Watch(e.stop, e.spawn, looked) })
	e.wg.Go(e.shrinkNow)
}

// Wait returns when no process is left that could notify and all receivers
// have ended.
func (e *Engine) Wait() { e.wg.Wait() }

func (e *Engine) finish() { e.stopOnce.Do(func() { close(e.stop) }) }

// shrinkNow lets one superfluous receiver go from time to time. If it was
// needed after all, the queue says so at once.
func (e *Engine) shrinkNow() {
	tick := time.NewTicker(shrinkPeriod)
	defer tick.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
			e.shrink.Store(e.idle.Load() > 0)
		}
	}
}

// spawn starts another receiver.
func (e *Engine) spawn() {
	if e.total.Add(1) > maxReceivers {
		e.total.Add(-1)
		if !e.limited.Swap(true) {
			e.warn(fmt.Errorf("%d calls sleep at once; further ones wait until one ends", maxReceivers))
		}
		return
	}
	e.wg.Go(e.receive)
}

// receive is one receiver: a goroutine that keeps its OS thread, which dies
// with it because it has a umask of its own.
func (e *Engine) receive() {
	defer e.total.Add(-1)
	runtime.LockOSThread()
	c, err := syscalls.NewContext(e.env)
	if err != nil {
		e.report(err)
		return
	}
	defer c.Close()
	if e.place != nil {
		tid := unix.Gettid()
		e.place.join(tid)
		defer e.place.leave(tid)
	}
	if err := e.serve(c); !errors.Is(err, notify.ErrGone) {
		e.fail(err)
	}
}

// report tells of a receiver that could not start: a warning while others
// receive, else the end.
func (e *Engine) report(err error) {
	if e.total.Load() > 1 {
		e.warn(err)
		return
	}
	e.finish()
	e.fail(err)
}

// serve handles notifications until the listener ends, which is an error, or
// until this receiver is not needed any more, which is not.
func (e *Engine) serve(c *syscalls.Context) error {
	r := e.env.Listener.NewReceiver()
	row, previous := 0, uint32(0)
	for turn := 0; ; turn++ {
		looks := turn%queuedTurns == 0
		var ready time.Time
		if looks {
			ready = time.Now()
		}
		e.idle.Add(1)
		n, err := r.Receive()
		e.idle.Add(-1)
		if err != nil {
			if errors.Is(err, notify.ErrGone) && !e.env.Listener.Orphaned() {
				continue // it died before it was read
			}
			e.finish()
			return err
		}
		if looks {
			row = e.pressure(row, n.PID != previous && time.Since(ready) < queued)
		}
		previous = n.PID
		c.Handle(n)
		if e.superfluous() {
			return notify.ErrGone
		}
	}
}

// pressure follows how many notifications in a row were waiting already, each
// of another thread than the one before, and has another receiver started when
// they pile up. A single thread on another processor is often back before its
// receiver is; a second one would only be woken in vain.
func (e *Engine) pressure(row int, waiting bool) int {
	if !waiting {
		return 0
	}
	if row++; row < queuedLimit {
		return row
	}
	if int(e.total.Load()) < runtime.NumCPU() {
		e.spawn()
	}
	return 0
}

// superfluous reports whether the calling receiver may end. Those that sleep
// in an open do not count: somebody must wait.
func (e *Engine) superfluous() bool {
	idle := e.idle.Load()
	return idle > idleLimit || idle > 0 && e.shrink.Load() && e.shrink.CompareAndSwap(true, false)
}
