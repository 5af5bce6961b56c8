package broker

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify"
)

const (
	// waiting is how many receivers wait for the next notification while
	// nothing happens: one that takes it, one in reserve.
	waiting = 2
	// maxReceivers bounds the threads that sleeping opens can hold.
	maxReceivers = 512
)

// Engine serves the notifications of one listener.
type Engine struct {
	env  *syscalls.Env
	fail func(error)

	idle     atomic.Int32
	total    atomic.Int32
	limited  atomic.Bool
	wg       sync.WaitGroup
	stop     chan struct{}
	stopOnce sync.Once
}

// NewEngine returns an engine for env. fail is told of errors that end a
// receiver, at most once each; it may be called from several goroutines.
func NewEngine(env *syscalls.Env, fail func(error)) *Engine {
	return &Engine{env: env.Init(), fail: fail, stop: make(chan struct{})}
}

// Start starts receiving. It returns at once.
func (e *Engine) Start() {
	e.wg.Add(1)
	go func() {
		defer e.wg.Done()
		e.env.Watch(e.stop)
	}()
	for range waiting {
		e.spawn()
	}
}

// Wait returns when no process is left that could notify and all receivers
// have ended.
func (e *Engine) Wait() { e.wg.Wait() }

func (e *Engine) finish() { e.stopOnce.Do(func() { close(e.stop) }) }

// spawn starts a receiver, which counts as idle at once.
func (e *Engine) spawn() {
	if e.total.Add(1) > maxReceivers {
		e.total.Add(-1)
		if !e.limited.Swap(true) {
			e.fail(fmt.Errorf("%d calls sleep at once; further ones wait until one ends", maxReceivers))
		}
		return
	}
	e.idle.Add(1)
	e.wg.Add(1)
	go e.receive()
}

// receive is one receiver: a goroutine that keeps its OS thread, which dies
// with it because it has a umask of its own.
func (e *Engine) receive() {
	defer e.wg.Done()
	defer e.total.Add(-1)
	runtime.LockOSThread()
	c, err := syscalls.NewContext(e.env)
	if err != nil {
		e.idle.Add(-1)
		e.fail(err)
		return
	}
	defer c.Close()
	r := e.env.Listener.NewReceiver()
	for {
		n, err := r.Receive()
		if err != nil {
			if errors.Is(err, notify.ErrGone) && !e.env.Listener.Orphaned() {
				continue // it died before it was read
			}
			e.idle.Add(-1)
			e.finish()
			if !errors.Is(err, notify.ErrGone) {
				e.fail(err)
			}
			return
		}
		// At least one must always wait: the last one that picks up work
		// starts another, however long its own work will take.
		if e.idle.Add(-1) == 0 {
			e.spawn()
		}
		c.Handle(n)
		if e.idle.Add(1) > waiting {
			e.idle.Add(-1)
			return
		}
	}
}
