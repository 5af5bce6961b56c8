// Package alert tells somebody outside about events that must not wait until the
// log is read: those of rules that say alert = true, refusals that are new, and
// more refusals at a time than usual.
package alert

import (
	"hash/maphash"
	"sync"
	"time"

	"seccomp-broker/broker/audit"
)

// maxSeen bounds the refusals that are remembered as seen. After that many different
// ones all are forgotten: who makes up names is told of again, and nobody can
// hide behind them.
const maxSeen = 10000

// Thresholds say which refusals are alerts although no rule says so.
type Thresholds struct {
	// First makes every refusal one that is the first of its kind in this run: of
	// this executable, class of access, and path or address.
	First bool
	// More than Count refusals within Per are an alert, once in that time. No
	// Count is no threshold.
	Count int
	Per   time.Duration
}

// Recorder is where events go: the audit log.
type Recorder interface {
	Wants(audit.Action) bool
	Record(*audit.Event)
}

// Watch is a Recorder that looks for alerts on the way to another one. Its
// methods are safe for concurrent use. Events of calls that are let pass, and
// whose rules do not alert, go straight through.
type Watch struct {
	next       Recorder
	thresholds Thresholds
	sinks      *Dispatcher

	mu    sync.Mutex
	seen  map[uint64]struct{} // hashes, since the program chooses how long the names are
	seed  maphash.Seed
	began time.Time // of the time that is counted in
	count int
}

// kind is what makes refusals the same.
type kind struct{ exe, access, subject string }

// NewWatch looks at events on the way to next, and hands alerts to sinks.
func NewWatch(next Recorder, t Thresholds, sinks *Dispatcher) *Watch {
	return &Watch{next: next, thresholds: t, sinks: sinks, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
}

// Wants reports what the log wants.
func (w *Watch) Wants(a audit.Action) bool { return w.next.Wants(a) }

// Record marks an event that is an alert, gives it to the log, and queues a copy for
// the sinks.
func (w *Watch) Record(ev *audit.Event) {
	if ev.Time.IsZero() {
		ev.Time = time.Now()
	}
	if ev.Alert == "" && refusal(ev.Action) {
		ev.Alert = w.judge(ev)
	}
	w.next.Record(ev)
	if ev.Alert != "" {
		w.sinks.send(ev)
	}
}

func refusal(a audit.Action) bool {
	return a == audit.Denied || a == audit.WouldDeny || a == audit.Error
}

// judge applies the thresholds. Where both are met the rate is what is new.
func (w *Watch) judge(ev *audit.Event) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := w.thresholds.First && w.isNew(ev)
	switch {
	case w.thresholds.Count > 0 && w.exceeds(ev.Time):
		return audit.AlertRate
	case first:
		return audit.AlertFirst
	}
	return ""
}

func (w *Watch) isNew(ev *audit.Event) bool {
	k := maphash.Comparable(w.seed, kind{ev.Exe, ev.Access, ev.Subject()})
	if _, is := w.seen[k]; is {
		return false
	}
	if len(w.seen) >= maxSeen {
		clear(w.seen)
	}
	w.seen[k] = struct{}{}
	return true
}

// exceeds counts a refusal and reports whether it is the one too many.
func (w *Watch) exceeds(now time.Time) bool {
	if now.Sub(w.began) >= w.thresholds.Per {
		w.began, w.count = now, 0
	}
	w.count++
	return w.count == w.thresholds.Count+1
}
