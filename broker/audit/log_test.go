package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// events decodes a log.
func events(t *testing.T, log []byte) (list []Event) {
	t.Helper()
	for line := range bytes.Lines(log) {
		e, err := Decode(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

func mustNew(t testing.TB, o Options) *Log {
	t.Helper()
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	log, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// nothing is a sink that does no work.
type nothing struct{}

func (nothing) event(*Event) error { return nil }
func (nothing) note(string) error  { return nil }

// What a receiver does for a record allocates nothing. What the writer does for
// a line is left out: that is another goroutine.
func TestRecordDoesNotAllocate(t *testing.T) {
	for name, o := range map[string]Options{
		"every event written":    {Format: JSON, Output: io.Discard},
		"repeats left unwritten": {},
	} {
		t.Run(name, func(t *testing.T) {
			log := mustNew(t, o)
			log.sink = nothing{}
			ev, recorded := openat(Denied, "/a", keyRule), uint64(0)
			each := testing.AllocsPerRun(1000, func() {
				log.Record(ev)
				for recorded++; log.repeats == nil && log.written.Load() < recorded; {
					runtime.Gosched()
				}
			})
			if each > 0 {
				t.Errorf("%v allocations a record", each)
			}
			if err := log.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRecordJSON(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	log := mustNew(t, Options{Session: "s1", Format: JSON, Output: &out, Now: func() time.Time { return now }})
	ev := openat(Denied, "/a", &Rule{"r", "f", 1})
	ev.Time = time.Time{}
	for range 3 { // JSON keeps repeats
		log.Record(ev)
	}
	ev.Path, ev.Rule.Name = "changed", "changed" // the event may be reused at once
	log.Record(openat(Allowed, "/b", nil))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	want := *openat(Denied, "/a", &Rule{"r", "f", 1})
	want.V, want.Session, want.Time = Schema, "s1", now
	if diff := cmp.Diff([]Event{want, want, want}, events(t, out.Bytes())); diff != "" {
		t.Error(diff)
	}
}

func TestWants(t *testing.T) {
	for _, all := range []bool{false, true} {
		var out bytes.Buffer
		log := mustNew(t, Options{Format: JSON, Output: &out, All: all})
		for _, a := range []Action{Allowed, Denied, Emulated, Asked, WouldDeny, Error} {
			if want := all || a != Allowed; log.Wants(a) != want {
				t.Errorf("All %t: Wants(%s) = %t", all, a, !want)
			}
			log.Record(openat(a, "/x", nil))
		}
		_ = log.Close()
		want := 5
		if all {
			want = 6
		}
		if got := len(events(t, out.Bytes())); got != want {
			t.Errorf("All %t: %d events, want %d", all, got, want)
		}
	}
}

func TestSessionsDiffer(t *testing.T) {
	a, b := mustNew(t, Options{Output: io.Discard}), mustNew(t, Options{Output: io.Discard})
	defer func() { _ = a.Close() }()
	defer func() { _ = b.Close() }()
	if len(a.Session()) != 2*sessionIDLength || a.Session() == b.Session() {
		t.Errorf("sessions %q and %q", a.Session(), b.Session())
	}
}

// gate is a writer that stops in its first write until it is opened.
type gate struct {
	bytes.Buffer
	entered, open chan struct{}
	once          sync.Once
}

func newGate() *gate { return &gate{entered: make(chan struct{}), open: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	g.once.Do(func() { close(g.entered) })
	<-g.open
	return g.Buffer.Write(p)
}

// A writer that stands still costs events, counted exactly; Record returns
// nevertheless, and the summary knows them all.
func TestDropsAreCounted(t *testing.T) {
	const extra = 17
	out := newGate()
	log := mustNew(t, Options{Session: "s", Format: JSON, Output: out})
	log.Record(openat(Denied, "/first", nil))
	<-out.entered // the first event has left the queue and is being written
	for i := range maxQueue + extra {
		log.Record(openat(Denied, fmt.Sprintf("/%d", i%10), nil))
	}
	close(out.open)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	got := events(t, out.Bytes())
	if len(got) != 1+maxQueue+1 {
		t.Fatalf("%d events, want %d", len(got), 1+maxQueue+1)
	}
	last := got[len(got)-1]
	want := Event{V: Schema, Time: last.Time, Session: "s", Action: Error, Reason: "17 events dropped: they came faster than the log could be written"}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Error(diff)
	}
	if n := log.Summary().Refused(); n != 1+maxQueue+extra {
		t.Errorf("summary counts %d", n)
	}
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	out := newGate()
	log := mustNew(t, Options{Format: JSON, Output: out})
	log.Record(openat(Denied, "/first", nil))
	<-out.entered
	big := openat(Denied, "/"+strings.Repeat("x", 1<<20), nil)
	for range 30 {
		log.Record(big)
	}
	if n := log.pending.Load(); n > maxQueueBytes || n < maxQueueBytes-2<<20 {
		t.Errorf("%d bytes are queued", n)
	}
	close(out.open)
	_ = log.Close()
	got := events(t, out.Bytes())
	if want := fmt.Sprintf("%d events dropped", 30-(len(got)-2)); !strings.HasPrefix(got[len(got)-1].Reason, want) {
		t.Errorf("%d events written, the record says %q", len(got), got[len(got)-1].Reason)
	}
	if n := log.pending.Load(); n != 0 {
		t.Errorf("%d bytes remain accounted", n)
	}
}

func TestConcurrentRecord(t *testing.T) {
	const receivers, each = 8, 200
	var out bytes.Buffer
	log := mustNew(t, Options{Format: JSON, Output: &out})
	var wg sync.WaitGroup
	for r := range receivers {
		wg.Go(func() {
			for i := range each {
				log.Record(openat(Denied, fmt.Sprintf("/%d/%d", r, i), keyRule))
			}
		})
	}
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	next := [receivers]int{}
	for _, e := range events(t, out.Bytes()) {
		var r, i int
		if _, err := fmt.Sscanf(e.Path, "/%d/%d", &r, &i); err != nil {
			t.Fatal(e)
		}
		if i != next[r] {
			t.Fatalf("receiver %d: event %d came where %d was due", r, i, next[r])
		}
		next[r]++
	}
	if want := [receivers]int(slices.Repeat([]int{each}, receivers)); next != want {
		t.Errorf("events per receiver: %v", next)
	}
}

// Close and Record may meet: no panic, no race.
func TestRecordDuringClose(t *testing.T) {
	var stderr, out syncBuffer
	log := mustNew(t, Options{Format: JSON, Output: &out, Stderr: &stderr})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				log.Record(openat(Denied, "/x", nil))
			}
		})
	}
	_ = log.Close()
	wg.Wait()
	log.Record(openat(Denied, "/late", nil))
	log.Record(openat(Denied, "/late", nil))
	const want = "broker: audit log: an event came after the log was closed; it is in the summary only\n"
	if stderr.String() != want {
		t.Errorf("stderr: %q", stderr.String())
	}
	if n := log.Summary().Refused(); n != 402 {
		t.Errorf("summary counts %d", n)
	}
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// flaky fails the writes whose number is listed, after taking some bytes.
type flaky struct {
	bytes.Buffer
	fail  map[int]int
	count int
}

func (f *flaky) Write(p []byte) (int, error) {
	f.count++
	if n, ok := f.fail[f.count]; ok {
		f.Buffer.Write(p[:n])
		return n, syscall.ENOSPC
	}
	return f.Buffer.Write(p)
}

// A disk that fills up and is cleared: the lost events are counted, the first
// failure is told once, and a cut line spoils no later one.
func TestWriteErrors(t *testing.T) {
	var stderr bytes.Buffer
	out := &flaky{fail: map[int]int{2: 5, 3: 0, 4: 1, 6: 0}}
	log := mustNew(t, Options{Format: JSON, Output: out, Stderr: &stderr})
	for i := range 7 {
		log.Record(openat(Denied, fmt.Sprint("/", i+1), nil))
	}
	if err := log.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close: %v", err)
	}
	if err := log.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("second Close: %v", err)
	}
	var paths []string
	for line := range bytes.Lines(out.Bytes()) {
		if e, err := Decode(line); err == nil {
			paths = append(paths, e.Path)
		}
	}
	if diff := cmp.Diff([]string{"/1", "/5", "/7"}, paths); diff != "" {
		t.Error(diff)
	}
	const want = "broker: audit log: no space left on device: events are being lost, decisions go on\n" +
		"broker: audit log: 4 events were not written\n"
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Error(diff)
	}
}

// A reader that never reads must not keep the broker from ending.
func TestCloseGivesUp(t *testing.T) {
	out := newGate()
	log := mustNew(t, Options{Format: JSON, Output: out})
	tick := make(chan time.Time, 1)
	log.after = func(time.Duration) <-chan time.Time { return tick }
	for range 3 {
		log.Record(openat(Denied, "/x", nil))
	}
	<-out.entered
	tick <- time.Time{}
	err := log.Close()
	if !errors.Is(err, errStandstill) || !strings.Contains(err.Error(), "3 events may be unwritten") {
		t.Errorf("Close: %v", err)
	}
	close(out.open)
	<-log.done
}

// A slow writer that makes progress is waited for.
func TestCloseWaitsForProgress(t *testing.T) {
	out := newGate()
	log := mustNew(t, Options{Format: JSON, Output: out})
	calls := 0
	log.after = func(time.Duration) <-chan time.Time {
		tick := make(chan time.Time, 1)
		if calls++; calls == 1 {
			close(out.open)
			for log.written.Load() == 0 { // progress before the tick
				runtime.Gosched()
			}
			tick <- time.Time{}
		}
		return tick
	}
	log.Record(openat(Denied, "/x", nil))
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, bc := range []struct {
		name string
		o    Options
	}{{"json", Options{Format: JSON, Output: io.Discard}}, {"console-repeat", Options{Stderr: io.Discard}}} {
		b.Run(bc.name, func(b *testing.B) {
			log := mustNew(b, bc.o)
			ev := openat(Denied, "/etc/shadow", keyRule)
			b.ReportAllocs()
			for b.Loop() {
				log.Record(ev)
			}
			_ = log.Close()
		})
	}
}
