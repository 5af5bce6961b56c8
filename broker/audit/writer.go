package audit

import (
	"errors"
	"fmt"
)

// write is the writer goroutine: it ends when Close has closed the queue and
// everything in it is written.
func (l *Log) write() {
	defer close(l.done)
	for it := range l.queue {
		l.writeItem(it)
		l.written.Add(1)
		if it.printed != nil {
			close(it.printed)
		}
		items.Put(it)
	}
	l.finish()
}

func (l *Log) writeItem(it *item) {
	if it.note == "" {
		l.put(&it.event)
		l.pending.Add(-it.size)
	} else if err := l.sink.note(it.note); err != nil {
		l.failed(err)
	}
}

// finish writes what there is to say about events that were not written.
func (l *Log) finish() {
	l.mu.Lock()
	dropped, repeats := l.dropped, l.repeats
	l.mu.Unlock()
	if repeats != nil && repeats.repeated+repeats.unseen > 0 {
		if err := l.sink.note(repeats.String()); err != nil {
			l.failed(err)
		}
	}
	if dropped > 0 {
		l.put(&Event{
			V: Schema, Time: l.now(), Session: l.session, Action: Error,
			Reason: fmt.Sprintf("%d %s dropped: they came faster than the log could be written",
				dropped, plural(dropped, "event", "events")),
		})
	}
	if l.lost > 1 { // the first loss was reported when it happened
		l.complain("%s: %s not written", l.name, Counted(l.lost, "event was", "events were"))
	}
	if l.file != nil {
		// Some file systems report a full disk only here (close(2)).
		if err := l.file.Close(); err != nil && l.firstErr == nil {
			l.firstErr = err
			l.complain("%s: %s", l.name, Escape(err.Error()))
		}
	}
}

// put writes one event and keeps account of a failure.
func (l *Log) put(e *Event) {
	if err := l.sink.event(e); err != nil {
		l.lost++
		l.failed(err)
	}
}

// failed reports the first failure; later ones are only counted.
func (l *Log) failed(err error) {
	if l.firstErr == nil {
		l.firstErr = err
		l.complain("%s: %s: events are being lost, decisions go on", l.name, Escape(err.Error()))
	}
}

// complain writes one line to the fallback. If that fails too there is nobody
// left to tell.
func (l *Log) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(l.fallback, "broker: "+format+"\n", args...)
}

// Close waits until the queue is written, adds a record of how many events
// were dropped if any were, and closes the file that New opened. Its error is
// the first write error, which was reported on Stderr already.
//
// When the writer makes no progress for five seconds (a stopped terminal, a
// pipe whose reader sleeps) Close gives up and says how many events are
// unwritten: a target could otherwise keep the broker from ever ending. Events
// that come after Close count in the summary only. A second Close returns the
// same error.
func (l *Log) Close() error {
	l.once.Do(func() {
		l.mu.Lock()
		l.closed = true
		close(l.queue)
		l.mu.Unlock()
		l.err = l.wait()
	})
	return l.err
}

// wait waits for the writer while it makes progress.
func (l *Log) wait() error {
	for {
		before := l.written.Load()
		select {
		case <-l.done:
			if l.firstErr != nil {
				return fmt.Errorf("%s: %w", l.name, l.firstErr)
			}
			return nil
		case <-l.after(maxStandstill):
			if l.written.Load() == before {
				return l.standstill()
			}
		}
	}
}

// errStandstill is the cause when the log's reader does not read.
var errStandstill = errors.New("nothing was written for 5 seconds; does its reader read?")

func (l *Log) standstill() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	unwritten := uint64(len(l.queue)) + l.dropped + 1 // and the one being written
	return fmt.Errorf("%s: %s may be unwritten: %w", l.name, Counted(unwritten, "event", "events"), errStandstill)
}

// String is the remark at the end about lines that were not printed.
func (r *repeats) String() string {
	n := r.repeated + r.unseen
	s := fmt.Sprintf("%d %s not printed: %d repeated a line above", n, plural(n, "event was", "events were"), r.repeated)
	if r.unseen > 0 {
		s += fmt.Sprintf(", %d came after the first %d different ones", r.unseen, maxRepeats)
	}
	return s
}

// Counted is a number with its noun.
func Counted[N int | uint64](n N, one, many string) string {
	return fmt.Sprintf("%d %s", n, plural(n, one, many))
}

func plural[N int | uint64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
