package audit

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lines is the golden table of human lines.
var lines = []struct {
	name  string
	event Event
	want  string
}{
	{"denied by a rule", Event{
		Action: Denied, Access: "read", Path: "/etc/shadow", Syscall: "openat", Comm: "cat", PID: 1234,
		Rule: keyRule, Reason: "private keys stay on the host",
	}, `denied read /etc/shadow (openat by cat[1234]): rule "secrets" at app.hcl:12: private keys stay on the host`},
	{"no rule", *openat(Denied, "/x", nil), `denied read /x (openat by cat[1234]): no rule`},
	{"monitor", *openat(WouldDeny, "/x", nil), `would deny read /x (openat by cat[1234]): no rule`},
	{"emulated", *openat(Emulated, "/etc/hosts", &Rule{"hosts", "/etc/my rules.hcl", 3}),
		`emulated read /etc/hosts (openat by cat[1234]): rule "hosts" at "/etc/my rules.hcl":3`},
	{"allowed", *openat(Allowed, "/x", keyRule), `allowed read /x (openat by cat[1234]): rule "secrets" at app.hcl:12`},
	{"asked", Event{Action: Asked, Access: "connect", Address: "10.0.0.1:443", Syscall: "connect", Comm: "curl", PID: 7},
		`asked about connect 10.0.0.1:443 (connect by curl[7]): no rule`},
	{"two paths", Event{Action: Denied, Access: "remove, create", Path: "/a b", Path2: "/c", Syscall: "rename", Comm: "mv", PID: 1},
		`denied remove, create "/a b" -> /c (rename by mv[1]): no rule`},
	{"unresolved", Event{Action: Error, Access: "read", Raw: "../x", Syscall: "openat", Comm: "sh", PID: 1, Errno: "EMFILE", Reason: "no descriptor left"},
		`error: read ../x (openat by sh[1]), answered EMFILE: no descriptor left`},
	{"unreadable", Event{Action: Error, Syscall: "openat", Comm: "sh", PID: 1, Errno: "EFAULT"},
		`error: (openat by sh[1]), answered EFAULT`},
	{"the log itself", Event{Action: Error, Reason: "12 events dropped"}, `error: 12 events dropped`},
	{"hostile", Event{
		Action: Denied, Access: "read", Path: "/x (openat by ls[1]): rule \"ok\"\nbroker: allowed", Syscall: "openat",
		Comm: "a]\x1b[2J", PID: 9, Rule: &Rule{"a\"\x1b", "f\u202e", 1}, Reason: "r\nbroker: x",
	}, `denied read "/x (openat by ls[1]): rule \"ok\"\nbroker: allowed" (openat by "a]\x1b[2J"[9]):` +
		` rule "a\"\x1b" at "f\u202e":1: r\nbroker: x`},
	{"unknown action", Event{Action: "future", Path: "/x", Syscall: "openat", Comm: "a", PID: 1}, `future /x (openat by a[1]): no rule`},
}

func TestLine(t *testing.T) {
	for _, tc := range lines {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Line(&tc.event)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the sentence says must reach the writer unchanged, on one line.
func TestTextSinks(t *testing.T) {
	for _, tc := range lines {
		t.Run(tc.name, func(t *testing.T) {
			var console, file, colored bytes.Buffer
			for _, s := range []*textSink{newConsoleText(&console, false), newFileText(&file), newConsoleText(&colored, true)} {
				e := tc.event
				e.Time = time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
				if err := s.event(&e); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff("broker: "+tc.want+"\n", console.String()); diff != "" {
				t.Error(diff)
			}
			column := map[Action]string{Error: "[ERROR]", Denied: "[WARN] ", WouldDeny: "[WARN] "}[tc.event.Action]
			if column == "" {
				column = "[INFO] "
			}
			if diff := cmp.Diff("2026-01-02T03:04:05.006Z "+column+" broker: "+tc.want+"\n", file.String()); diff != "" {
				t.Error(diff)
			}
			color := map[Action]string{Error: red, Denied: yellow, WouldDeny: yellow}[tc.event.Action]
			if color == "" {
				color = blue
			}
			if diff := cmp.Diff(color+"broker:"+reset+" "+tc.want+"\n", colored.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	for i, s := range hostileStrings {
		f.Add(s, hostileStrings[len(hostileStrings)-1-i], true)
	}
	f.Fuzz(func(t *testing.T, a, b string, call bool) {
		e := full()
		for i, f := range e.texts(new([maxTexts]text)) {
			if *f.value = a; i%2 == 1 {
				*f.value = b
			}
		}
		if !call {
			e.Syscall, e.Access, e.Rule = "", "", nil
		}
		var out bytes.Buffer
		if err := newConsoleText(&out, false).event(&e); err != nil {
			t.Fatal(err)
		}
		line, ok := strings.CutSuffix(out.String(), "\n")
		if !ok || !strings.HasPrefix(line, "broker: ") || strings.ContainsFunc(line, invisible) {
			t.Errorf("not one clean line: %q", out.String())
		}
	})
}
