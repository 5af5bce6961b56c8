package rules

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModeAndDefault(t *testing.T) {
	dir := writeFiles(t,
		"none.hcl", "",
		"monitor.hcl", `mode = "monitor"`,
		"enforce.hcl", `mode = "enforce"`,
		"allow.hcl", `default = "allow"`,
		"deny.hcl", `default = "deny"`,
		"up.hcl", `extends = ["monitor.hcl", "allow.hcl"]`,
		"over.hcl", "extends = [\"monitor.hcl\", \"allow.hcl\"]\nmode = \"enforce\"\ndefault = \"deny\"",
		"under.hcl", "extends = [\"enforce.hcl\", \"deny.hcl\"]\nmode = \"monitor\"\ndefault = \"allow\"",
		"both.hcl", `extends = ["monitor.hcl", "enforce.hcl", "allow.hcl", "deny.hcl"]`,
		"far.hcl", `extends = ["sub/near.hcl"]`,
		"sub/near.hcl", `extends = ["../under.hcl"]`,
	)
	tests := []struct {
		files string
		mode  Mode
		deflt Verdict
	}{
		{"none", Enforce, Deny},
		{"monitor", Monitor, Deny},
		{"allow", Enforce, Allow},
		{"up", Monitor, Allow},
		{"over", Enforce, Deny},
		{"under", Monitor, Allow},
		{"both", Enforce, Deny},
		{"far", Monitor, Allow},
		{"monitor enforce", Enforce, Deny},
		{"enforce monitor", Enforce, Deny},
		{"allow deny", Enforce, Deny},
		{"up none", Monitor, Allow}, // a file that does not say has no vote
		{"up over", Enforce, Deny},
		{"over under", Enforce, Deny},
	}
	for _, tt := range tests {
		var files []string
		for _, f := range strings.Fields(tt.files) {
			files = append(files, filepath.Join(dir, f+".hcl"))
		}
		p, d := Load(testOptions(files...))
		if d.HasErrors() {
			t.Fatal(d)
		}
		if p.Mode() != tt.mode || p.Default() != tt.deflt {
			t.Errorf("%s: %v, %v; want %v, %v", tt.files, p.Mode(), p.Default(), tt.mode, tt.deflt)
		}
		if p.WithMode(Monitor).Mode() != Monitor || p.Mode() != tt.mode {
			t.Error("WithMode changes the policy it is called on")
		}
	}
}

func TestExtends(t *testing.T) {
	dir := writeFiles(t,
		"top.hcl", `extends = ["left.hcl", "sub/right.hcl", "./left.hcl"]`,
		"left.hcl", "extends = [\"common.hcl\"]\n"+rule("allow", "left", "read", "/l"),
		"sub/right.hcl", "extends = [\"../common.hcl\"]\n"+rule("allow", "right", "read", "/r"),
		"common.hcl", rule("allow", "shared", "read", "/s"),
	)
	if err := os.Symlink("common.hcl", filepath.Join(dir, "link.hcl")); err != nil {
		t.Fatal(err)
	}
	p, d := Load(testOptions(filepath.Join(dir, "top.hcl"), filepath.Join(dir, "link.hcl")))
	if d.HasErrors() {
		t.Fatal(d)
	}
	var names []string
	for _, r := range p.Rules() {
		names = append(names, r.Name)
	}
	if len(names) != 3 {
		t.Errorf("rules %q; the shared file counts once", names)
	}
}

func TestExtendsDepth(t *testing.T) {
	var pairs []string
	for i := range 13 {
		pairs = append(pairs, fmt.Sprintf("%d.hcl", i), fmt.Sprintf(`extends = ["%d.hcl"]`, i+1))
	}
	dir := writeFiles(t, append(pairs, "13.hcl", "")...)
	if _, d := Load(testOptions(filepath.Join(dir, "3.hcl"))); d.HasErrors() {
		t.Errorf("ten deep: %v", d)
	}
	if _, d := Load(testOptions(filepath.Join(dir, "2.hcl"))); !d.HasErrors() || !strings.Contains(d.Error(), "Too many files") {
		t.Errorf("eleven deep: %v", d)
	}
}

