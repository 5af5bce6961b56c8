package review

import (
	"fmt"
	"slices"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

func event(call, access, path string, verdict rules.Verdict, change ...func(*audit.Event)) *audit.Event {
	e := &audit.Event{Session: "s", PID: 1, Syscall: call, Access: access, Path: path, Verdict: verdict.String(), Action: audit.Allowed}
	if verdict != rules.Allow {
		e.Action = audit.Denied
	}
	for _, f := range change {
		f(e)
	}
	return e
}

func flags(s string) func(*audit.Event)  { return func(e *audit.Event) { e.Flags = s } }
func reason(s string) func(*audit.Event) { return func(e *audit.Event) { e.Reason = s } }
func second(path string) func(*audit.Event) {
	return func(e *audit.Event) { e.Path2 = path }
}

func onSecond(e *audit.Event) { e.OnPath2 = true }
func noPath(e *audit.Event)   { e.Path, e.Raw = "", "x" }
func at(address string) func(*audit.Event) {
	return func(e *audit.Event) { e.Path, e.Address = "", address }
}
func named(e *audit.Event) { e.Rule = &audit.Rule{Name: "r", File: "f", Line: 1} }

// Events that the policy of the tests would have caused get their verdict again.
func TestReplay(t *testing.T) {
	const allow, deny, emulate = rules.Allow, rules.Deny, rules.Emulate
	p := load(t, policy)
	for i, e := range []*audit.Event{
		event("openat", "read", "/proj/a", allow, flags("O_RDONLY|O_CLOEXEC")),
		event("openat", "read", "/proj/a.pem", deny, flags("O_RDONLY"), named),
		event("openat", "create", "/etc/a", deny, flags("O_WRONLY|O_CREAT")),
		event("openat", "write", "/proj/a", allow, flags("O_WRONLY|O_CREAT")),
		event("openat", "read", "/proj/hosts", emulate, flags("O_RDONLY")),
		event("openat", "create", "/proj/#tmpfile", allow, flags("O_RDWR|O_TMPFILE")),
		event("rename", "create", "/proj/a", allow, second("/proj/b"), onSecond),
		event("rename", "create", "/proj/a", deny, second("/etc/b"), onSecond),
		event("rename", "remove", "/etc/a", deny),
		event("rename", "write", "/proj/a", deny, second("/proj/log/b"), onSecond, named),
		event("execve", "exec", "/usr/bin/git", allow),
		event("connect", "connect", "", allow, at("10.1.1.1:443")),
		event("connect", "connect", "", allow, at("192.0.2.1:1"), named), // by its name
		event("connect", "connect", "", deny, at("192.0.2.1:2")),
		event("sendto", "connect", "", deny, at("unix:@x")),
		event("bind", "create", "/etc/a.sock", deny),
		event("openat", "read", "/home/u/.gitconfig", allow, func(e *audit.Event) { e.Exe = "/usr/bin/git" }),
		event("openat", "read", "/home/u/.gitconfig", deny, func(e *audit.Event) { e.Exe = "/usr/bin/cat" }),
		event("openat", "write", "/proj/a", allow, func(e *audit.Event) { e.Flags, e.Classes = "O_RDWR|O_CREAT", "write, create" }),
	} {
		trace := NewTrace()
		trace.Compare(p, e, "log:1")
		if trace.Events != 1 || trace.Same != 1 {
			t.Errorf("%d: %s %s %s: %+v %v", i, e.Syscall, e.Path, e.Address, trace.Rows(), trace.Beyond)
		}
	}
}

// What the rules alone cannot decide again is left out, and said.
func TestReplayBeyond(t *testing.T) {
	for _, tt := range []struct {
		e    *audit.Event
		want Beyond
	}{
		{event("openat", "read", "/x", rules.Deny, func(e *audit.Event) { e.Action = audit.Error }), NotDecided},
		{event("openat", "read", "/x", rules.Allow, func(e *audit.Event) { e.Verdict = "" }), NotDecided},
		{&audit.Event{Action: audit.Error, Reason: "12 events dropped"}, NotDecided},
		{event("openat", "read", "", rules.Deny, noPath), NoSubject},
		{event("openat", "read", "pipe:[12]", rules.Allow), NoSubject},
		{event("connect", "connect", "", rules.Deny, at("none")), NoSubject},
		{event("openat", "read", "/dev/sda", rules.Deny, reason("a device that no rule names")), ByObject},
		{event("rename", "read", "/a", rules.Deny, second("/b"), reason("the move would give more access to what the directory holds")), ByObject},
		{event("future_call", "read", "/x", rules.Allow), NotKnown},
		{event("uname", "", "", rules.Emulate, named), ByCall},
		{event("openat", "smell", "/x", rules.Allow), NotKnown},
		{event("openat", "read", "/x", rules.Allow, flags("O_FUTURE")), NotKnown},
	} {
		if _, got := FromEvent(tt.e); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.e, got, tt.want)
		}
	}
}

func TestTraceDifferences(t *testing.T) {
	before, after := load(t, policy), load(t, `
allow "less" {
  access = ["read", "write"]
  path   = ["/proj/**"]
}
deny "never" {
  access = ["read"]
  path   = ["/proj/secret"]
}
`)
	trace := NewTrace()
	for range 3 {
		trace.Between(before, after, event("openat", "read", "/proj/secret", rules.Allow), "log:1")
	}
	trace.Between(before, after, event("openat", "read", "/proj/other", rules.Allow), "log:4")
	trace.Between(before, after, event("openat", "write", "/proj/new", rules.Allow, flags("O_WRONLY|O_CREAT")), "log:5")
	var got []string
	for _, r := range trace.Rows() {
		got = append(got, fmt.Sprint(r.Count, " ", r.Access, " ", r.Subject, " ", r.Was.Verdict, " ", r.Now.Verdict, " ", r.Making, " ", r.First))
	}
	want := []string{"3 read /proj/secret allow deny false log:1", "1 create /proj/new allow deny true log:5"}
	if !slices.Equal(got, want) || trace.Events != 5 || trace.Same != 1 || trace.Differs() != 4 {
		t.Errorf("%q %+v", got, trace)
	}
	// A record that no broker wrote is not the same on both sides, but unknown.
	trace.Between(before, after, event("openat", "read", "/proj/secret", rules.Allow, func(e *audit.Event) { e.Argv = "cat x" }), "log:9")
	if trace.Same != 1 || trace.Beyond[NotKnown] != 1 {
		t.Errorf("an impossible record: %+v", trace)
	}
	for i := range MaxRows + 10 {
		trace.Between(before, after, event("unlink", "remove", fmt.Sprintf("/proj/%d", i), rules.Allow), "log:6")
	}
	if len(trace.Rows()) != MaxRows || trace.More != 12 {
		t.Errorf("%d rows, %d more", len(trace.Rows()), trace.More)
	}
}

func TestUnquoteArgv(t *testing.T) {
	for text, want := range map[string][]string{
		"":                     nil,
		"git push":             {"git", "push"},
		`sh -c 'a  b'`:         {"sh", "-c", "a  b"},
		`echo 'it'\''s' ''`:    {"echo", "it's", ""},
		"long words that are…": nil,
		"'open":                nil,
	} {
		if got := unquoteArgv(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
