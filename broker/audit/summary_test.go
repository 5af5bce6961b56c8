package audit

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (rewrite with -update):\n%s", path, diff)
	}
}

func render(t *testing.T, s *Summary, width int, color bool) string {
	t.Helper()
	var b strings.Builder
	if err := s.Write(&b, width, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// count adds an event n times.
func count(s *Summary, n int, action Action, syscall, access, path string, rule *Rule) {
	e := openat(action, path, rule)
	e.Syscall, e.Access = syscall, access
	for range n {
		s.Add(e)
	}
}

// mixed is a run with something of everything.
func mixed() *Summary {
	s := NewSummary("/home/u")
	count(s, 12, Denied, "openat", "read", "/srv/data/in.csv", nil)
	count(s, 1, Denied, "openat2", "read", "/srv/data/in.csv", nil)
	count(s, 2, Denied, "openat", "create", "/srv/data/in.csv", nil)
	count(s, 3, Denied, "mkdir", "create", "/srv/out", nil)
	count(s, 4, Denied, "openat", "write", "/home/u/.ssh/id_ed25519", keyRule)
	count(s, 1, Denied, "openat", "read", "/home/u/.ssh/id_ed25519", keyRule)
	count(s, 1, Denied, "execve", "exec", "/usr/bin/nc", &Rule{"no net tools", "/etc/broker/team rules.hcl", 4})
	count(s, 9, Emulated, "openat", "read", "/etc/hosts", &Rule{"hosts", "app.hcl", 20})
	for i := range 9 {
		count(s, 1, Denied, "openat", "read", fmt.Sprintf("/srv/many/part-%d", i), nil)
		count(s, 1, Denied, "openat", "read", fmt.Sprintf("/etc/conf-%d", i), nil)
	}
	rename := openat(Denied, "/srv/a", nil)
	rename.Syscall, rename.Access, rename.Path2, rename.OnPath2 = "rename", "create", "/srv/b", true
	s.Add(rename)
	failed := openat(Error, "", nil)
	failed.Raw, failed.Errno, failed.Reason = "../x", "EMFILE", "the broker has no descriptor left"
	s.Add(failed)
	connect := openat(Denied, "", nil)
	connect.Syscall, connect.Access, connect.Address = "connect", "connect", "10.0.0.1:443"
	s.Add(connect)
	return s
}

func TestSummaryGolden(t *testing.T) {
	hostile := NewSummary("/home/u")
	for _, name := range hostileStrings {
		count(hostile, 1, WouldDeny, "openat", "read", "/"+strings.TrimLeft(name, "/"), nil)
	}
	count(hostile, 1, WouldDeny, "openat", "read", "/r", &Rule{"a\"\x1b[2J\n", "f\u202e.hcl", 7})
	small := NewSummary("")
	count(small, 1, Denied, "openat", "read", "/a", nil)
	count(small, 1, Denied, "openat", "read", "/b", keyRule)
	for _, tc := range []struct {
		name  string
		s     *Summary
		width int
		color bool
	}{
		{"mixed.txt", mixed(), 0, false},
		{"mixed-60.txt", mixed(), 60, false},
		{"color.txt", small, 80, true},
		{"hostile.txt", hostile, 100, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := render(t, tc.s, tc.width, tc.color)
			golden(t, tc.name, out)
			for line := range strings.Lines(out) {
				line = strings.NewReplacer(yellow, "", bold, "", reset, "").Replace(strings.TrimSuffix(line, "\n"))
				if !strings.HasPrefix(line, "broker: ") || strings.ContainsFunc(line, invisible) {
					t.Errorf("not a clean line: %q", line)
				}
			}
		})
	}
}

func TestSummaryPrintsNothing(t *testing.T) {
	s := NewSummary("")
	count(s, 3, Allowed, "openat", "read", "/a", keyRule)
	count(s, 3, Emulated, "openat", "read", "/b", keyRule)
	count(s, 3, Asked, "openat", "read", "/c", keyRule)
	s.Add(&Event{Action: Error, Reason: "12 events dropped"})
	if out := render(t, s, 80, true); out != "" {
		t.Errorf("printed %q", out)
	}
}

// A refusal whose call could not even be named is a refusal.
func TestSummaryCountsUnknownCalls(t *testing.T) {
	s := NewSummary("")
	s.Add(&Event{Action: Error, PID: 7, Comm: "sh", Reason: "unknown call"})
	if out := render(t, s, 80, false); !strings.Contains(out, "1 call refused because something failed") {
		t.Errorf("printed %q", out)
	}
}

func TestSummaryIsBounded(t *testing.T) {
	s := NewSummary("")
	for i := range maxEntries + 50 {
		count(s, 1, Denied, "openat", "read", fmt.Sprintf("/srv/d%d/f", i), nil)
	}
	count(s, 7, Denied, "openat", "read", "/srv/d0/f", nil) // known kinds still count
	if s.Refused() != maxEntries+57 || len(s.entries) != maxEntries {
		t.Errorf("%d refused, %d entries", s.Refused(), len(s.entries))
	}
	out := render(t, s, 0, false)
	for _, want := range []string{
		"broker: 1057 calls refused:\n", "broker:       8  read   /srv/d0/f",
		"broker:   … and 975 more lines (975 calls)\n",
		"broker:   … and 50 more calls, of kinds beyond the 1000 that are kept\n",
		"# and 900 more\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if n := strings.Count(out, "\n"); n > maxRows+maxPatterns+20 {
		t.Errorf("%d lines", n)
	}
}

func TestSummaryConcurrent(t *testing.T) {
	s := NewSummary("")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				count(s, 1, Denied, fmt.Sprint("call", i), "read", "/x", nil)
				if i == 0 {
					_ = s.Write(io.Discard, 80, false)
				}
			}
		})
	}
	wg.Wait()
	if s.Refused() != 400 {
		t.Errorf("%d counted", s.Refused())
	}
}

