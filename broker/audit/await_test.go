package audit

import (
	"bytes"
	"testing"
	"time"
)

// turnstile is a writer that takes nothing until it is opened.
type turnstile struct {
	open chan struct{}
	text bytes.Buffer
}

func (g *turnstile) Write(p []byte) (int, error) {
	<-g.open
	return g.text.Write(p)
}

func refusal(path string) *Event {
	return &Event{Action: Denied, Verdict: "deny", Syscall: "openat", Access: "read", Path: path}
}

// A new line is on the terminal when Record returns, before the call it tells
// of is answered.
func TestRecordAwaitsItsLine(t *testing.T) {
	g := &turnstile{open: make(chan struct{})}
	close(g.open)
	log, err := New(Options{Stderr: g})
	if err != nil {
		t.Fatal(err)
	}
	log.after = func(time.Duration) <-chan time.Time { return nil } // patience without end
	for _, path := range []string{"/a", "/b"} {
		log.Record(refusal(path))
		if !bytes.Contains(g.text.Bytes(), []byte(path)) {
			t.Errorf("Record of %s returned before its line was written", path)
		}
	}
	log.Record(refusal("/a")) // a repeat prints nothing, so nothing is waited for
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// A terminal that takes nothing is waited for once and not again.
func TestRecordLosesPatience(t *testing.T) {
	g := &turnstile{open: make(chan struct{})}
	log, err := New(Options{Stderr: g})
	if err != nil {
		t.Fatal(err)
	}
	waits := 0
	log.after = func(time.Duration) <-chan time.Time {
		waits++
		over := make(chan time.Time)
		close(over)
		return over
	}
	for _, path := range []string{"/a", "/b", "/c"} {
		log.Record(refusal(path))
	}
	if waits != 1 {
		t.Errorf("waited %d times for a terminal that takes nothing, want once", waits)
	}
	log.after = time.After
	close(g.open)
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}
