package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func argvOf(words ...string) [][]byte {
	argv := make([][]byte, len(words))
	for i, w := range words {
		argv[i] = []byte(w)
	}
	return argv
}

func mustArgv(t testing.TB, words ...string) argvPattern {
	t.Helper()
	p, at, err := parseArgv(words)
	if err != nil {
		t.Fatalf("%q, word %d: %v", words, at, err)
	}
	return p
}

func TestArgvMatch(t *testing.T) {
	type words = []string
	for _, tt := range []struct {
		pattern words
		yes, no []words
	}{
		{words{"git"}, []words{{"git"}, {"/usr/bin/git"}, {"./git"}}, []words{{"git", "x"}, {"agit"}, {"git/"}, {""}}},
		{words{"/usr/bin/git"}, []words{{"/usr/bin/git"}}, []words{{"git"}, {"/x/usr/bin/git"}}},
		{words{"git", "push", "**"}, []words{{"git", "push"}, {"git", "push", "a", "b"}, {"/git", "push", ""}},
			[]words{{"git"}, {"git", "-C", "push"}, {"git", "pushy"}}},
		{words{"**"}, []words{{""}, {"a"}, {"a", "b"}}, nil},
		{words{"**", "**"}, []words{{"a"}, {"a", "b", "c"}}, nil},
		{words{"**", "push", "**"}, []words{{"push"}, {"git", "push"}, {"a", "b", "push", "c"}}, []words{{"git"}, {"git", "/push"}}},
		{words{"a", "**", "b", "c"}, []words{{"a", "b", "c"}, {"a", "b", "b", "c"}, {"a", "b", "x", "b", "c"}}, []words{{"a", "b"}, {"a", "b", "c", "d"}}},
		{words{"a", "*"}, []words{{"a", ""}, {"a", "x/y z"}, {"a", "\xff\n"}}, []words{{"a"}, {"a", "b", "c"}}},
		{words{"a", "--x=?"}, []words{{"a", "--x=1"}, {"a", "--x=/"}, {"a", "--x=é"}, {"a", "--x=\xff"}}, []words{{"a", "--x="}, {"a", "--x=12"}}},
		{words{"a", "{-v,--verbose}"}, []words{{"a", "-v"}, {"a", "--verbose"}}, []words{{"a", "-vv"}, {"a", "{-v,--verbose}"}}},
		{words{"{sh,/bin/bash}", "-c", "*"}, []words{{"sh", "-c", "x"}, {"/x/sh", "-c", ""}, {"/bin/bash", "-c", "y"}}, []words{{"bash", "-c", "x"}}},
		{words{"a", "*aab"}, []words{{"a", "aaaaaab"}, {"a", "aab"}}, []words{{"a", "aaaabx"}}},
		{words{"a", "*x*y*"}, []words{{"a", "xy"}, {"a", "1x2y3"}}, []words{{"a", "yx"}}},
		{words{"", ""}, []words{{"", ""}, {"a/", ""}}, []words{{"a", ""}, {""}}},
		{words{"*"}, []words{{""}, {"/usr/bin/x"}}, []words{{"a", "b"}}},
		{words{"/*"}, []words{{"/"}, {"/usr/bin/x"}}, []words{{"x"}}},
		{words{`a\*`}, []words{{"a*"}}, []words{{"ab"}}},
		{words{"a", "a/b"}, []words{{"a", "a/b"}}, []words{{"a", "b"}}},
	} {
		p := mustArgv(t, tt.pattern...)
		for _, argv := range tt.yes {
			if !p.match(argvOf(argv...)) {
				t.Errorf("%q does not match %q", tt.pattern, argv)
			}
		}
		for _, argv := range tt.no {
			if p.match(argvOf(argv...)) {
				t.Errorf("%q matches %q", tt.pattern, argv)
			}
		}
	}
}

// refArgv is the description of the language, word by word.
func refArgv(pattern, argv []string, first bool) bool {
	switch {
	case len(pattern) == 0:
		return len(argv) == 0
	case pattern[0] == "**":
		for i := 0; i <= len(argv); i++ {
			if refArgv(pattern[1:], argv[i:], false) {
				return true
			}
		}
		return false
	case len(argv) == 0:
		return false
	}
	arg := argv[0]
	if first && !strings.Contains(pattern[0], "/") {
		arg = arg[strings.LastIndex(arg, "/")+1:]
	}
	return refName(pattern[0], arg) && refArgv(pattern[1:], argv[1:], false)
}

func TestArgvReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(n int, words ...string) []string {
		list := make([]string, r.IntN(n)+1)
		for i := range list {
			for range r.IntN(4) {
				list[i] += words[r.IntN(len(words))]
			}
		}
		return list
	}
	matched := 0
	for range 200_000 {
		pattern := pick(4, "a", "b", "/", "?", "*")
		for i, w := range pattern {
			if strings.Contains(w, "**") || r.IntN(4) == 0 {
				pattern[i] = "**"
			}
		}
		argv := pick(5, "a", "b", "/")
		got, want := mustArgv(t, pattern...).match(argvOf(argv...)), refArgv(pattern, argv, true)
		if got != want {
			t.Fatalf("%q on %q: %v, want %v", pattern, argv, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matches: the test shows little", matched)
	}
}

const argvRules = `
allow "status" {
  access = ["exec"]
  path   = ["/usr/bin/git"]
  argv   = ["git", "status", "**"]
}
allow "sh" {
  access = ["exec"]
  path   = ["/bin/sh"]
}
deny "push" {
  access = ["exec"]
  argv   = ["**", "push", "**"]
  except = ["/opt/**"]
}
allow "opt" {
  access = ["exec"]
  path   = ["/opt/**"]
}
program "/bin/make" {
  allow "tool" {
    access = ["exec"]
    path   = ["/srv/tool"]
    argv   = ["tool"]
  }
  deny "prompt" {
    access = ["exec"]
    path   = ["/bin/sh"]
    argv   = ["sh", "-i"]
  }
}
`

func TestArgvDecide(t *testing.T) {
	p := mustLoad(t, argvRules)
	type words = []string
	for _, tt := range []struct {
		exe, path string
		argv      words // nil: not known
		want      Verdict
		rule      string
	}{
		{"", "/usr/bin/git", words{"git", "status"}, Allow, "status"},
		{"", "/usr/bin/git", words{"git", "log"}, Deny, ""},
		{"", "/usr/bin/git", words{"git", "status", "push"}, Deny, "push"},
		{"", "/usr/bin/hg", words{"git", "status"}, Deny, ""},
		{"", "/usr/bin/git", nil, Deny, "push"}, // whatever is not known, deny rules hold
		{"", "/bin/sh", words{"sh"}, Allow, "sh"},
		{"", "/bin/sh", words{"sh", "push"}, Deny, "push"},
		{"", "/bin/sh", nil, Deny, "push"},
		{"", "/opt/x", words{"push"}, Allow, "opt"},
		{"", "/opt/x", nil, Allow, "opt"},
		{"", "/srv/tool", words{"tool"}, Deny, ""},
		{"/bin/make", "/srv/tool", words{"tool"}, Allow, "tool"},
		{"/bin/make", "/srv/tool", words{"tool", "x"}, Deny, ""},
		{"/bin/make", "/srv/tool", nil, Deny, "push"},
		{"", "/bin/sh", words{"sh", "-i"}, Allow, "sh"},
		{"/bin/make", "/bin/sh", words{"sh", "-i"}, Deny, "prompt"},
		{"/bin/make", "/usr/bin/git", words{"/x/git", "status"}, Allow, "status"},
	} {
		scope := p.Program([]byte(tt.exe))
		var argv [][]byte
		if tt.argv != nil {
			argv = argvOf(tt.argv...)
		}
		q := Query{Access: Exec, Path: []byte(tt.path), Scope: p.WithArgv(scope, argv)}
		d := p.Decide(&q)
		name := ""
		if d.Rule != nil {
			name = d.Rule.Name
		}
		if d.Verdict != tt.want || name != tt.rule {
			t.Errorf("%q executes %s as %q: %v %q, want %v %q", tt.exe, tt.path, tt.argv, d.Verdict, name, tt.want, tt.rule)
		}
		if all := p.Explain(&q); d.Rule != nil && (len(all) == 0 || all[0].Rule != d.Rule) {
			t.Errorf("%s as %q: explained by %v", tt.path, tt.argv, all)
		}
	}
	if !p.HasArgv() || !p.HasPrograms() {
		t.Error("has argv and programs")
	}
	if q := mustLoad(t, rule("deny", "x", "exec", "/x", `argv = ["x"]`)); q.HasPrograms() || !q.HasArgv() {
		t.Error("a rule with argv is no program block")
	}
	other := mustLoad(t, argvRules)
	if d := p.Decide(&Query{Access: Exec, Path: []byte("/bin/sh"), Scope: other.WithArgv(nil, nil)}); d.Verdict != Deny {
		t.Errorf("a scope of another policy: %v", d.Verdict)
	}
	if reach := fmt.Sprint(p.Reach(Exec)); !strings.Contains(reach, "{/usr/bin/git true}") {
		t.Errorf("reach: %s", reach)
	}
}

// A new name must not allow what the old one does not, for no arguments.
func TestArgvWidens(t *testing.T) {
	p := mustLoad(t, rule("allow", "a", "exec", "/a/**,/b/**,/e/**", `argv = ["x"]`)+rule("allow", "c", "exec", "/c/**,/d/**,/n/**")+
		rule("deny", "d", "exec", "/d/**,/n/**", `argv = ["-i"]`)+"program \"/bin/p\" {\n"+rule("deny", "e", "exec", "/e/**", `argv = ["x"]`)+"}\n")
	for _, tt := range []struct {
		from, to, exe string
		want          bool
	}{
		{"/x", "/a/x", "", true},
		{"/a/x", "/a/y", "", false},
		{"/a/x", "/b/x", "", false},
		{"/a/x", "/x", "", false},
		{"/a/x", "/c/x", "", true},
		{"/c/x", "/a/x", "", false},
		{"/d/x", "/c/x", "", true}, // out from under the deny rule
		{"/d/x", "/n/x", "", false},
		{"/c/x", "/d/x", "", false},
		{"/d/x", "/a/x", "", true},
		{"/e/x", "/a/x", "", false},
		{"/e/x", "/a/x", "/bin/p", true},
	} {
		if got := p.Widens(Query{Access: Exec, Path: []byte(tt.to), Scope: p.Program([]byte(tt.exe))}, []byte(tt.from)); got != tt.want {
			t.Errorf("%s to %s in %q: %v", tt.from, tt.to, tt.exe, got)
		}
	}
	if r := p.MovesDenied([]byte("/d"), []byte("/q"), nil); r == nil || r.Name != "d" {
		t.Errorf("a directory under a deny rule with argv: %v", r)
	}
}

func TestArgvDiagnostics(t *testing.T) {
	many := `["x"` + strings.Repeat(`, "x"`, maxArgvWords) + `]`
	for _, tt := range []struct{ text, summary, detail string }{
		{rule("allow", "x", "exec,read", "/x", `argv = ["x"]`), "argv with another class than exec", "another rule for read"},
		{rule("deny", "x", "write", "/x", `argv = ["x"]`), "argv with another class than exec", `Write access = ["exec"]`},
		{rule("emulate", "x", "exec", "/x", `argv = ["x"]`, `errno = "EPERM"`), "argv on an emulate rule", "allow or a deny rule"},
		{rule("allow", "x", "exec", "/x", `argv = []`), "Empty argv", `"git", "push"`},
		{rule("allow", "x", "exec", "/x", `argv = ["a**"]`), "** must be a whole word", `"*"`},
		{rule("allow", "x", "exec", "/x", `argv = ["{**,a}"]`), "** must be a whole word", ""},
		{rule("allow", "x", "exec", "/x", `argv = ["a", "{b"]`), "Unbalanced braces in pattern", ""},
		{rule("allow", "x", "exec", "/x", `argv = ["a", "[b]"]`), "Character classes are not part of the language", ""},
		{rule("allow", "x", "exec", "/x", `argv = ["a\\0"]`), "Bad escape in pattern", ""},
		{rule("allow", "x", "exec", "/x", `argv = ["\u0000"]`), "", ""},
		{rule("allow", "x", "exec", "/x", `argv = ["`+strings.Repeat("a", maxArgvWord+1)+`"]`), "Word too long", ""},
		{rule("allow", "x", "exec", "/x", `argv = `+many), "Too many words in argv", "256"},
		{rule("allow", "x", "exec", "/x", `argv = 1`), "", ""},
		{"allow \"x\" {\n access = [\"exec\"]\n argv = [\"x\"]\n}\n", "argv without path allows every executable", "argv[0]"},
	} {
		_, d := loadText(t, tt.text)
		if len(d.All()) != 1 {
			t.Errorf("%s: %v", tt.text, d)
			continue
		}
		got := d.All()[0]
		if tt.summary != "" && got.Summary != tt.summary || !strings.Contains(got.Detail, tt.detail) || got.Subject == nil || got.Subject.Start.Line < 2 {
			t.Errorf("%s: %v", tt.text, d)
		}
	}
}

// Values of variables mean themselves.
func TestArgvVariables(t *testing.T) {
	p := mustLoad(t, rule("allow", "x", "exec", "/x", `argv = ["x", "${home}/*", "${cwd}"]`), func(o *Options) { o.Vars.Home, o.Vars.Cwd = "/h*", "/" })
	for _, tt := range []struct {
		argv [][]byte
		want Verdict
	}{
		{argvOf("x", "/h*/a", "/"), Allow},
		{argvOf("x", "/hh/a", "/"), Deny},
	} {
		if d := p.Decide(&Query{Access: Exec, Path: []byte("/x"), Scope: p.WithArgv(nil, tt.argv)}); d.Verdict != tt.want {
			t.Errorf("%q: %v", tt.argv, d.Verdict)
		}
	}
	if got := fmt.Sprint(p.Rules()[0].Argv); got != `[x /h\*/* /]` {
		t.Errorf("shown as %s", got)
	}
}

// Where the arguments cannot be read no rule that asks for some allows anything.
func TestUnknownArguments(t *testing.T) {
	p := mustLoad(t, rule("allow", "status", "exec", "/usr/bin/git", `argv = ["git", "status"]`))
	for _, tt := range []struct {
		argv [][]byte
		want Verdict
	}{{nil, Deny}, {argvOf("git"), Deny}, {argvOf("git", "status"), Allow}} {
		q := Query{Access: Exec, Path: []byte("/usr/bin/git"), Scope: p.WithArgv(nil, tt.argv)}
		if d := p.Decide(&q); d.Verdict != tt.want {
			t.Errorf("%q: %v", tt.argv, d.Verdict)
		}
	}
}
