package rules

import (
	"fmt"
	"strings"
	"testing"
)

// rule writes a block; access is a comma-separated list.
func rule(kind, name, access, path string, more ...string) string {
	quote := func(list string) string { return `["` + strings.ReplaceAll(list, ",", `", "`) + `"]` }
	return fmt.Sprintf("%s %q {\n access = %s\n path = %s\n %s\n}\n", kind, name, quote(access), quote(path), strings.Join(more, "\n "))
}

func TestStrictestWins(t *testing.T) {
	blocks := []string{
		rule("allow", "a", "read,write", "/d/**"),
		rule("emulate", "e", "read", "/d/e", `content = "x"`),
		rule("deny", "n", "read", "/d/n/**", `except = ["/d/n/ok/**"]`, `errno = "ENOENT"`, `reason = "why"`),
	}
	tests := []struct {
		path   string
		access Access
		want   Verdict
		rule   string
		class  Access
	}{
		{"/d/x", Read, Allow, "a", Read},
		{"/d/x", Read | Write, Allow, "a", Read},
		{"/d/x", Read | Exec, Deny, "", Exec},
		{"/d/e", Read, Emulate, "e", Read},
		{"/d/e", Write, Allow, "a", Write},
		{"/d/e", Read | Write, Emulate, "e", Read},
		{"/d/n", Read, Deny, "n", Read},
		{"/d/n/x", Read | Write, Deny, "n", Read},
		{"/d/n/x", Read | Exec, Deny, "n", Read},
		{"/d/n/x", Write, Allow, "a", Write},
		{"/d/n/ok/x", Read, Allow, "a", Read},
		{"/x", Read, Deny, "", Read},
	}
	for _, order := range [][3]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		p := mustLoad(t, blocks[order[0]]+blocks[order[1]]+blocks[order[2]])
		for _, tt := range tests {
			d := p.Decide(&Query{Access: tt.access, Path: []byte(tt.path)})
			name := ""
			if d.Rule != nil {
				name = d.Rule.Name
			}
			if d.Verdict != tt.want || name != tt.rule || d.Access != tt.class {
				t.Errorf("order %v: %v of %s: %v by %q for %v, want %v by %q for %v", order, tt.access, tt.path,
					d.Verdict, name, d.Access, tt.want, tt.rule, tt.class)
			}
		}
	}
}

func TestRuleFields(t *testing.T) {
	p := mustLoad(t, "\n"+rule("deny", "n", "read", "/d/n", `except = ["/d/n/ok"]`, `errno = "ENOENT"`, `reason = "why"`)+
		rule("emulate", "c", "read", "/c", `content = ""`)+rule("emulate", "f", "read", "/f", `file = "${cwd}/x"`)+
		rule("emulate", "g", "exec", "/g", `errno = "EPERM"`)+
		"program \"/bin/p\" {\n"+rule("allow", "in", "exec", "/x")+"}\n")
	by := make(map[string]*Rule)
	for _, r := range p.Rules() {
		by[r.Name] = r
	}
	n := by["n"]
	if n.Errno != 2 || n.Reason != "why" || n.Line != 2 || !strings.HasSuffix(n.File, "app.hcl") || n.Access != Read ||
		fmt.Sprint(n.Patterns, n.Except) != "[/d/n] [/d/n/ok]" || n.Emulate != nil || n.Program != "" {
		t.Errorf("deny: %+v", n)
	}
	if e := by["c"].Emulate; e == nil || !e.HasContent || len(e.Content) != 0 || e.File != "" {
		t.Errorf("content: %+v", e)
	}
	if e := by["f"].Emulate; e == nil || e.File != "/proj/x" || e.HasContent {
		t.Errorf("file: %+v", e)
	}
	if e := by["g"].Emulate; e == nil || e.Errno != 1 || e.HasContent {
		t.Errorf("errno: %+v", e)
	}
	if by["in"].Program != "/bin/p" {
		t.Errorf("program: %+v", by["in"])
	}
	if p.Classes() != Read|Exec {
		t.Errorf("classes %v", p.Classes())
	}
}

func TestMalformedQueries(t *testing.T) {
	p := mustLoad(t, "default = \"allow\"\n"+rule("allow", "a", "read", "/**"))
	other := mustLoad(t, `program "/bin/p" {}`)
	for _, q := range []Query{
		{Path: []byte("/a")},
		{Access: All + 1, Path: []byte("/a")},
		{Access: Read},
		{Access: Read, Path: []byte("a")},
		{Access: Read, Path: []byte("/a/../b")},
		{Access: Read, Path: []byte("/" + strings.Repeat("a", maxQuery))},
		{Access: Read, Path: []byte("/a"), Scope: other.Program([]byte("/bin/p"))},
	} {
		if d := p.Decide(&q); d != (Decision{}) {
			t.Errorf("%v of %.20q: %v", q.Access, q.Path, d)
		}
		if list := p.Explain(&q); len(list) > 0 {
			t.Errorf("%v of %.20q is explained: %v", q.Access, q.Path, list)
		}
	}
	if d := p.Decide(&Query{Access: Write, Path: []byte("/a")}); d.Verdict != Allow || d.Rule != nil {
		t.Errorf("default: %v", d)
	}
}