func TestNoFiles(t *testing.T) {
	if p, d := Load(Options{}); p != nil || !strings.Contains(d.Error(), "builtin:workdir") {
		t.Errorf("%v, %v", p, d)
	}
}

func TestUnreadableFiles(t *testing.T) {
	dir := writeFiles(t, "big.hcl", "", "secret.hcl", "")
	if err := os.Truncate(filepath.Join(dir, "big.hcl"), maxSource+1); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, want string }{
		{"missing.hcl", "does not exist"},
		{"missing/x.hcl", "does not exist"},
		{"", "is a directory"},
		{"big.hcl", "more than 32 MiB"},
		{"big.hcl/x", "check the path"},
		{"/dev/null", "not a regular file"},
	}
	if os.Geteuid() != 0 {
		if err := os.Chmod(filepath.Join(dir, "secret.hcl"), 0); err != nil {
			t.Fatal(err)
		}
		tests = append(tests, struct{ name, want string }{"secret.hcl", "permission denied"})
	}
	for _, tt := range tests {
		name := tt.name
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		p, d := Load(testOptions(name))
		if p != nil || !strings.Contains(d.Error(), tt.want) || !strings.Contains(d.Error(), filepath.Clean(name)) || strings.Contains(d.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, d, tt.want)
		}
	}
}

func TestSyscalls(t *testing.T) {
	p := mustLoad(t, "syscalls {\n allow = [\"@default\"]\n deny = [\"@debug\",\n \"personality\"]\n kill = [\"kexec_load\"]\n}\n"+
		"syscalls {\n deny = [\"personality\"]\n errno = \"ENOSYS\"\n}\n")
	s := p.Syscalls()
	var got []string
	for _, list := range [][]Call{s.Allow, s.Deny, s.Kill} {
		for _, c := range list {
			got = append(got, fmt.Sprintf("%s:%d:%d", c.Name, c.Errno, c.Line))
		}
	}
	want := "@default:0:2 @debug:1:3 personality:1:4 personality:38:8 kexec_load:0:5"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	s.Deny[0].Name = "changed"
	if p.Syscalls().Deny[0].Name != "@debug" {
		t.Error("the policy can be changed from outside")
	}
	if _, d := loadText(t, `syscalls { allow = ["anything", "@any-thing"] }`, func(o *Options) { o.KnownCall = nil }); d.HasErrors() {
		t.Errorf("without KnownCall: %v", d)
	}
}

// TestClasses: the zero value of Options.Classes refuses, rather than accept
// rules that nothing enforces.
func TestClasses(t *testing.T) {
	for class := Access(1); class <= All; class <<= 1 {
		text := rule("deny", "x", class.String(), "/x")
		if class&sockets != 0 {
			text = addressRule("deny", "x", class.String(), `"*"`)
		}
		for _, classes := range []Access{0, class, All &^ class} {
			_, d := loadText(t, text, func(o *Options) { o.Classes = classes })
			if d.HasErrors() == (classes == class) {
				t.Errorf("%v with classes %v: %v", class, classes, d)
			}
		}
		if got, ok := ParseAccess(class.String()); !ok || got != class {
			t.Errorf("%v does not parse", class)
		}
	}
	if (Read|Exec).String() != "read, exec" || Access(0).String() != "none" {
		t.Error("names of sets")
	}
}

