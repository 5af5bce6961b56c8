package rules

import (
	"fmt"
	"strings"
	"testing"
)

// decides loads text and checks reads, "+/path" for allowed and "-/path" for
// denied.
func decides(t *testing.T, text string, change func(*Options), want ...string) *Policy {
	t.Helper()
	p := mustLoad(t, text, change)
	for _, w := range want {
		d := p.Decide(&Query{Access: Read, Path: []byte(w[1:])})
		if (d.Verdict == Allow) != (w[0] == '+') {
			t.Errorf("%s\nread of %q is %v", text, w[1:], d.Verdict)
		}
	}
	return p
}

// TestValuesAreLiteral: nothing in a variable's value acts as a wildcard,
// whatever way it takes into a pattern.
func TestValuesAreLiteral(t *testing.T) {
	const evil = "/tmp/a*b{c,d}?[e]\\"
	set := func(o *Options) {
		o.Vars.Cwd, o.Vars.User = evil, "*"
		o.Env = func(name string) (string, bool) {
			return map[string]string{"E": evil, "COMMA": "/x,/y{", "NFD": "/e\u0301\xff", "SLASH": "//s///t//", "UP": "/É*", "BYTE": "\xa9"}[name], true
		}
	}
	yes, no := "+"+evil+"/x", []string{"-/tmp/aXbc/x", "-/tmp/aXbd/x", "-/tmp/a*bc/x", "-/tmp"}
	for _, path := range []string{
		`["${cwd}/**"]`, `["${env("E")}/**"]`, `[local.mine]`, `["${local.data}/*"]`, `["{${cwd},/other}/**"]`,
		`[format("%s/*", cwd)]`, `[join("/", [cwd, "*"])]`, `[cwd == "/tmp/a*b{c,d}?[e]\\" ? "${cwd}/*" : "/none"]`,
		`concat([], ["${cwd}/*"])`, `["${env("UNSET", cwd)}/*"]`, `["/{tmp/none,${replace(cwd, "/tmp", "tmp")}}/**"]`,
	} {
		text := "locals {\n data = cwd\n mine = \"${local.data}/?\"\n}\n" +
			"allow \"a\" {\n access = [\"read\"]\n path = " + path + "\n}\n"
		p := decides(t, text, set, append(no, yes)...)
		for _, shown := range p.Rules()[0].Patterns {
			if hasLiteral(shown) {
				t.Errorf("%s is shown as %q", path, shown)
			}
		}
		except := "allow \"a\" {\n access = [\"read\"]\n path = [\"/**\"]\n except = " + path + "\n}\n"
		decides(t, "locals {\n data = cwd\n mine = \"${local.data}/?\"\n}\n"+except, set, "-"+evil+"/x", "+/tmp/aXbc/x", "+/tmp/a*bc/x")
	}
	tests := []struct {
		path string
		want []string
	}{
		{`["/u/${user}"]`, []string{"+/u/*", "-/u/x"}},
		{`["/u/${uid}"]`, []string{"+/u/1000"}},
		{`split(",", env("COMMA"))`, []string{"+/x", "+/y{", "-/x,/y{"}},
		{`["/x${replace(env("COMMA"), "{", "*")}"]`, []string{"+/x/x,/yabc", "-/x/x,/y{/z"}},
		{`["${env("NFD")}"]`, []string{"+/e\u0301\xff", "-/é\xff", "-/e\u0301"}},
		{`["${env("SLASH")}/u"]`, []string{"+/s/t/u"}},
		{`[lower(env("UP"))]`, []string{"+/é*", "-/éx", "-/É*"}},
		{`["/*${env("BYTE")}"]`, []string{"+/\xa9", "+/x\xa9", "-/é"}},
		{`["/e?"]`, []string{"+/e\u0301", "-/e"}},
		{`["/é"]`, []string{"+/é", "-/e\u0301"}},
	}
	for _, tt := range tests {
		decides(t, "allow \"a\" {\n access = [\"read\"]\n path = "+tt.path+"\n}\n", set, tt.want...)
	}
}

func TestRootAsVariable(t *testing.T) {
	root := func(o *Options) { o.Vars.Cwd, o.Vars.Home = "/", "/home/u/" }
	decides(t, rule("allow", "a", "read", "${cwd}/x,${cwd}/y/**,${home}/z"), root, "+/x", "+/y/1", "+/home/u/z", "-/home/u", "-/")
	decides(t, rule("allow", "a", "read", "${cwd}"), root, "+/", "-/x")
	decides(t, rule("allow", "a", "read", "${cwd}/**"), root, "+/", "+/x")
	p := decides(t, rule("allow", "a", "read", "${cwd}/x"), root, "+/x")
	if got := p.Rules()[0].Patterns[0]; got != "/x" {
		t.Errorf("shown as %q", got)
	}
}

