package rules

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// FuzzPattern compares the matcher with doublestar. The two languages differ in
// few places, which are left out: doublestar has [classes] and takes `**` inside
// a name for `*`; both are errors here and never get as far. What is not valid
// UTF-8 doublestar compares by the replacement character.
func FuzzPattern(f *testing.F) {
	for _, tt := range patternTable {
		for _, p := range append(tt.yes, tt.no...) {
			f.Add(tt.pattern, p)
		}
	}
	for _, tt := range badPatterns {
		f.Add(tt.pattern, "/a")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		list, err := parsePattern(pattern)
		if err != nil {
			return
		}
		for _, p := range list {
			again, err := parsePattern(p.String())
			if err != nil || len(again) != 1 || again[0].String() != p.String() {
				t.Fatalf("%q: the alternative %q parses as %v, %v", pattern, p, again, err)
			}
		}
		if hasLiteral(pattern) || !utf8.ValidString(pattern) || !utf8.ValidString(name) ||
			path.Clean(name) != name || !strings.HasPrefix(name, "/") || len(name) > maxPath || strings.Contains(name, "\x00") {
			return
		}
		got := compileOne(t, pattern).matches(name)
		want := false
		for _, p := range list {
			ok, err := doublestar.Match(p.String(), name)
			if err != nil {
				t.Fatalf("doublestar: %q: %v", p, err)
			}
			if name == "/" { // doublestar's * matches the name that is not there
				ok = p.String() == "/" || p.String() == "/**"
			}
			want = want || ok
		}
		if got != want {
			t.Fatalf("%q on %q: %v, doublestar says %v", pattern, name, got, want)
		}
	})
}

// FuzzLoad: no text makes Load panic, and whatever it refuses it explains.
func FuzzLoad(f *testing.F) {
	for _, name := range Builtins() {
		text, _ := Builtin(name)
		f.Add(string(text))
	}
	for _, text := range goldenInputs(f) {
		f.Add(text)
	}
	f.Add(manyRules(12))
	f.Add(`locals { a = [for x in ["a"] : x] }`)
	f.Add(`mode = "${1e999999999}"`)
	f.Add("allow \"a\" {\n path = [\"/a\" \n}\nlocals {\n /* }\n}\n")
	f.Add("locals {\n a = <<E\n}\nE\n}\nmode = local.a\n")
	old := chunkSize
	chunkSize = 64 // so that small inputs are cut up
	f.Cleanup(func() { chunkSize = old })
	f.Fuzz(func(t *testing.T, text string) {
		p, d := loadText(t, text, func(o *Options) {
			o.Canonical = func(s string) string { return strings.Replace(s, "/lib", "/usr/lib", 1) }
			o.Env = func(name string) (string, bool) { return "/" + name + "*{", name != "UNSET" }
		})
		if (p == nil) != d.HasErrors() {
			t.Fatalf("policy %v, diagnostics %v", p, d)
		}
		shown := render(t, d)
		for i, x := range d.All() {
			if x.Summary == internalError || x.Summary == "" || i < maxShown && !strings.Contains(shown, x.Summary) {
				t.Fatalf("diagnostic %v\n%s", x, shown)
			}
		}
		if p != nil {
			p.Decide(&Query{Access: Read, Path: []byte("/usr/lib/x")})
			p.MovesDenied([]byte("/usr"), []byte("/tmp/x"), p.Program([]byte("/usr/bin/git")))
		}
	})
}
