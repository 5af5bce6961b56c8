package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"seccomp-broker/broker/audit"
)

// fake is a log, and a sink.
type fake struct {
	mu     sync.Mutex
	events []*audit.Event
	err    error
	hold   chan struct{} // if not nil, Deliver waits for it or for its context
}

func (f *fake) Wants(a audit.Action) bool { return a != audit.Allowed }

func (f *fake) Record(ev *audit.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, ev.Clone())
}

func (f *fake) Name() string { return "the test" }
func (f *fake) Close() error { return nil }

func (f *fake) Deliver(ctx context.Context, ev *audit.Event) error {
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.Record(ev)
	return f.err
}

func (f *fake) alerts() (list []string) {
	for _, ev := range f.events {
		list = append(list, ev.Alert+" "+ev.Subject())
	}
	return list
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func refused(path string, after time.Duration) *audit.Event {
	return &audit.Event{Time: start.Add(after), Action: audit.Denied, Exe: "/bin/cat", Access: "read", Path: path}
}

func TestThresholds(t *testing.T) {
	marked := refused("/marked", 0)
	marked.Alert = audit.AlertRule
	allowed := refused("/allowed", 0)
	allowed.Action, allowed.Alert = audit.Allowed, audit.AlertRule
	harmless := refused("/harmless", 0)
	harmless.Action = audit.Allowed
	second := time.Second
	for _, c := range []struct {
		name   string
		t      Thresholds
		events []*audit.Event
		want   []string
	}{
		{"rule", Thresholds{}, []*audit.Event{refused("/a", 0), marked, allowed, harmless}, []string{"rule /marked", "rule /allowed"}},
		{"first", Thresholds{First: true}, []*audit.Event{refused("/a", 0), refused("/b", 0), refused("/a", second), harmless}, []string{"first /a", "first /b"}},
		{
			"rate", Thresholds{Count: 2, Per: 10 * second},
			[]*audit.Event{
				refused("/1", 0), refused("/2", second), refused("/3", 2*second), refused("/4", 3*second),
				refused("/5", 10*second), refused("/6", 11*second), refused("/7", 12*second),
			},
			[]string{"rate /3", "rate /7"},
		},
		{"slow", Thresholds{Count: 1, Per: second}, []*audit.Event{refused("/1", 0), refused("/2", second), refused("/3", 2*second)}, nil},
		{"both", Thresholds{First: true, Count: 1, Per: second}, []*audit.Event{refused("/1", 0), refused("/2", 0)}, []string{"first /1", "rate /2"}},
	} {
		log, sink := &fake{}, &fake{}
		d := NewDispatcher(sink)
		w := NewWatch(log, c.t, d)
		for _, ev := range c.events {
			w.Record(ev.Clone())
		}
		if lost := d.Close(); lost != nil {
			t.Errorf("%s: lost %q", c.name, lost)
		}
		if got := sink.alerts(); !slices.Equal(got, c.want) {
			t.Errorf("%s: alerts %q, want %q", c.name, got, c.want)
		}
		if len(log.events) != len(c.events) {
			t.Errorf("%s: the log has %d events of %d", c.name, len(log.events), len(c.events))
		}
	}
}

// The kinds that are remembered are bounded, and a program that makes up names does
// not keep anybody from being told of what is new.
func TestSeenIsBounded(t *testing.T) {
	log := &fake{}
	w := NewWatch(log, Thresholds{First: true}, NewDispatcher())
	for i := range maxSeen + 10 {
		w.Record(refused(fmt.Sprintf("/%d", i), 0))
		if len(w.seen) > maxSeen {
			t.Fatalf("%d kinds are remembered", len(w.seen))
		}
	}
	w.Record(refused("/new", 0))
	w.Record(refused("/new", 0))
	n := len(log.events)
	if log.events[n-2].Alert != audit.AlertFirst || log.events[n-1].Alert != "" {
		t.Errorf("the first is %q, the second %q", log.events[n-2].Alert, log.events[n-1].Alert)
	}
}

// stuck is a sink that never comes back, such as a pipe that nobody reads.
type stuck struct{ fake }

func (*stuck) Deliver(context.Context, *audit.Event) error { select {} }

// The end does not wait for ever for such a sink, and says what was lost.
func TestStuckSink(t *testing.T) {
	for _, n := range []int{1, 3} {
		d := NewDispatcher(&stuck{})
		w := NewWatch(&fake{}, Thresholds{}, d)
		for range n {
			ev := refused("/x", 0)
			ev.Alert = audit.AlertRule
			w.Record(ev)
		}
		lost := d.closeWithin(time.Millisecond, time.Millisecond)
		if want := audit.Counted(n, "alert was", "alerts were") + " not delivered to the test: it takes none any more"; len(lost) != 1 || lost[0] != want {
			t.Errorf("lost %q, want %q", lost, want)
		}
	}
}

// A call that outlasts the run may still be recorded.
func TestAlertAfterTheEnd(t *testing.T) {
	log := &fake{}
	d := NewDispatcher(&fake{})
	w := NewWatch(log, Thresholds{}, d)
	d.Close()
	ev := refused("/x", 0)
	ev.Alert = audit.AlertRule
	w.Record(ev)
	if len(log.events) != 1 || d.lanes[0].dropped.Load() != 1 {
		t.Errorf("the log has %d events, %d are lost", len(log.events), d.lanes[0].dropped.Load())
	}
}

// A sink that does not keep up delays nobody, and what it loses is counted.
func TestSlowSink(t *testing.T) {
	slow, quick := &fake{hold: make(chan struct{})}, &fake{err: errors.New("the disk\nis full")}
	d := NewDispatcher(slow, quick)
	w := NewWatch(&fake{}, Thresholds{}, d)
	const more = 100
	for i := range maxQueue + more {
		ev := refused(fmt.Sprintf("/%d", i), 0)
		ev.Alert = audit.AlertRule
		w.Record(ev)
	}
	lost := d.closeWithin(0, time.Minute)
	if len(lost) != 2 {
		t.Fatalf("lost %q", lost)
	}
	// Every one was dropped or, when the time was over, given up.
	if want := fmt.Sprintf("%d alerts were not delivered to the test: context canceled", maxQueue+more); !strings.HasPrefix(lost[0], want) {
		t.Errorf("lost %q, want %q", lost[0], want)
	}
	if strings.Contains(lost[1], "\n") || !strings.Contains(lost[1], "is full") {
		t.Errorf("lost %q", lost[1])
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts")
	for range 2 {
		deliver(t, "file:"+path, refused("/a\nb", 0))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); len(lines) != 2 || !strings.Contains(lines[0], `"path":"/a\nb"`) {
		t.Errorf("the file holds %q", text)
	}
}

// deliver delivers one event to the sink that a word names.
func deliver(t *testing.T, word string, ev *audit.Event) {
	t.Helper()
	s, err := ParseSink(word)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Deliver(context.Background(), ev); err != nil {
		t.Errorf("%s: %v", s.Name(), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSyslog(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "log")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s, err := openSyslog(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Deliver(context.Background(), refused("/a", 0)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := listener.Read(buf)
	// 84 is LOG_AUTHPRIV, 10, times 8 and LOG_WARNING, 4.
	if got := string(buf[:n]); err != nil || !strings.HasPrefix(got, "<84>") || !strings.Contains(got, "broker[") || !strings.Contains(got, "denied read /a") {
		t.Errorf("the system log got %q, %v", got, err)
	}
	if _, err := openSyslog(socket + "-none"); err == nil {
		t.Error("a system log that is not there was opened")
	}
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "tell")
	script := "#!/bin/sh\ncat >" + dir + "/told\ntest $(ps -o sid= -p $$) = $$ && echo >>" + dir + "/told own session\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	deliver(t, "command:"+program, refused("/a", 0))
	text, err := os.ReadFile(filepath.Join(dir, "told"))
	if err != nil || !strings.Contains(string(text), `"path":"/a"`) || !strings.HasSuffix(string(text), "own session\n") {
		t.Errorf("the command got %q, %v", text, err)
	}
	if Owns(os.Getpid()) {
		t.Error("this process runs for no alert")
	}
	s, err := ParseSink("command:/bin/false")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Deliver(context.Background(), refused("/a", 0)); err == nil {
		t.Error("a command that failed is taken for one that did not")
	}
}

// A server is asked again as long as that can help.
func TestWebhook(t *testing.T) {
	for _, c := range []struct {
		answers []int
		calls   int
		fails   bool
	}{
		{[]int{200}, 1, false},
		{[]int{503, 429, 204}, 3, false},
		{[]int{500, 500, 500, 500, 500}, 4, true},
		{[]int{404, 200}, 1, true},
		{[]int{304, 200}, 1, true},
	} {
		calls := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var ev audit.Event
			if err := json.NewDecoder(r.Body).Decode(&ev); err != nil || ev.Path != "/a" || r.Method != http.MethodPost {
				t.Errorf("%s of %+v, %v", r.Method, ev, err)
			}
			w.WriteHeader(c.answers[calls])
			calls++
		}))
		s, err := ParseSink("webhook:" + server.URL + "/secret")
		if err != nil {
			t.Fatal(err)
		}
		s.(*webhook).pauses = make([]time.Duration, len(pauses))
		err = s.Deliver(context.Background(), refused("/a", 0))
		if calls != c.calls || (err != nil) != c.fails {
			t.Errorf("%v: %d calls, %v", c.answers, calls, err)
		}
		server.Close()
		if err := s.Deliver(context.Background(), refused("/a", 0)); err == nil || strings.Contains(err.Error()+s.Name(), "secret") {
			t.Errorf("without a server: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestParse(t *testing.T) {
	for _, word := range []string{"", "file:", "mail:me", "journal:", "webhook:", "webhook:example.org", "webhook:ftp://example.org/", "command:", "command:tell", "command:/", "command:/etc/passwd", "command:/does/not/exist", "file:/does/not/exist"} {
		if s, err := ParseSink(word); err == nil {
			t.Errorf("%q is taken for %s", word, s.Name())
		}
	}
	for _, word := range []string{"", "20", "20/", "/1m", "0/1m", "-1/1m", "20/0s", "20/-1m", "x/1m"} {
		if n, per, err := ParseRate(word); err == nil {
			t.Errorf("%q is taken for %d in %v", word, n, per)
		}
	}
	if n, per, err := ParseRate("20/1m"); n != 20 || per != time.Minute || err != nil {
		t.Errorf("20/1m is taken for %d in %v, %v", n, per, err)
	}
}
