package review

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"

	"github.com/google/go-cmp/cmp"
)

// load loads rules for user u in /proj.
func load(t testing.TB, text string) *rules.Policy {
	t.Helper()
	name := filepath.Join(t.TempDir(), "app.hcl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, d := rules.Load(rules.Options{
		Files: []string{name}, Vars: rules.Vars{Home: "/home/u", Cwd: "/proj", UID: 1000},
		Classes: syscalls.Mediated(), CheckTest: CheckTest,
	})
	if p == nil {
		t.Fatal(d)
	}
	return p
}

const policy = `
allow "work" {
  access = ["read", "write", "create", "remove"]
  path   = ["/proj/**"]
}
allow "programs" {
  access = ["exec"]
  path   = ["/usr/bin/*"]
}
deny "keys" {
  access = ["read"]
  path   = ["/**/*.pem"]
  errno  = "EPERM"
}
deny "logs stay" {
  access = ["write", "remove"]
  path   = ["/proj/log/**"]
}
emulate "hosts" {
  access  = ["read"]
  path    = ["/proj/hosts"]
  content = "x"
}
allow "api" {
  access  = ["connect", "bind"]
  address = ["10.0.0.0/8:443", "unix:/proj/*.sock", "a.example:1"]
}
program "/usr/bin/git" {
  allow "config" {
    access = ["read"]
    path   = ["/home/u/.gitconfig"]
  }
}
`

func address(t testing.TB, s string, hosts ...string) *rules.Address {
	t.Helper()
	a, err := rules.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	a.Hosts = hosts
	return &a
}

func TestAsk(t *testing.T) {
	p := load(t, policy)
	for _, tt := range []struct {
		q    Question
		want string // verdict, class, rule, errno
	}{
		{Question{Call: "open", Path: "/proj/a"}, "allow read work"},
		{Question{Call: "open", Path: "/etc/a"}, "deny read - EACCES"},
		{Question{Call: "open", Path: "/proj/a.pem"}, "deny read keys EPERM"},
		{Question{Call: "open", Flags: "O_WRONLY", Path: "/proj/a.pem"}, "allow write work"},
		{Question{Call: "open", Path: "/proj/hosts"}, "emulate read hosts"},
		{Question{Call: "open", Flags: "O_RDWR|O_CREAT", Path: "/proj/hosts"}, "emulate read hosts"},
		{Question{Call: "openat", Flags: "O_WRONLY|O_CREAT", Path: "/proj/log/a"}, "deny write logs stay EACCES"},
		{Question{Call: "openat", Flags: "O_RDWR|O_TMPFILE", Path: "/proj"}, "allow read work"},
		{Question{Call: "rename", Path: "/proj/a", Path2: "/proj/b"}, "allow read work"},
		{Question{Call: "rename", Path: "/proj/a.pem", Path2: "/proj/b"}, "deny read keys EPERM"},
		{Question{Call: "rename", Path: "/proj/a", Path2: "/etc/b"}, "deny create - EACCES"},
		{Question{Call: "rename", Path: "/proj/a", Path2: "/proj/log/b"}, "allow read work"},
		{Question{Call: "rename", Path: "/proj/a", Path2: "/proj/log/b", Exists2: true}, "deny write logs stay EACCES"},
		{Question{Call: "rename", Path: "/proj/x", Path2: "/proj/y", Directory: true}, "allow read work"},
		{Question{Call: "rename", Path: "/proj", Path2: "/elsewhere", Directory: true}, "deny create - EACCES"},
		{Question{Call: "link", Path: "/proj/a", Path2: "/proj/b"}, "allow read work"},
		{Question{Call: "connect", Address: address(t, "10.1.2.3:443")}, "allow connect api"},
		{Question{Call: "connect", Address: address(t, "10.1.2.3:80")}, "deny connect - EACCES"},
		{Question{Call: "connect", Address: address(t, "192.0.2.1:1", "a.example")}, "allow connect api"},
		{Question{Call: "bind", Address: address(t, "unix:/proj/a.sock")}, "allow bind api"},
		{Question{Call: "execve", Path: "/usr/bin/git"}, "allow exec programs"},
		{Question{Access: rules.Read, Path: "/home/u/.gitconfig"}, "deny read - EACCES"},
		{Question{Access: rules.Read, Path: "/home/u/.gitconfig", Program: "/usr/bin/git"}, "allow read config"},
	} {
		a, err := Ask(p, &tt.q)
		if err != nil {
			t.Errorf("%+v: %v", tt.q, err)
			continue
		}
		rule := "-"
		if a.Rule != nil {
			rule = a.Rule.Name
		}
		got := strings.TrimSpace(fmt.Sprintf("%s %s %s %s", a.Verdict, a.Decision.Access, rule, rules.ErrnoName(a.Errno)))
		if got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.q, got, tt.want)
		}
	}
}