// blocks parses a suggestion as HCL and returns the evaluated lists by block.
func blocks(t *testing.T, src string) (access, paths [][]string) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(src), "suggestion.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, src)
	}
	names := map[string]bool{}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "allow" || len(b.Labels) != 1 || names[b.Labels[0]] {
			t.Errorf("block %s %q", b.Type, b.Labels)
		}
		names[b.Labels[0]] = true
		access = append(access, list(t, b, "access"))
		kind := "path"
		if b.Body.Attributes["address"] != nil {
			kind = "address"
		}
		paths = append(paths, list(t, b, kind))
	}
	return access, paths
}

func list(t *testing.T, b *hclsyntax.Block, name string) (out []string) {
	t.Helper()
	v, diags := b.Body.Attributes[name].Expr.Value(nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, e := range v.AsValueSlice() {
		out = append(out, e.AsString())
	}
	return out
}

func TestSuggestionGroupsAndGeneralises(t *testing.T) {
	access, paths := blocks(t, mixed().Suggestion())
	etc := []string{"/etc/conf-0", "/etc/conf-1", "/etc/conf-2", "/etc/conf-3", "/etc/conf-4", "/etc/conf-5", "/etc/conf-6", "/etc/conf-7", "/etc/conf-8"}
	if diff := cmp.Diff([][]string{{"create"}, {"read"}, {"read", "create"}, {"connect"}}, access); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"/srv/b", "/srv/out"}, append(etc, "/srv/many/*"), {"/srv/data/in.csv"}, {"10.0.0.1:443"}}, paths); diff != "" {
		t.Error(diff)
	}
}

func TestMayOpen(t *testing.T) {
	s := NewSummary("/opt/people/u/")
	for dir, want := range map[string]bool{
		"": false, "/srv": false, "/tmp": false, "/home/x": false, "/home": false, "/opt/people/u": false,
		"/etc/ssh": false, "/proc/self/x": false, "/sys/class/x": false, "/dev/dri/x": false, "/root": false, "/boot/a": false,
		"/opt/people/u/.ssh": false, "/srv/.git/hooks": false,
		"/srv/data": true, "/home/x/data": true, "/opt/people/u/data": true, "/usr/share/x": true,
	} {
		if got := s.mayOpen(dir); got != want {
			t.Errorf("mayOpen(%q) = %t", dir, got)
		}
	}
}