func TestPrograms(t *testing.T) {
	p := mustLoad(t, rule("allow", "global", "read", "/g")+rule("deny", "never", "read", "/never")+
		"program \"/usr/bin/git\" {\n"+rule("allow", "git", "read", "/git/**")+rule("allow", "n2", "read", "/never")+"}\n"+
		"program \"/usr/bin/*\" {\n"+rule("deny", "bin", "read", "/git/secret")+"}\n"+
		"program \"/opt/**\" {\n"+rule("allow", "opt", "read", "/opt")+"}\n")
	if !p.HasPrograms() {
		t.Fatal("no programs")
	}
	tests := []struct {
		exe, path string
		want      Verdict
		rule      string
	}{
		{"/usr/bin/git", "/g", Allow, "global"},
		{"/usr/bin/git", "/git/x", Allow, "git"},
		{"/usr/bin/git", "/git/secret", Deny, "bin"},
		{"/usr/bin/git", "/never", Deny, "never"},
		{"/usr/bin/gitk", "/git/x", Deny, ""},
		{"/usr/bin/gitk", "/git/secret", Deny, "bin"},
		{"/opt/a/b", "/opt", Allow, "opt"},
		{"/opt/a/b", "/git/x", Deny, ""},
		{"/bin/sh", "/git/x", Deny, ""},
		{"not canonical", "/git/x", Deny, ""},
	}
	for _, tt := range tests {
		s := p.Program([]byte(tt.exe))
		if s != p.WithMode(Monitor).Program([]byte(tt.exe)) {
			t.Errorf("%s: two scopes", tt.exe)
		}
		q := &Query{Access: Read, Path: []byte(tt.path), Scope: s}
		d := p.Decide(q)
		name := ""
		if d.Rule != nil {
			name = d.Rule.Name
		}
		if d.Verdict != tt.want || name != tt.rule {
			t.Errorf("%s reads %s: %v by %q, want %v by %q", tt.exe, tt.path, d.Verdict, name, tt.want, tt.rule)
		}
	}
	if p.Program([]byte("/bin/sh")) != nil {
		t.Error("a scope for a program without blocks")
	}
	if mustLoad(t, "").Program([]byte("/bin/sh")) != nil {
		t.Error("a scope without blocks")
	}
}

// TestScopeCacheIsBounded: combinations beyond the cache still get scopes.
func TestScopeCacheIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, "program \"/*%c*\" {\n%s}\n", 'a'+i, rule("allow", fmt.Sprint("r", i), "read", fmt.Sprint("/", i)))
	}
	p := mustLoad(t, b.String())
	for set := 1; set < 1<<12; set++ {
		exe := "/"
		for i := range 12 {
			if set&(1<<i) != 0 {
				exe += string(rune('a' + i))
			}
		}
		s := p.Program([]byte(exe))
		for i := range 12 {
			want := Deny
			if set&(1<<i) != 0 {
				want = Allow
			}
			if d := p.Decide(&Query{Access: Read, Path: fmt.Append(nil, "/", i), Scope: s}); d.Verdict != want {
				t.Fatalf("%s: block %d gives %v", exe, i, d.Verdict)
			}
		}
	}
	if n := len(*p.scopes.known.Load()); n > maxScopes {
		t.Errorf("%d scopes are kept", n)
	}
}

