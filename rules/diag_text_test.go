package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Whatever stands in rules, and in the names of their files, no diagnostic has
// anything that a terminal obeys, and none has no end.
func TestDiagnosticsAreHarmless(t *testing.T) {
	const bad = "\x1b[31m\u009b\u202e\u2066\u2028\r"
	long := strings.Repeat("y", 100_000)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	inner := write("in"+bad+".hcl", "mode = \"x\"\n")
	for name, text := range map[string]string{
		"pattern":   "allow \"a\" {\n  access = [\"read\"]\n  path = [\"/" + bad + "[\", \"" + bad + "\"]\n}\n",
		"label":     "allow \"" + bad + "\" {}\nallow \"" + bad + "\" {}\n",
		"escapes":   `mode = "\u001b[31m\u009b\u202e\r"` + "\n",
		"extends":   "extends = [\"none" + bad + ".hcl\", \"builtin:none" + bad + "\"]\n",
		"inner":     "extends = [\"" + filepath.Base(inner) + "\"]\n",
		"bytes":     "mode = \"\x9b31m\xff\x80\"\nfoo\x9b = 1\n",
		"name":      "foo" + long + " = 1\n",
		"block":     "\"" + long + "\" {}\n",
		"rule":      "allow \"" + long + "\" {\n  access = [\"read\"]\n  path = [\"/z\", \"" + long + "\"]\n}\n",
		"bad" + bad: "mode = 1\n",
	} {
		_, d := Load(Options{Files: []string{write(name+".hcl", text)}, Vars: testOptions("x").Vars})
		if !d.HasErrors() {
			t.Errorf("%q: no error", name)
			continue
		}
		list := []string{render(t, d), d.Error()}
		for _, it := range d.Items() {
			list = append(list, it.Summary, it.Detail, it.File)
		}
		for _, text := range list {
			for i, r := range text {
				if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 ||
					r != '\n' && r != '\t' && unicode.IsControl(r) || strings.ContainsRune("\u202e\u2066\u2028", r) {
					t.Fatalf("%q: %q in %.200q", name, r, text)
				}
			}
			for line := range strings.Lines(text) {
				if len(line) > 3*maxText {
					t.Errorf("%q: a line of %d bytes: %.60q", name, len(line), line)
				}
			}
		}
	}
}

// A carriage return ends a line together with what follows; alone it would go back to
// its beginning.
func TestHarmlessCarriageReturn(t *testing.T) {
	if got := clean("a\r\nb\rc\r"); got != "a\r\nb?c?" {
		t.Errorf("%q", got)
	}
}
