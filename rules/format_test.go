package rules

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"blank", "\n\n  \n", ""},
		{"aligned", "allow \"a\" {\naccess=[\"read\"]\n    path = [ \"/a\" ]\n}\n", "allow \"a\" {\n  access = [\"read\"]\n  path   = [\"/a\"]\n}\n"},
		{"blank lines", "\n\nmode=\"enforce\"\n\n\n\n# c   \n\n\n\n\ndefault=\"deny\"", "mode = \"enforce\"\n\n# c\n\ndefault = \"deny\"\n"},
		{"line ends", "mode = \"enforce\"   \r\n\r\n\r\n\r\n# c\r\n", "mode = \"enforce\"\n\n# c\n"},
		{"heredoc", "emulate \"a\" {\ncontent = <<E\n  a   \n\n\n\n b\nE\n}\n", "emulate \"a\" {\n  content = <<E\n  a   \n\n\n\n b\nE\n}\n"},
		{"no newline at the end", "# only", "# only\n"},
		{"block comment", "/* a  \n\n\n\n b */\n", "/* a  \n\n\n\n b */\n"},
		{"strings", "locals {\n  a = \"  x   ${ home }  \"\n}\n", "locals {\n  a = \"  x   ${home}  \"\n}\n"},
	} {
		got, d := Format("a.hcl", []byte(tt.in))
		if d.HasErrors() {
			t.Errorf("%s: %v", tt.name, d)
			continue
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Text that cannot be parsed is left alone, and what is wrong is said.
func TestFormatErrors(t *testing.T) {
	for _, text := range []string{"allow \"a\" {", "a = ", "x = <<E\n", strings.Repeat("[", 1000), "# e\u0301\n"} {
		got, d := Format("a.hcl", []byte(text))
		if got != nil || !d.HasErrors() {
			t.Errorf("%.20q: %q, %v", text, got, d)
		}
	}
}

// The built-in sets are in the form that fmt gives.
func TestFormatBuiltins(t *testing.T) {
	for _, name := range Builtins() {
		text, _ := Builtin(name)
		got, d := Format(name, text)
		if d.HasErrors() {
			t.Fatal(d)
		}
		if diff := cmp.Diff(string(text), string(got)); diff != "" {
			t.Errorf("%s (-now +formatted):\n%s", name, diff)
		}
	}
}

func TestSameTokens(t *testing.T) {
	for _, b := range []string{"a = [\"y\"]\n", "a = [\"x\"] b = 1\n", "a = [\"x\"] # c\n", "a = [\"x \"]\n", "a = [\n\"x\"]\n"} {
		if sameTokens("a", []byte("a = [\"x\"]\n"), []byte(b)) {
			t.Errorf("%q is taken for the same", b)
		}
	}
	if !sameTokens("a", []byte("a = [\"x\"]"), []byte("\n\na   =   [ \"x\" ]\n\n")) {
		t.Error("spaces count")
	}
}

// FuzzFormat: what is formatted stays as it is when it is formatted again, and
// means what it did.
func FuzzFormat(f *testing.F) {
	for _, name := range Builtins() {
		text, _ := Builtin(name)
		f.Add(string(text))
	}
	for _, text := range goldenInputs(f) {
		f.Add(text)
	}
	f.Add("allow \"a\" {\naccess=[\"read\"] # c\n#d  \n\n\n\n    path = [ \"/a\" ,\n\"/b\"]}\n")
	f.Add("emulate \"a\" {\ncontent = <<-E\n  a   \n${home}\n b\nE\n}\n")
	f.Fuzz(func(t *testing.T, text string) {
		once, d := Format("app.hcl", []byte(text))
		if d.HasErrors() {
			for _, x := range d.All() {
				if x.Summary == internalError {
					t.Fatalf("%v", x)
				}
			}
			return
		}
		twice, d := Format("app.hcl", once)
		if d.HasErrors() || !bytes.Equal(once, twice) {
			t.Fatalf("formatted again (%v), -once +twice:\n%s", d, cmp.Diff(string(once), string(twice)))
		}
		before, db := loadText(t, text)
		after, da := loadText(t, string(once))
		if db.HasErrors() != da.HasErrors() {
			t.Fatalf("before: %v\nafter: %v", db, da)
		}
		if before != nil {
			if diff := cmp.Diff(withoutPlaces(before), withoutPlaces(after)); diff != "" {
				t.Fatalf("the rules differ:\n%s", diff)
			}
		}
	})
}

func withoutPlaces(p *Policy) []Rule {
	var list []Rule
	for _, r := range p.Rules() {
		c := *r
		c.File, c.Line = "", 0
		list = append(list, c)
	}
	return list
}