func TestExplicit(t *testing.T) {
	p := mustLoad(t, rule("allow", "all", "read", "/**")+rule("allow", "any", "read", "/proc/*/status")+
		rule("allow", "proc", "read", "/proc/**")+rule("allow", "pid", "write", "/proc/1/**")+
		rule("emulate", "emu", "read", "/**/maps", `errno = "EPERM"`)+rule("deny", "mem", "read", "/**/mem"))
	tests := []struct {
		path     string
		access   Access
		explicit int
		want     Verdict
	}{
		{"/proc/1/status", Read, 0, Allow},
		{"/proc/1/status", Read, 2, Allow},
		{"/proc/1/stat", Read, 0, Allow},
		{"/proc/1/stat", Read, 1, Allow},
		{"/proc/1/stat", Read, 2, Deny},
		{"/proc/1/stat", Write, 2, Allow},
		{"/proc/1/maps", Read, 0, Emulate},
		{"/proc/1/maps", Read, 2, Deny},
		{"/proc/1/mem", Read, 0, Deny},
		{"/proc/1/mem", Read, 2, Deny},
	}
	for _, tt := range tests {
		q := &Query{Access: tt.access, Path: []byte(tt.path), Explicit: tt.explicit}
		if d := p.Decide(q); d.Verdict != tt.want {
			t.Errorf("%v of %s, explicit %d: %v, want %v", tt.access, tt.path, tt.explicit, d.Verdict, tt.want)
		}
	}
	// A rule for one class does not let the default stand in for another.
	p = mustLoad(t, "default = \"allow\"\n"+rule("allow", "disk", "read", "/dev/sda"))
	for access, want := range map[Access]Verdict{Read: Allow, Write: Deny, Read | Write: Deny} {
		q := &Query{Access: access, Path: []byte("/dev/sda"), Explicit: 2}
		if d := p.Decide(q); d.Verdict != want {
			t.Errorf("default allow, %v, explicit: %v, want %v", access, d.Verdict, want)
		}
		if q.Explicit = 0; p.Decide(q).Verdict != Allow {
			t.Errorf("default allow, %v: not allowed", access)
		}
	}
}

func TestExplainOrder(t *testing.T) {
	p := mustLoad(t, rule("allow", "a", "read,write", "/**")+rule("allow", "b", "read", "/x")+
		rule("deny", "d", "write", "/**", `except = ["/y"]`)+rule("deny", "e", "read,write", "/x"))
	var got []string
	for _, d := range p.Explain(&Query{Access: Read | Write, Path: []byte("/x")}) {
		got = append(got, fmt.Sprint(d.Verdict, " ", d.Rule.Name, " ", d.Access))
	}
	want := "deny d write|deny e read|deny e write|allow a read|allow a write|allow b read"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestNoAllocations(t *testing.T) {
	p := mustLoad(t, manyRules(1000)+"program \"/usr/bin/*\" {\n"+rule("allow", "x", "read", "/x*y/?")+"}\n"+
		"program \"/usr/**\" {\n"+rule("allow", "y", "read", "/y")+"}\n")
	exe := []byte("/usr/bin/git")
	s := p.Program(exe)
	queries := []*Query{
		{Access: Read, Path: deepPath(6)},
		{Access: Read, Path: deepPath(40)},
		{Access: Read, Path: []byte("/x12y/a"), Scope: s},
		{Access: All, Path: []byte("/srv/app5/data/x.pem"), Scope: s, Explicit: 2},
		{Access: Read, Path: []byte("bad")},
	}
	for _, q := range queries {
		if n := testing.AllocsPerRun(100, func() { p.Decide(q) }); n != 0 {
			t.Errorf("Decide(%s): %v allocations", q.Path, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { p.Program(exe) }); n != 0 {
		t.Errorf("Program: %v allocations", n)
	}
}

// TestTiesIgnoreOrder: of two deny rules with different errnos the same one
// answers wherever they stand.
func TestTiesIgnoreOrder(t *testing.T) {
	a := rule("deny", "a", "read", "/**", `errno = "ENOENT"`)
	b := rule("deny", "b", "read", "/x")
	for _, text := range []string{a + b, b + a} {
		if d := mustLoad(t, text).Decide(&Query{Access: Read, Path: []byte("/x")}); d.Rule.Name != "b" {
			t.Errorf("%q answers in\n%s", d.Rule.Name, text)
		}
	}
}

// Of rules that are equally strict one that alerts decides, or nobody would be told.
func TestAlertDecides(t *testing.T) {
	const alert = "alert = true"
	p := mustLoad(t, rule("deny", "quiet", "read", "/d/**")+rule("deny", "loud", "read", "/d/a", alert)+
		rule("deny", "write", "write", "/d/b", alert)+
		rule("allow", "all", "write", "/e/**")+rule("allow", "told", "write", "/e/a", alert)+
		rule("deny", "never", "write", "/e/a/never"))
	for _, tt := range []struct {
		access Access
		path   string
		want   string
	}{
		{Read, "/d/x", "quiet"},
		{Read, "/d/a", "loud"},
		{Read | Write, "/d/b", "write"},
		{Read | Write, "/d/a", "loud"},
		{Write, "/e/x", "all"},
		{Write, "/e/a", "told"},
		{Write, "/e/a/never", "never"}, // stricter, though it tells nobody
	} {
		q := Query{Access: tt.access, Path: []byte(tt.path)}
		if d := p.Decide(&q); d.Rule == nil || d.Rule.Name != tt.want {
			t.Errorf("%v %s: %+v, want %s", tt.access, tt.path, d, tt.want)
		}
	}
}
