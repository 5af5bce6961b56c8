package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// Claims name a test in the text of a link to its file.
	testLink = regexp.MustCompile("\\[`?(Test\\w+)`?\\]\\(([^)#\\s]+)\\)")
	anyTest  = regexp.MustCompile(`\bTest[A-Z]\w*`)
)

// TestReadmeLinks: what README links to exists, and the tests it names are in
// the files that it says.
func TestReadmeLinks(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, m := range link.FindAllSubmatch(text, -1) {
		to, _, _ := strings.Cut(string(m[1]), "#")
		if to == "" || strings.Contains(to, "://") {
			continue
		}
		links++
		if _, err := os.Stat(filepath.Join(root, to)); err != nil {
			t.Errorf("README links to %s: %v", to, err)
		}
	}
	named := map[string]bool{}
	for _, m := range testLink.FindAllSubmatch(text, -1) {
		name, file := string(m[1]), string(m[2])
		named[name] = true
		if !testsIn(t, filepath.Join(root, filepath.Dir(file)))[name] {
			t.Errorf("README: there is no test %s beside %s", name, file)
		}
		source, err := os.ReadFile(filepath.Join(root, file))
		if err != nil || !strings.Contains(string(source), "func "+name+"(") {
			t.Errorf("README: %s is not in %s (%v)", name, file, err)
		}
	}
	for _, name := range anyTest.FindAll(text, -1) {
		if !named[string(name)] {
			t.Errorf("README names %s without a link to it", name)
		}
	}
	if links == 0 || len(named) == 0 {
		t.Errorf("%d links, %d tests: README is not read right", links, len(named))
	}
}

// TestReadmePrograms: every program is named somewhere.
func TestReadmePrograms(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	programs, err := filepath.Glob(filepath.Join(root, "testdata/escape/[0-9]*"))
	if err != nil || len(programs) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	for _, program := range programs {
		if name := filepath.Base(program); !strings.Contains(string(text), "testdata/escape/"+name) {
			t.Errorf("README's threat model does not name %s", name)
		}
	}
}