func TestPattern(t *testing.T) {
	for _, tc := range []struct{ path, want string }{
		{"/plain/x", "/plain/x"},
		{"/", "/"},
		{"/a*b", `/a\*b`},
		{"/a**b/**", `/a\*\*b/\*\*`},
		{"/a?{b,c}\\", `/a\?\{b,c\}\\`},
		{"/[a]", "/?a?"},
		{"/${home}/%{if}", `/$\{home\}/%\{if\}`},
		{"/\xff\xfea", "/??a"},
		{"/é", "/é"},
		{"/e\u0301/é", "/e?/é"},
		{"/\u212b", "/?"}, // the Angstrom sign normalises to a letter
		{"/é\xff", "/??"},
		{"/\U000f0000\U000f00ff\U000f0100", "/??\U000f0100"},
	} {
		if got := Pattern(tc.path); got != tc.want {
			t.Errorf("Pattern(%q) = %s, want %s", tc.path, got, tc.want)
		}
	}
}

// Whatever the path, the suggestion must parse, evaluate to exactly the
// pattern, and the pattern must match the path and, without "?", nothing else.
func checkSuggestion(t *testing.T, name string) {
	t.Helper()
	path := "/d/" + strings.ReplaceAll(name, "\x00", "")
	s := NewSummary("")
	count(s, 1, Denied, "openat", "read", path, nil)
	src := s.Suggestion()
	if strings.ContainsFunc(strings.ReplaceAll(src, "\n", ""), invisible) {
		t.Errorf("not printable: %q", src)
	}
	if cty.NormalizeString(src) != src {
		t.Errorf("the source is not in NFC, so an editor may change it: %q", src)
	}
	_, paths := blocks(t, src)
	if len(paths) != 1 || len(paths[0]) != 1 || paths[0][0] != Pattern(path) {
		t.Fatalf("path %q, pattern %q: the suggestion evaluates to %q", path, Pattern(path), paths)
	}
	if !matches(paths[0][0], path) {
		t.Errorf("pattern %q does not match %q", paths[0][0], path)
	}
}

// matches is the rules' notion of a pattern, without wildcards but "?".
func matches(pattern, path string) bool {
	for pattern != "" {
		c, n := []rune(pattern)[0], len(string([]rune(pattern)[:1]))
		literal := c != '?'
		if strings.ContainsRune("*{}[]", c) {
			return false
		}
		if c == '\\' {
			pattern = pattern[1:]
			c, n = rune(pattern[0]), 1
		}
		pattern = pattern[n:]
		r, size := decode(path)
		if path == "" || literal && r != c || !literal && path[0] == '/' {
			return false
		}
		path = path[size:]
	}
	return path == ""
}

// decode is the first character of s, or its first byte as a negative number.
func decode(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return -rune(s[0]), 1
	}
	return r, n
}

func TestSuggestionHostile(t *testing.T) {
	for _, name := range append(hostileStrings, "$${", "$$$${", "%%{", "${", "$", "a\"]\n}\nallow \"x\" {", "# x", "/*", "e\u0338", "<\u0338", "\n\u0301", "\u202e\u0301", "\u3164\u0301", "a\u20de\u0301") {
		checkSuggestion(t, name)
	}
	if cty.NormalizeString("<\u0338") == "<\u0338" {
		t.Error("the normalisation that this test relies on is gone")
	}
}

func FuzzSuggestion(f *testing.F) {
	for _, s := range append(hostileStrings, "$${", "%%{", "a\"]\n}") {
		f.Add(s)
	}
	f.Fuzz(checkSuggestion)
}

func TestCutMiddle(t *testing.T) {
	for _, tc := range []struct {
		in    string
		limit int
		want  string
	}{
		{"/short", 16, "/short"},
		{"/0123456789abcdef", 16, "/0123…6789abcdef"},
		{"/日本日本日本日本日本", 16, ""},
		{"/" + strings.Repeat("e\u0301", 30), 16, ""},
	} {
		got := cutMiddle(tc.in, tc.limit)
		if cellWidth(got) > tc.limit {
			t.Errorf("cutMiddle(%q) = %q: %d cells", tc.in, got, cellWidth(got))
		}
		if tc.want != "" && got != tc.want {
			t.Errorf("cutMiddle(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}
