package audit

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of the queue between the receivers and the writer. The second one
// matters when a target makes every path as long as it can: 4,096 events of four
// such paths would be 64 MiB.
const (
	maxQueue        = 4096
	maxQueueBytes   = 16 << 20
	maxStandstill   = 5 * time.Second
	courtesy        = 50 * time.Millisecond // for a line on the terminal
	sessionIDLength = 8                     // bytes: two runs that share a file never meet
)

// Format is the form of a log.
type Format string

// The formats. JSON is for programs and keeps everything; Text is for people.
const (
	Text Format = "text"
	JSON Format = "json"
)

// ParseFormat reads the value of --log-format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case Text, JSON:
		return f, nil
	}
	return "", fmt.Errorf("unknown log format %s: write text or json", Quote(s))
}

// Options say where a Log writes, and what. The zero value prints human lines
// on standard error.
type Options struct {
	// Session names this run in every event; New makes one up if it is empty.
	Session string
	// Format is Text if empty.
	Format Format
	// Path is the log file, opened for appending and created with mode 0600
	// (an existing file keeps its mode). Empty, "-" and /dev/stderr mean
	// standard error. FIFOs with a reader, terminals, /dev/fd/N and
	// /proc/self/fd/N are fine; directories, symbolic links and files with several
	// hard links are refused. Whether the target could reach the file is the
	// caller's to judge.
	Path string
	// Output, if set, is written to instead of Path. Close does not close it.
	Output io.Writer
	// Stderr is where human lines go and where failures of the log are reported;
	// os.Stderr if nil.
	Stderr io.Writer
	// All records allowed events as well.
	All bool
	// Color colours human lines on Stderr. Set it when standard error is a
	// terminal and NO_COLOR is unset.
	Color bool
	// Home is the user's home directory, which the summary never proposes to
	// open as a whole.
	Home string
	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

// item is an event, or a remark for the person at the terminal.
type item struct {
	event Event
	rule  Rule // of event

	shadowRule Rule   // of event
	text       []byte // where the strings of event lie
	note       string // if not empty, there is no event
	size       int64
	// printed, if not nil, is closed once the event's line is out.
	printed chan struct{}
}

// items are used again, so that recording an event allocates nothing once as
// many have been queued at a time as ever will be.
var items = sync.Pool{New: func() any { return new(item) }}

// hold makes the item the event, whose strings stay where they are.
func (it *item) hold(ev *Event) {
	it.event, it.note, it.printed = *ev, "", nil
	if ev.Rule != nil {
		it.rule = *ev.Rule
		it.event.Rule = &it.rule
	}
	if ev.ShadowRule != nil {
		it.shadowRule = *ev.ShadowRule
		it.event.ShadowRule = &it.shadowRule
	}
}

// own copies the strings of the event, so that it can outlive its caller.
func (it *item) own() {
	it.size = it.event.size()
	it.text = slices.Grow(it.text[:0], int(it.size))
	var list [maxTexts]text
	for _, t := range it.event.texts(&list) {
		from := len(it.text)
		it.text = append(it.text, *t.value...)
		*t.value = View(it.text[from:])
	}
}

// Log takes events from the receivers and has one goroutine write them. Its
// methods are safe for concurrent use.
type Log struct {
	session  string
	all      bool
	now      func() time.Time
	after    func(time.Duration) <-chan time.Time
	summary  *Summary
	sink     sink
	name     string // of the destination, for messages
	file     *os.File
	fallback io.Writer

	queue   chan *item
	pending atomic.Int64  // bytes of text queued
	written atomic.Uint64 // items that left the queue
	slow    atomic.Bool   // the terminal once took longer than courtesy
	done    chan struct{} // closed by the writer
	once    sync.Once
	err     error // of Close

	mu      sync.Mutex
	closed  bool
	late    bool // an event came after Close, and that was said
	dropped uint64
	repeats *repeats // nil where every event is written

	// The writer's own until done is closed.
	lost     uint64
	firstErr error
}

// New opens the log and starts its writer. The error names the file and what
// to do; nothing is left open or running then.
func New(o Options) (*Log, error) {
	if o.Format != "" && o.Format != Text && o.Format != JSON {
		return nil, fmt.Errorf("unknown log format %s: write text or json", Quote(string(o.Format)))
	}
	l := &Log{
		session: o.Session, all: o.All, now: o.Now, after: time.After,
		queue: make(chan *item, maxQueue), done: make(chan struct{}),
	}
	if l.now == nil {
		l.now = time.Now
	}
	if l.session == "" {
		l.session = newSession()
	}
	l.summary = NewSummary(o.Home)
	if err := l.open(o); err != nil {
		return nil, err
	}
	go l.write()
	return l, nil
}

// newSession makes up a session name. rand.Read never fails (crypto/rand).
func newSession() string {
	var id [sessionIDLength]byte
	_, _ = rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// open chooses the sink.
func (l *Log) open(o Options) error {
	var stderr io.Writer = os.Stderr
	if o.Stderr != nil {
		stderr = o.Stderr
	}
	l.fallback = Survive(stderr)
	out := o.Output
	l.name = "audit log"
	switch {
	case out != nil:
	case o.Path == "" || isStderr(o.Path):
		if o.Format != JSON {
			l.sink = newConsoleText(l.fallback, o.Color)
			l.repeats = &repeats{}
			return nil
		}
		out = l.fallback
	default:
		name := "audit log " + Quote(o.Path)
		f, err := OpenFile(o.Path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		l.file, l.name, out = f, name, f
	}
	if o.Format == JSON {
		l.sink = &jsonSink{w: out}
	} else {
		l.sink = newFileText(out)
	}
	return nil
}

// Session is the name of this run.
func (l *Log) Session() string { return l.session }

// Summary is the account of what was refused; it counts on after Close.
func (l *Log) Summary() *Summary { return l.summary }

// Wants reports whether an event with that action would be recorded. A
// receiver asks before it formats anything. Invalid calls are the program's own
// affair: they are kept where every event is, and not shown to a person.
func (l *Log) Wants(a Action) bool {
	switch a {
	case Allowed:
		return l.all
	case Invalid:
		return l.all || l.repeats == nil
	}
	return true
}

// Record counts the event in the summary and queues a copy of it. It holds two
// mutexes for a map look-up each and otherwise does not wait: when the queue is
// full the event is counted as dropped. Only a line that is new on a terminal is
// given a moment to be written. Session, schema version and a
// missing time are filled in.
func (l *Log) Record(ev *Event) {
	if !l.Wants(ev.Action) && ev.Alert == "" && ev.ShadowVerdict == "" {
		return
	}
	it := items.Get().(*item)
	it.hold(ev)
	e := &it.event
	e.V, e.Session = Schema, l.session
	if e.Time.IsZero() {
		e.Time = l.now()
	}
	l.summary.Add(e)

	l.mu.Lock()
	late := l.closed && !l.late
	var printed <-chan struct{}
	queued := false
	switch {
	case l.closed:
		l.late = true
	case l.repeats != nil && e.aboutRun():
	case l.repeats != nil:
		printed, queued = l.enqueueNew(it)
	default:
		queued = l.enqueue(it, nil)
	}
	l.mu.Unlock()
	if !queued {
		items.Put(it)
	}
	l.await(printed)
	if late {
		l.complain("%s: an event came after the log was closed; it is in the summary only", l.name)
	}
}

// await gives a line on the terminal the time to be written before the call it
// tells of is answered: the program's own message about it goes to the same
// place, often in pieces, and would be torn apart. A terminal that does not
// take the line in time is not waited for again.
func (l *Log) await(printed <-chan struct{}) {
	if printed == nil || l.slow.Load() {
		return
	}
	select {
	case <-printed:
	case <-l.after(courtesy):
		l.slow.Store(true)
	}
}

// enqueueNew queues the event unless its line was printed before, and returns
// what tells that it is out. A line that the queue had no room for is not
// marked as printed.
func (l *Log) enqueueNew(it *item) (out <-chan struct{}, queued bool) {
	k := printedKey(&it.event)
	if !l.repeats.known(k) {
		k = k.clone() // the queue takes the strings away
		printed := make(chan struct{})
		if !l.enqueue(it, printed) {
			return nil, false
		}
		l.repeats.add(k)
		return printed, true
	}
	if l.repeats.full() {
		note := fmt.Sprintf("more than %d different events: further ones are counted, not printed", maxRepeats)
		select {
		case l.queue <- &item{note: note}:
			l.repeats.noticed = true
		default: // the next event tries again
		}
	}
	return nil, false
}

// enqueue queues the event or counts it as dropped.
func (l *Log) enqueue(it *item, printed chan struct{}) bool {
	it.own()
	it.printed = printed
	size := it.size // the writer may use the item again at once
	if l.pending.Load()+size <= maxQueueBytes {
		select {
		case l.queue <- it:
			l.pending.Add(size)
			return true
		default:
		}
	}
	l.dropped++
	return false
}