// A bind of a local socket makes a file too, and a move takes along what lies
// below.
func TestAskBeyondClasses(t *testing.T) {
	p := load(t, `
allow "all" {
  access = ["read", "write", "remove", "create", "bind"]
  path   = ["/d/**"]
  address = ["unix:/**"]
}
deny "guarded" {
  access = ["read"]
  path   = ["/d/*/secret"]
}
deny "no new names" {
  access = ["create"]
  path   = ["/d/run/**"]
}
allow "run" {
  access = ["exec"]
  path   = ["/d/bin/*"]
}
`)
	for _, tt := range []struct {
		q    Question
		rule string
		note string
	}{
		{Question{Call: "bind", Address: address(t, "unix:/d/run/s")}, "no new names", ""},
		{Question{Call: "rename", Path: "/d/x", Path2: "/d/y/z", Directory: true}, "guarded", "the directory holds"},
		{Question{Call: "link", Path: "/d/x/f", Path2: "/d/bin/f"}, "", "the new name would allow"},
	} {
		a, err := Ask(p, &tt.q)
		if err != nil || a.Verdict != rules.Deny || !strings.HasPrefix(a.Note, tt.note) || (a.Rule == nil) != (tt.rule == "") || a.Rule != nil && a.Rule.Name != tt.rule {
			t.Errorf("%+v: %v %+v", tt.q, err, a.Part)
		}
	}
}

// What is hidden is hidden from every call.
func TestAskHidden(t *testing.T) {
	p := load(t, `
allow "all" {
  access = ["read", "stat"]
  path   = ["/**"]
}
deny "hidden" {
  access = ["stat"]
  path   = ["/d"]
}
`)
	a, err := Ask(p, &Question{Call: "open", Path: "/d/f"})
	if err != nil || a.Verdict != rules.Deny || a.Rule.Name != "hidden" || a.Errno != errnoENOENT {
		t.Errorf("%v %+v", err, a)
	}
}

func TestAskErrors(t *testing.T) {
	p := load(t, policy)
	for _, q := range []Question{
		{}, {Call: "getpid", Path: "/a"}, {Call: "open"}, {Call: "open", Path: "/a", Path2: "/b"}, {Call: "rename", Path: "/a"},
		{Call: "connect", Path: "/a"}, {Call: "open", Address: address(t, "10.0.0.1:1")}, {Call: "open", Path: "/a", Flags: "O_X"},
		{Call: "open", Path: "/a", Argv: []string{"x"}},
	} {
		if a, err := Ask(p, &q); err == nil {
			t.Errorf("%+v: %+v", q, a)
		}
	}
}

// With the proposed changes the call gets the other verdict.
func TestChanges(t *testing.T) {
	for _, q := range []Question{
		{Call: "open", Path: "/etc/shadow"},
		{Call: "open", Path: "/proj/a"},
		{Call: "open", Path: "/proj/a.pem"},
		{Call: "open", Path: "/etc/a.pem"},
		{Call: "open", Flags: "O_RDWR|O_CREAT", Path: "/etc/a.pem"},
		{Call: "rename", Path: "/proj/a.pem", Path2: "/etc/b"},
		{Call: "connect", Address: address(t, "10.1.2.3:80")},
		{Call: "connect", Address: address(t, "10.1.2.3:443")},
		{Call: "open", Path: "/proj/hosts"},
	} {
		p := load(t, policy)
		a, err := Ask(p, &q)
		if err != nil {
			t.Fatal(err)
		}
		text := policy
		for _, c := range Changes(p, &a) {
			text = apply(t, text, c)
		}
		after, err := Ask(load(t, text), &q)
		if err != nil {
			t.Fatal(err)
		}
		want := rules.Allow
		if a.Verdict == rules.Allow {
			want = rules.Deny
		}
		if after.Verdict != want {
			t.Errorf("%+v: was %s, is %s after\n%s", q, a.Verdict, after.Verdict, text)
		}
	}
}

