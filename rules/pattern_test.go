package rules

import (
	"errors"
	"strings"
	"testing"
)

// compileOne gives a matcher in which rule 0 has the pattern.
func compileOne(t testing.TB, p string) *matcher {
	t.Helper()
	list, err := parsePattern(p)
	if err != nil {
		t.Fatalf("%q: %v", p, err)
	}
	b := newBuilder()
	for _, x := range list {
		b.addRule(x, 0, &Rule{Access: Read, Verdict: Allow}, All)
	}
	return b.build(nil)
}

func (m *matcher) matches(path string) bool {
	var w walker
	return m.walk([]byte(path), &w) && m.best(&w, Read, 0, 1) == 0
}

// patternTable also seeds the fuzzers.
var patternTable = []struct {
	pattern string
	yes, no []string
}{
	{"/", []string{"/"}, []string{"/a"}},
	{"/a", []string{"/a"}, []string{"/", "/b", "/a/b", "/ab", "/A"}},
	{"/data/x", []string{"/data/x"}, []string{"/database/x", "/data", "/data/xy"}},
	{"/*", []string{"/a", "/.hidden"}, []string{"/", "/a/b"}},
	{"/a/*", []string{"/a/b", "/a/.b"}, []string{"/a", "/a/b/c"}},
	{"/a/*/c", []string{"/a/b/c"}, []string{"/a/c", "/a/b/b/c"}},
	{"/a/*.go", []string{"/a/x.go", "/a/.go"}, []string{"/a/x.goo", "/a/xgo", "/a/b/x.go"}},
	{"/a/x*", []string{"/a/x", "/a/xyz"}, []string{"/a/yx", "/a/x/y"}},
	{"/a/x*y", []string{"/a/xy", "/a/x1y", "/a/xyy"}, []string{"/a/x", "/a/xyz", "/a/y"}},
	{"/*a*b*", []string{"/ab", "/xaxbx", "/aab", "/abab"}, []string{"/ba", "/a/b", "/b"}},
	{"/a*a*a", []string{"/aaa", "/abaca", "/aaaa"}, []string{"/aa", "/a"}},
	{"/?", []string{"/a", "/é", "/\xff", "/世"}, []string{"/", "/ab", "/\xff\xff", "/a/b"}},
	{"/a?c", []string{"/abc", "/aéc", "/a\xffc"}, []string{"/ac", "/abbc"}},
	{"/??", []string{"/ab", "/éé", "/\xc3\xff", "/e\u0301"}, []string{"/a", "/é", "/abc"}},
	{"/*?", []string{"/a", "/ab", "/é"}, []string{"/"}},
	{"/?*", []string{"/a", "/ab"}, []string{"/"}},
	{"/é*", []string{"/é", "/éx"}, []string{"/e", "/\xc3"}},
	{"/*é", []string{"/é", "/xé"}, []string{"/\xa9", "/e"}},
	{"/**", []string{"/", "/a", "/a/b/c", "/.a"}, nil},
	{"/d/**", []string{"/d", "/d/a", "/d/a/b"}, []string{"/", "/da", "/e/d"}},
	{"/**/b", []string{"/b", "/a/b", "/a/a/b", "/b/b"}, []string{"/", "/a", "/b/a", "/ab"}},
	{"/a/**/b", []string{"/a/b", "/a/x/b", "/a/x/y/b", "/a/b/b"}, []string{"/a", "/b", "/a/b/c", "/x/a/b"}},
	{"/**/*.pem", []string{"/x.pem", "/a/b/x.pem"}, []string{"/x.pemx", "/x.pem/y"}},
	{"/**/a/**", []string{"/a", "/x/a", "/x/a/y", "/a/a/a"}, []string{"/x", "/xa/y"}},
	{"/**/a/**/b/**/c", []string{"/a/b/c", "/a/a/b/b/c/c", "/x/a/y/b/z/c"}, []string{"/a/c/b", "/b/c"}},
	{"/**/**/a", []string{"/a", "/x/a"}, []string{"/a/x"}},
	{"/a/**/*", []string{"/a/b", "/a/b/c"}, []string{"/a"}},
	{"/{a,b}", []string{"/a", "/b"}, []string{"/c", "/{a,b}", "/ab"}},
	{"/{a,b/c}/d", []string{"/a/d", "/b/c/d"}, []string{"/b/d"}},
	{"/x{,y}", []string{"/x", "/xy"}, []string{"/y"}},
	{"/{a,{b,c}d}", []string{"/a", "/bd", "/cd"}, []string{"/b", "/d"}},
	{"/{*.go,x?}", []string{"/a.go", "/xy"}, []string{"/x", "/go"}},
	{"/{a,**}/b", []string{"/a/b", "/b", "/x/y/b"}, []string{"/a"}},
	{"{/a,/b}/c", []string{"/a/c", "/b/c"}, []string{"/c"}},
	{"/{a}", []string{"/a"}, []string{"/{a}"}},
	{"/a,b", []string{"/a,b"}, []string{"/a"}},
	{`/\*`, []string{"/*"}, []string{"/a", `/\*`}},
	{`/\{a\,b\}`, []string{"/{a,b}"}, []string{"/a", "/b"}},
	{`/{a\,b,c}`, []string{"/a,b", "/c"}, []string{"/a", "/b"}},
	{`/\[x\]\?\\`, []string{`/[x]?\`}, []string{"/x"}},
	{"/.*", []string{"/.a", "/.ab"}, []string{"/a", "/a.b"}},
	{"/a b/c'd", []string{"/a b/c'd"}, nil},
	{"/...", []string{"/..."}, nil},
}

func TestPatterns(t *testing.T) {
	for _, tt := range patternTable {
		m := compileOne(t, tt.pattern)
		for _, p := range tt.yes {
			if !m.matches(p) {
				t.Errorf("%q does not match %q", tt.pattern, p)
			}
		}
		for _, p := range tt.no {
			if m.matches(p) {
				t.Errorf("%q matches %q", tt.pattern, p)
			}
		}
	}
}

// TestPatternString: what is shown to people means the same when written again.
func TestPatternString(t *testing.T) {
	for _, tt := range patternTable {
		list, err := parsePattern(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			again, err := parsePattern(p.String())
			if err != nil || len(again) != 1 || again[0].String() != p.String() {
				t.Errorf("%q shown as %q: %v, %v", tt.pattern, p, again, err)
			}
		}
	}
}

func TestBadPaths(t *testing.T) {
	m := compileOne(t, "/**")
	for _, p := range []string{
		"", "a", "a/b", "//", "//a", "/a//b", "/a/", "/.", "/..", "/a/.", "/a/..", "/../a", "/./a", "/a/./b",
		"/a\x00b", "/" + strings.Repeat("a", maxQuery),
	} {
		if m.matches(p) {
			t.Errorf("matches %q", p)
		}
	}
	if long := "/" + strings.Repeat("a", maxQuery-1); !m.matches(long) {
		t.Errorf("a path of %d bytes does not match", len(long))
	}
}

var badPatterns = []struct{ pattern, want string }{
	{"", "Empty pattern"},
	{"~/x", "cannot start with ~"},
	{"~", "cannot start with ~"},
	{"x/y", "Relative pattern"},
	{"*/y", "Relative pattern"},
	{"{/a,b}", "Relative pattern"},
	{"{,/a}", "Relative pattern"},
	{"/a/../b", `".." in pattern`},
	{"/a/.", `"." in pattern`},
	{"/a/{..,b}", `".." in pattern`},
	{"/a**", "whole component"},
	{"/**a", "whole component"},
	{"/***", "whole component"},
	{"/{*,a}*", "whole component"},
	{"/a/[bc]", "Character classes"},
	{"/a]", "Character classes"},
	{"/a\x00", "NUL"},
	{"/{a", "Unbalanced"},
	{"/a}", "Unbalanced"},
	{"/}a{", "Unbalanced"},
	{"/{a,{b}", "Unbalanced"},
	{"/a//b", "Empty component"},
	{"//", "Empty component"},
	{"/a/", "Trailing slash"},
	{"/a/{,b}", "Trailing slash"},
	{`/a\`, "Bad escape"},
	{`/a\b`, "Bad escape"},
	{`/a\/b`, "Bad escape"},
	{"/" + strings.Repeat("a", maxPath), "too long"},
	{"/" + strings.Repeat("a", 5*maxWritten), "too long"},
	{"/" + strings.Repeat("{a,b}", 10), "Too many alternatives"},
	{"/" + strings.Repeat("{a}", 300), "Too many braces"},
	{"/" + strings.Repeat("{a,", 20) + strings.Repeat("}", 20), "nested too deeply"},
}

func TestBadPatterns(t *testing.T) {
	for _, tt := range badPatterns {
		list, err := parsePattern(tt.pattern)
		var pe *patternError
		if !errors.As(err, &pe) || !strings.Contains(pe.summary, tt.want) || pe.detail == "" {
			t.Errorf("%.60q: %v, %v; want %q", tt.pattern, list, err, tt.want)
		}
	}
}

func TestExpansionCap(t *testing.T) {
	list, err := parsePattern("/" + strings.Repeat("{0,1,2,3,4,5,6,7,8,9}", 3))
	if err != nil || len(list) != maxExpansions {
		t.Errorf("%d alternatives, %v; want %d", len(list), err, maxExpansions)
	}
	if _, err := parsePattern("/{x," + strings.Repeat("{0,1,2,3,4,5,6,7,8,9}", 3) + "}"); err == nil {
		t.Error("one more is accepted")
	}
}

func TestLiteralEncoding(t *testing.T) {
	for _, s := range []string{"", "/", "/a*b{c,d}", `/\?[]~`, "/e\u0301\xff\xc3", "/a\nb", "/日本/x", "/home/u"} {
		enc := encodeLiteral(s)
		if got := decodeLiteral(enc); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
		if s == "" {
			continue
		}
		list, err := parsePattern(enc)
		if err != nil || len(list) != 1 || list[0].literal() != s {
			t.Errorf("%q as a pattern: %v, %v", s, list, err)
		}
		again, err := parsePattern(displayPattern(enc))
		if err != nil || len(again) != 1 || again[0].literal() != s {
			t.Errorf("%q displayed as %q: %v, %v", s, displayPattern(enc), again, err)
		}
	}
}
