package syscalls

import (
	"sync"
	"sync/atomic"
	"time"

	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// An open can sleep for as long as it likes: a FIFO without a peer, a lease,
// a dead server. Natively a signal ends that sleep. Here the thread that
// sleeps is the broker's, and the target waits for it with all its signals
// held back, so somebody has to look: watch does, every period, and only
// while opens last.
//
// Calls on sockets sleep as well, and are watched in the same way.
//
// How a sleeping open(2) is woken: a signal is sent whose handler has no
// SA_RESTART, so that the call answers EINTR. If it comes before the open
// sleeps, O_NONBLOCK does it: that is set in the struct open_how, which lies in
// memory. The signal is sent with the lock held that the context needs to leave
// the open, so it never hits later work.

const (
	// watchPeriod is how often is looked while anything has begun to last.
	watchPeriod = 2 * time.Millisecond
	// quietPeriod is how often while all calls are short. A look takes the
	// processor from a receiver that it shares: one in 2 ms cost a tenth of all
	// time, and hit a call in a hundred.
	quietPeriod = 10 * time.Millisecond
	// calmPeriod is how often while all that happens is that somebody sleeps on.
	calmPeriod  = 25 * time.Millisecond
	watchRest   = 20              // quiet periods without any work before the watch rests
	hurriedFor  = 2               // looks after which it is known whether what was announced lasts
	longLasting = 1 * time.Second // what lasts so long is no news
)

// The signals of who sleeps are looked at when the sleep has lasted by a patience-th
// longer, within these bounds. Eight sleepers took a twentieth of a processor when
// the period was 2 ms and they were looked at every 10 ms for ever.
const (
	patience        = 8
	minSignalPeriod = 10 * time.Millisecond
	maxSignalPeriod = 50 * time.Millisecond
)

// errInterrupted is the errno of an open that the watch ended. It is the
// kernel's own ERESTARTSYS, which open(2) never returns.
const errInterrupted = sys.Errno(512)

// States of a slot. The rest of the word counts the changes, so that the
// watch knows what lasts from what is new.
const (
	slotIdle = iota
	slotWorking
	slotOpening
	slotCancelled
	slotStates
)

// slot is the part of a Context that the watch looks at.
type slot struct {
	state  atomic.Uint64
	id     atomic.Uint64
	target atomic.Int64
	thread int // the receiver's own thread id
	how    *unix.OpenHow

	// The watch's own.
	seen  uint64    // the state at its last look
	since time.Time // when it saw that first
	next  time.Time // when to look at the signals
}

// enter sets the state and counts. Only the slot's own thread calls it.
func (s *slot) enter(state uint64) {
	now := s.state.Load()
	s.state.Store(now - now%slotStates + slotStates + state)
}

// watch looks after the contexts of an Env.
type watch struct {
	mu      sync.Mutex // held while an open is cancelled
	slots   []*slot
	resting atomic.Bool
	wake    chan struct{}
	hurry   chan struct{}
	fast    atomic.Bool // the period is watchPeriod
	execs   []guarded
}

func (w *watch) add(s *slot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slots = append(w.slots, s)
}

// remove forgets a slot whose thread ends.
func (w *watch) remove(s *slot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.slots {
		if other == s {
			w.slots = append(w.slots[:i], w.slots[i+1:]...)
			return
		}
	}
}

// work is called when a context takes a notification up; no lock, no
// allocation.
func (w *watch) work(s *slot, id uint64, target int) {
	s.id.Store(id)
	s.target.Store(int64(target))
	s.enter(slotWorking)
	if w.resting.Load() && w.resting.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// opened is called after an open and reports whether the watch ended it.
func (w *watch) opened(s *slot) bool {
	now := s.state.Load()
	next := now - now%slotStates + slotStates + slotWorking
	if now%slotStates == slotOpening && s.state.CompareAndSwap(now, next) {
		return false
	}
	w.mu.Lock() // the watch may still be writing to s.how
	defer w.mu.Unlock()
	s.state.Store(next)
	return true
}

// Watch looks after the contexts until stop is closed, which says that no
// notification will come any more, and ends the opens that still sleep then.
// One goroutine runs it for each Env. It calls stuck when every context has been at the same work
// for a whole period, so that nobody waits for the next notification, and looked
// after every look, with resting set when it stops looking until there is work
// again.
func (e *Env) Watch(stop <-chan struct{}, stuck func(), looked func(resting bool)) {
	w := &e.watch
	idle, hurried, period := 0, 0, quietPeriod
	tick := time.NewTicker(period)
	defer tick.Stop()
	pace := func(to time.Duration) {
		if to != period {
			period = to
			w.fast.Store(to == watchPeriod)
			tick.Reset(to)
		}
	}
	for {
		select {
		case <-stop:
			tick.Reset(watchPeriod)
			e.endOpens(tick.C)
			return
		case <-w.hurry:
			hurried = hurriedFor
			pace(watchPeriod)
			continue
		case <-tick.C:
		}
		seen := e.lookAround(time.Now())
		if seen.stuck {
			stuck()
		}
		looked(false)
		execs, soon := e.lookAtExecs()
		hurried = max(hurried-1, 0)
		switch {
		case soon, seen.fresh, hurried > 0:
			pace(watchPeriod)
			idle = 0
			continue
		case seen.lasts && !seen.changed && !execs:
			pace(calmPeriod)
			idle = 0
			continue
		case seen.changed, seen.lasts, execs:
			idle = 0
		default:
			idle++
		}
		pace(quietPeriod)
		if idle < watchRest {
			continue
		}
		tick.Stop()
		looked(true)
		w.resting.Store(true)
		if e.sleeping() && w.resting.CompareAndSwap(true, false) {
			idle = 0 // it came after the last look, and did not see that the watch rests
			tick.Reset(period)
			continue
		}
		select {
		case <-stop:
			return
		case <-w.wake:
		}
		idle = 0
		tick.Reset(period)
	}
}

// soon has the watch look more often from now on: something lasts that it must
// see the end of.
func (w *watch) soon() {
	if w.fast.Load() {
		return
	}
	select {
	case w.hurry <- struct{}{}:
	default:
	}
}

// endTurns bounds the wait for opens that nothing ends: a file server that
// does not answer.
const endTurns = 500

// endOpens lets the opens go whose targets have all ended.
func (e *Env) endOpens(tick <-chan time.Time) {
	for range endTurns {
		if !e.sleeping() {
			return
		}
		e.lookAround(time.Now())
		<-tick
	}
}

// sleeping reports whether any context is at work.
func (e *Env) sleeping() bool {
	e.watch.mu.Lock()
	defer e.watch.mu.Unlock()
	for _, s := range e.watch.slots {
		if s.state.Load()%slotStates != slotIdle {
			return true
		}
	}
	return false
}

// sight is what a look at the contexts saw.
type sight struct {
	changed bool // some are not where they were at the last look
	lasts   bool // some are at the same work
	fresh   bool // and not for long
	stuck   bool // all are at the same work
}

// lookAround ends the opens that should not last.
func (e *Env) lookAround(now time.Time) (seen sight) {
	w := &e.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	lasting := 0
	for _, s := range w.slots {
		state := s.state.Load()
		if state != s.seen {
			seen.changed = true
			s.note(state, now)
			continue
		}
		if state%slotStates == slotIdle {
			continue
		}
		lasting++
		seen.fresh = seen.fresh || now.Sub(s.since) < longLasting
		e.lookAt(s, state, now)
	}
	seen.lasts = lasting > 0
	seen.stuck = seen.lasts && lasting == len(w.slots)
	return seen
}

// note keeps what is new about a context.
func (s *slot) note(state uint64, now time.Time) {
	s.seen, s.since, s.next = state, now, now.Add(minSignalPeriod)
}

// signalPeriod is the time to the next look at the signals of who has slept so long.
func signalPeriod(slept time.Duration) time.Duration {
	return min(max(slept/patience, minSignalPeriod), maxSignalPeriod)
}

// lookAt deals with one context that is still at the same work.
func (e *Env) lookAt(s *slot, state uint64, now time.Time) {
	switch state % slotStates {
	case slotOpening:
		if now.Before(s.next) {
			return
		}
		s.next = now.Add(signalPeriod(now.Sub(s.since)))
		if e.shouldEnd(s) {
			cancel(s, state)
			s.note(s.state.Load(), now)
		}
	case slotCancelled:
		cancel(s, state) // the signal came too early: again
	}
}

// shouldEnd reports whether nobody waits for the open any more, or whether a
// signal waits for the one who does.
func (e *Env) shouldEnd(s *slot) bool {
	id := s.id.Load()
	if !e.Listener.Valid(id) {
		return true
	}
	var identity tracee.Identity
	var buf tracee.StatusBuffer
	if e.Proc.Thread(int(s.target.Load())).Identity(&identity, &buf) != 0 {
		return !e.Listener.Valid(id)
	}
	return e.interrupts(&identity, int(s.target.Load()))
}

// interrupts reports whether a signal waits that the kernel has meant this very
// thread to take. Only then may its call end with ERESTARTSYS: without a
// signal of its own the thread would show that errno to the program. A signal
// to the process goes to the leader if that one does not block it, and else to
// any thread that does not; to which one can be told only where there is no
// other. kernel/signal.c, complete_signal.
func (e *Env) interrupts(id *tracee.Identity, tid int) bool {
	if id.SigPending&^id.SigBlocked != 0 {
		return true
	}
	shared := id.SigShared &^ id.SigBlocked
	return shared != 0 && (tid == id.TGID || e.Proc.OnlyTaker(id.TGID, tid, shared) != 0)
}

// cancel wakes the open. Called with the lock held, so that the context
// cannot reuse its structure meanwhile.
func cancel(s *slot, state uint64) {
	if state%slotStates == slotOpening {
		if !s.state.CompareAndSwap(state, state-slotOpening+slotCancelled) {
			return
		}
		atomic.OrUint64(&s.how.Flags, unix.O_NONBLOCK)
	}
	_ = sys.Tgkill(s.thread, sys.WakeSignal)
}
