package lint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seccomp-broker/rules"
)

// testOptions are those of a user u in /proj, where scripts and files are as
// the table says.
func testOptions(file string) Options {
	known := []string{"@default", "@module", "@ipc"}
	return Options{
		Rules: rules.Options{
			Files: []string{file}, Classes: rules.All,
			Vars:      rules.Vars{Home: "/home/u", Cwd: "/proj", Project: "/proj", Tmp: "/tmp", User: "u", UID: 1000},
			KnownCall: func(name string) bool { return slices.Contains(known, name) },
		},
		Lost: func(call string) string {
			if call == "@module" {
				return "loads kernel modules"
			}
			return ""
		},
		Exists: func(path string) bool { return !strings.Contains(path, "missing") },
		Interpreter: func(path string) string {
			if path == "/srv/tool" {
				return "/srv/bin/interpreter"
			}
			return ""
		},
	}
}

func lintText(t testing.TB, text string) *Result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	res, diags := Run(testOptions(file))
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, text)
	}
	return res
}

func ids(res *Result) []string {
	list := []string{}
	for _, f := range res.Findings {
		list = append(list, f.ID)
	}
	return list
}

// TestExamples: the bad example of a check has its finding, the better one has
// none at all.
func TestExamples(t *testing.T) {
	for _, c := range Checks() {
		if c.host && c.Bad == "" {
			continue
		}
		if c.Bad == "" || c.Better == "" {
			t.Errorf("%s has no examples", c.ID)
			continue
		}
		if got := ids(lintText(t, c.Bad)); !slices.Contains(got, c.ID) {
			t.Errorf("%s: the bad example has %q", c.ID, got)
		}
		if res := lintText(t, c.Better); len(res.Findings) > 0 {
			t.Errorf("%s: the better example has %q: %s", c.ID, ids(res), res.Findings[0].Message)
		}
	}
}

// TestChecksAreWritten: every check has what its page needs.
func TestChecksAreWritten(t *testing.T) {
	files, err := pages.ReadDir("pages")
	if err != nil || len(files) != len(Checks()) {
		t.Errorf("%d pages for %d checks, %v", len(files), len(Checks()), err)
	}
	seen := make(map[string]bool)
	for _, c := range Checks() {
		if seen[c.ID] || c.Title == "" || strings.HasSuffix(c.Title, ".") || strings.TrimSpace(c.Why) == "" || c.Severity == "" {
			t.Errorf("%s: twice, or something is missing", c.ID)
		}
		seen[c.ID] = true
		for line := range strings.Lines(c.Why) {
			if len(strings.TrimRight(line, "\n")) > 96 {
				t.Errorf("%s: a line of %d characters: %s", c.ID, len(line), line)
			}
		}
		if text, ok := Explain(c.ID); !ok || !strings.Contains(text, c.Title) {
			t.Errorf("%s: no page", c.ID)
		}
	}
}