// apply does what a change says: a block is added, an exception put into the
// rule that is named.
func apply(t *testing.T, text string, c Change) string {
	t.Helper()
	if strings.Contains(c.HCL, "{") {
		return text + c.HCL
	}
	_, after, _ := strings.Cut(c.Text, ` "`)
	name, _, ok := strings.Cut(after, `"`)
	i := strings.Index(text, `"`+name+`" {`)
	if !ok || i < 0 || !strings.HasPrefix(c.HCL, "except = ") {
		t.Fatalf("cannot be applied: %+v", c)
	}
	i += strings.IndexByte(text[i:], '\n') + 1
	return text[:i] + "  " + c.HCL + text[i:]
}

func TestRunTest(t *testing.T) {
	p := load(t, policy+`
test "passes" {
  call = "open"
  path = "/proj/a"
  expect = "allow"
  rule = "work"
}
test "by link" {
  call = "open"
  path = "/link/a"
  expect = "allow"
}
test "errno" {
  call = "open"
  path = "/proj/a.pem"
  expect = "deny"
  rule = "keys"
  errno = "EPERM"
}
test "another verdict" {
  call = "open"
  path = "/proj/a.pem"
  expect = "allow"
}
test "another rule" {
  call = "open"
  path = "/proj/a.pem"
  expect = "deny"
  rule = "work"
}
test "another errno" {
  call = "open"
  path = "/etc/a"
  expect = "deny"
  errno = "ENOENT"
}
`)
	var got []string
	for _, x := range p.Tests() {
		r := RunTest(p, x, func(path string, _ bool) string { return strings.ReplaceAll(path, "/link", "/proj") })
		got = append(got, strings.TrimSpace(x.Name+": "+strings.ReplaceAll(strings.Join(r.Failures, "; "), filepath.Dir(x.File)+"/", "")))
	}
	want := []string{
		"passes:", "by link:", "errno:",
		`another verdict: expected allow, got deny by rule "keys" at app.hcl:10`,
		`another rule: expected rule "work" to decide, it was rule "keys" at app.hcl:10`,
		`another errno: expected ENOENT, the call answers EACCES`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestResolve(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"up": "..", "abs": dir + "/d", "rel": "d/f", "loop": "loop", "chain": "rel", "gone": "nothing/x"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "d/f"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		given  string
		follow bool
		want   string
		links  int
		gone   string
	}{
		{"/d/f", true, "/d/f", 0, ""},
		{"//d/./../d//f", true, "/d/f", 0, ""},
		{"/abs/f", true, "/d/f", 1, ""},
		{"/rel", true, "/d/f", 1, ""},
		{"/rel", false, "/rel", 0, ""},
		{"/chain", true, "/d/f", 2, ""},
		{"/d/../up/x", false, "!/x", 1, "!/x"},
		{"/gone", true, "/nothing/x", 1, "/nothing"},
		{"/no/such", true, "/no/such", 0, "/no"},
	} {
		at := func(s string) string {
			if outer, ok := strings.CutPrefix(s, "!"); ok {
				return filepath.Dir(dir) + outer
			}
			if s == "" {
				return ""
			}
			return dir + s
		}
		r := Resolve(dir+tt.given, tt.follow)
		if r.Path != at(tt.want) || len(r.Links) != tt.links || r.Missing != at(tt.gone) || r.Loop {
			t.Errorf("%s: %+v", tt.given, r)
		}
		if tt.follow && tt.gone == "" {
			if real, err := filepath.EvalSymlinks(dir + tt.given); err != nil || real != r.Path {
				t.Errorf("%s: the system says %s, %v", tt.given, real, err)
			}
		}
	}
	if r := Resolve(dir+"/loop", true); !r.Loop {
		t.Errorf("a loop: %+v", r)
	}
	if r := Resolve("/proc/self/fd/1", true); r.Path != "/proc/self/fd/1" {
		t.Errorf("/proc/self is not ours: %+v", r)
	}
}

// The arguments decide about what is executed, for whoever explains it too.
func TestAskWithArguments(t *testing.T) {
	p := load(t, "allow \"status\" {\n  access = [\"exec\"]\n  path = [\"/usr/bin/git\"]\n  argv = [\"git\", \"status\"]\n}\n")
	for _, tt := range []struct {
		argv []string
		want rules.Verdict
	}{{nil, rules.Deny}, {[]string{"git", "push"}, rules.Deny}, {[]string{"git", "status"}, rules.Allow}} {
		a, err := Ask(p, &Question{Call: "execve", Path: "/usr/bin/git", Argv: tt.argv})
		if err != nil || a.Verdict != tt.want {
			t.Errorf("%q: %v %v", tt.argv, a.Verdict, err)
		}
	}
}