func TestUnsetVariables(t *testing.T) {
	for name, clear := range map[string]func(*Vars){
		"home": func(v *Vars) { v.Home = "" }, "cwd": func(v *Vars) { v.Cwd = "" }, "project": func(v *Vars) { v.Project = "" },
		"tmp": func(v *Vars) { v.Tmp = "" }, "user": func(v *Vars) { v.User = "" }, "uid": func(v *Vars) { v.UID = -1 },
	} {
		text := "deny \"a\" {\n access = [\"read\"]\n path = [\"/x${replace(" + name + ", \"/\", \"-\")}/**\"]\n}\n"
		mustLoad(t, text)
		if _, d := loadText(t, text, func(o *Options) { clear(&o.Vars) }); !strings.Contains(d.Error(), "Variable without a value") {
			t.Errorf("%s: %v", name, d)
		}
	}
	text := rule("deny", "a", "read", `${env("D")}/**`)
	for _, env := range []func(string) (string, bool){nil, func(string) (string, bool) { return "", true }} {
		if _, d := loadText(t, text, func(o *Options) { o.Env = env }); !d.HasErrors() {
			t.Error("an empty environment variable makes a pattern")
		}
	}
}

// TestLiteralTexts: content and reason get the plain values.
func TestLiteralTexts(t *testing.T) {
	p := mustLoad(t, rule("emulate", "e", "read", "/e", `content = "${cwd}*\n"`, `reason = "${local.r}"`)+
		rule("emulate", "f", "read", "/f", `file = "${cwd}/x\\*"`)+"locals {\n r = upper(\"${cwd}!\")\n}\n",
		func(o *Options) { o.Vars.Cwd = "/a*é" })
	for _, r := range p.Rules() {
		if r.Name == "e" && (string(r.Emulate.Content) != "/a*é*\n" || r.Reason != "/A*É!") {
			t.Errorf("%q, %q", r.Emulate.Content, r.Reason)
		}
		if r.Name == "f" && r.Emulate.File != "/a*é/x*" {
			t.Errorf("file %q", r.Emulate.File)
		}
	}
}

func TestCanonical(t *testing.T) {
	links := map[string]string{"/lib": "/usr/lib", "/home/u/data": "/mnt/a*b/data", "/etc/link": "/run/real", "/var/run": "/run", "/loop": "/loop", "/odd": "relative"}
	canon := func(o *Options) {
		o.Canonical = func(s string) string {
			if strings.HasPrefix(s, "/proc") {
				t.Errorf("asked to resolve %q", s)
			}
			for from, to := range links {
				if s == from || strings.HasPrefix(s, from+"/") {
					return to + strings.TrimPrefix(s, from)
				}
			}
			return s
		}
	}
	tests := []struct {
		path string
		want []string
	}{
		{"/lib/**", []string{"+/usr/lib", "+/usr/lib/x", "+/lib", "-/lib/x"}},
		{"/lib/*.so", []string{"+/usr/lib/x.so", "-/lib/x.so", "-/lib"}},
		{"/lib/x", []string{"+/usr/lib/x", "-/lib/x", "-/lib"}},
		{"/etc/link", []string{"+/etc/link", "+/run/real", "-/run"}},
		{"/var/run/link", []string{"+/run/link", "-/var/run/link"}},
		{"${home}/data/*", []string{"+/mnt/a*b/data/x", "-/mnt/aXb/data/x", "-/home/u/data/x"}},
		{"/{lib}/x", []string{"+/usr/lib/x", "-/lib/x"}},
		{"/loop/x", []string{"+/loop/x"}},
		{"/odd/x", []string{"+/odd/x"}},
		{"/proc/self/**", []string{"+/proc/self/maps"}},
		{"/*/x", []string{"+/lib/x"}},
		{"/**", []string{"+/", "+/lib/x"}},
		{"/", []string{"+/"}},
	}
	for _, tt := range tests {
		decides(t, rule("allow", "a", "read", tt.path), canon, tt.want...)
		var flipped []string
		for _, w := range tt.want {
			flipped = append(flipped, map[byte]string{'+': "-", '-': "+"}[w[0]]+w[1:])
		}
		decides(t, rule("allow", "a", "read", "/**", fmt.Sprintf("except = [%q]", tt.path)), canon, flipped...)
	}
	p := mustLoad(t, rule("allow", "a", "read", "/lib/a/*,/lib/a/?")+"program \"/lib/git\" {\n"+rule("allow", "b", "read", "/lib/a/b*")+"}\n", canon)
	if p.Program([]byte("/usr/lib/git")) == nil || p.Program([]byte("/lib/git")) != nil {
		t.Error("program patterns are not canonical")
	}
	if p.Rules()[0].Patterns[0] != "/lib/a/*" {
		t.Errorf("shown as %q", p.Rules()[0].Patterns)
	}
}

func TestErrnoTable(t *testing.T) {
	for name, n := range map[string]int{"EPERM": 1, "ENOENT": 2, "EACCES": 13, "ENOSYS": 38, "EWOULDBLOCK": 11, "ENOTSUP": 95, "EHWPOISON": 133} {
		if got, ok := ErrnoByName(name); !ok || got != n {
			t.Errorf("%s is %d", name, got)
		}
	}
	for n := -1; n < 200; n++ {
		name := ErrnoName(n)
		if got, ok := ErrnoByName(name); name != "" && (!ok || got != n) {
			t.Errorf("%d is %s is %d", n, name, got)
		}
	}
	if ErrnoName(41) != "" || ErrnoName(0) != "" {
		t.Error("names for numbers that have none")
	}
}

func TestSuggest(t *testing.T) {
	for given, want := range map[string]string{"raed": "read", "wirte": "write", "x": "", "Read": "read", "executable": "", strings.Repeat("r", 1000): ""} {
		if got := suggest(given, classNames[:]); got != want {
			t.Errorf("%.20q: %q, want %q", given, got, want)
		}
	}
}