// TestHostileText: what would exhaust the stack or the memory of the parser is
// refused. A stack overflow would end the test, not fail it.
func TestHostileText(t *testing.T) {
	const n = 150_000
	double := "locals {\n a0 = \"0123456789\"\n"
	for i := range 60 {
		double += fmt.Sprintf(" a%d = \"${local.a%d}${local.a%d}\"\n", i+1, i, i)
	}
	for name, text := range map[string]string{
		"brackets":  "mode = " + strings.Repeat("[", n),
		"parens":    "mode = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"blocks":    strings.Repeat("a {\n", n),
		"templates": "mode = " + strings.Repeat(`"${`, n),
		"not":       "mode = " + strings.Repeat("!", n) + "true",
		"sum":       "mode = 1" + strings.Repeat("+1", n),
		"ternary":   "mode = " + strings.Repeat("true?1:", n) + "1",
		"index":     "mode = a" + strings.Repeat("[f(1,2)]", n),
		"newlines":  "mode = (1" + strings.Repeat("\n+1", n) + ")",
		"if":        "mode = <<E\n" + strings.Repeat("%{if true}\n", n) + "E\n",
		"doubling":  double + "}\n",
	} {
		if p, d := loadText(t, text); p != nil || !d.HasErrors() {
			t.Errorf("%s: accepted", name)
		} else if d.list[0].Summary == internalError {
			t.Errorf("%s: %v", name, d)
		}
	}
}

func TestManyErrorsAreCut(t *testing.T) {
	_, d := loadText(t, strings.Repeat("bad {\n}\n", 1000))
	if n := len(d.All()); n != 1000 {
		t.Errorf("%d diagnostics", n)
	}
	if s := render(t, d); strings.Count(s, "Unknown block") != maxShown || !strings.HasSuffix(s, "... and 800 more.\n") {
		t.Errorf("shown: %d", strings.Count(s, "Unknown block"))
	}
}

// TestLongLines: a snippet of megabytes helps nobody.
func TestLongLines(t *testing.T) {
	_, d := loadText(t, "mode = \"x\" # "+strings.Repeat("long ", 2000)+"\n")
	if s := render(t, d); len(s) > 1000 || !strings.Contains(s, "app.hcl line 1") {
		t.Errorf("%d bytes", len(s))
	}
}

// TestTerminalBytes: neither a snippet nor a message carries control characters.
func TestTerminalBytes(t *testing.T) {
	_, d := loadText(t, "mode = \"\x1b[2J\u009b\" # \x07\nallow \"\\u001b\" {}\n")
	if s := render(t, d); strings.ContainsAny(s, "\x1b\x07\u009b") || !d.HasErrors() {
		t.Errorf("%q", s)
	}
}

// TestChunks: a file cut anywhere means what it means in one piece.
func TestChunks(t *testing.T) {
	text := "mode = \"monitor\"\n" + rule("allow", "before", "read", "${local.late}/**") +
		"/* a comment with\n}\nin it */\n" +
		"emulate \"heredoc\" {\r\n access = [\"read\"]\n path = [\"/h\"]\n content = <<E\n}\nx\n}\nE\n}\n" +
		manyRules(50) + "locals {\n late = \"/late\"\n}\r\ndefault = \"allow\"\n"
	old := chunkSize
	defer func() { chunkSize = old }()
	var want string
	for _, size := range []int{1 << 20, 1, 40, 500} {
		chunkSize = size
		p := mustLoad(t, text)
		got := fmt.Sprint(p.Mode(), p.Default(), len(p.Rules()))
		for _, r := range p.Rules() {
			r.File = ""
			em := ""
			if r.Emulate != nil {
				em = string(r.Emulate.Content)
			}
			got += fmt.Sprintf("\n%d %s %v %v %q", r.Line, r.Name, r.Patterns, r.Except, em)
		}
		if want == "" {
			want = got
			if !strings.Contains(got, "[/late/**]") || !strings.Contains(got, `"}\nx\n}\n"`) {
				t.Fatalf("unexpected rules: %s", got)
			}
		}
		if got != want {
			t.Errorf("in chunks of %d:\n%s\nwant\n%s", size, got, want)
		}
	}
	chunkSize = 1
	if _, d := loadText(t, "mode = \"monitor\"\na {\n}\nmode = \"enforce\"\n"); !strings.Contains(d.Error(), "redefined") {
		t.Errorf("an attribute twice in two chunks: %v", d)
	}
}

func TestAllowable(t *testing.T) {
	refuse := func(o *Options) {
		o.KnownCall = nil
		o.Allowable = func(name string) error {
			if name == "openat" {
				return errors.New("openat is mediated; write an allow block instead")
			}
			return nil
		}
	}
	_, diags := loadText(t, "syscalls {\n  allow = [\"@default\", \"openat\"]\n}\n", refuse)
	if text := render(t, diags); !diags.HasErrors() || !strings.Contains(text, "line 2") || !strings.Contains(text, "openat is mediated") {
		t.Errorf("diagnostics:\n%s", text)
	}
	if p := mustLoad(t, "syscalls {\n  deny = [\"openat\"]\n}\n", refuse); len(p.Syscalls().Deny) != 1 {
		t.Error("deny asks Allowable")
	}
}
