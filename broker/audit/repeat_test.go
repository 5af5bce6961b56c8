package audit

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConsolePrintsOnce(t *testing.T) {
	var stderr bytes.Buffer
	log := mustNew(t, Options{Stderr: &stderr})
	for range 5 {
		log.Record(openat(Denied, "/a", nil))
	}
	other := openat(Denied, "/a", nil) // another process, another call: the same line
	other.PID, other.Syscall = 99, "open"
	log.Record(other)
	log.Record(openat(Denied, "/a", keyRule))
	log.Record(openat(WouldDeny, "/a", nil))
	create := openat(Denied, "/a", nil)
	create.Access = "create"
	log.Record(create)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `broker: denied read /a (openat by cat[1234]): no rule
broker: denied read /a (openat by cat[1234]): rule "secrets" at app.hcl:12
broker: would deny read /a (openat by cat[1234]): no rule
broker: denied create /a (openat by cat[1234]): no rule
broker: 5 events were not printed: 5 repeated a line above
`
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Error(diff)
	}
}

func TestConsoleIsBounded(t *testing.T) {
	var stderr bytes.Buffer
	log := mustNew(t, Options{Stderr: &stderr})
	for i := range maxRepeats + 10 {
		log.Record(openat(Denied, fmt.Sprint("/", i), nil))
	}
	log.Record(openat(Denied, "/0", nil))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	out := strings.SplitAfter(strings.TrimSuffix(stderr.String(), "\n"), "\n")
	if len(out) != maxRepeats+2 {
		t.Fatalf("%d lines", len(out))
	}
	if got := out[maxRepeats]; got != "broker: more than 1024 different events: further ones are counted, not printed\n" {
		t.Errorf("notice: %q", got)
	}
	if got := out[maxRepeats+1]; got != "broker: 11 events were not printed: 1 repeated a line above, 10 came after the first 1024 different ones" {
		t.Errorf("end: %q", got)
	}
}

// A line for which the queue had no room is printed the next time.
func TestDroppedLineIsNotAPrintedOne(t *testing.T) {
	out := newGate()
	log := mustNew(t, Options{Stderr: out})
	huge := openat(Denied, "/a", nil)
	huge.Exe = strings.Repeat("x", maxQueueBytes+1)
	log.Record(huge)
	log.Record(openat(Denied, "/a", nil))
	close(out.open)
	_ = log.Close()
	const want = "broker: denied read /a (openat by cat[1234]): no rule\n" +
		"broker: error: 1 event dropped: they came faster than the log could be written\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
