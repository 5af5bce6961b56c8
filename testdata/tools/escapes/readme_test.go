package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

// TestReadmeFigures: what README says that the broker costs is what BENCHMARKS has.
func TestReadmeFigures(t *testing.T) {
	var texts [2]string
	for i, name := range []string{"README.md", "BENCHMARKS.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	open, build, tar := figures(t, texts[1], "openat, close"), figures(t, texts[1], "go build and go vet"), figures(t, texts[1], "tar x of")
	for _, claim := range []string{
		fmt.Sprintf("an open costs about %.0f native ones", open[0]),
		fmt.Sprintf("A Go build took %.1f times as long, and unpacking thousands of files with tar %.0f times", build[0], tar[0]),
		fmt.Sprintf("with bubblewrap %.1f and %.1f, with `strace -f` %.1f and %.0f", build[3], tar[3], build[2], tar[2]),
	} {
		if !strings.Contains(strings.Join(strings.Fields(texts[0]), " "), claim) {
			t.Errorf("BENCHMARKS says %q, and README does not", claim)
		}
	}
}

// figures are the first numbers of the cells of the first row that begins so.
func figures(t *testing.T, text, row string) []float64 {
	t.Helper()
	_, cells, ok := strings.Cut(text, "\n| "+row)
	if !ok {
		t.Fatalf("BENCHMARKS has no row of %q", row)
	}
	cells, _, _ = strings.Cut(cells, "\n")
	var all []float64
	for _, cell := range strings.Split(cells, "|")[1:] {
		word, _, _ := strings.Cut(strings.TrimSpace(cell), " ")
		if n, err := strconv.ParseFloat(word, 64); err == nil {
			all = append(all, n)
		}
	}
	if len(all) < 4 {
		t.Fatalf("the row of %q has only %d figures", row, len(all))
	}
	return all
}
