package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const root = "../../.."

// knownWays is how many ways out the table has: none may be dropped.
const knownWays = 38

// TestRows: every way out is in the table, once and in order, and is tried by
// a program of its number or by a test that exists.
func TestRows(t *testing.T) {
	rows, err := readRows(filepath.Join(root, rowsFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != knownWays {
		t.Errorf("%d rows, want %d", len(rows), knownWays)
	}
	exist := map[string]map[string]bool{}
	for i, r := range rows {
		if r.number != i+1 || r.way == "" {
			t.Errorf("row %d is called %d (%q)", i+1, r.number, r.way)
		}
		tried := len(programsOf(t, r.number))
		for _, name := range r.tests {
			if exist[name.pkg] == nil {
				exist[name.pkg] = testsIn(t, filepath.Join(root, name.pkg))
			}
			if !exist[name.pkg][name.name] {
				t.Errorf("row %d: there is no test %s", r.number, name)
			}
			tried++
		}
		if tried == 0 {
			t.Errorf("row %d (%s): no program and no test tries it", r.number, r.way)
		}
	}
}

func programsOf(t *testing.T, number int) []string {
	t.Helper()
	pattern := filepath.Join(root, "testdata/escape", twoDigits(number)+"-*")
	programs, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return programs
}

func twoDigits(n int) string {
	return strings.Repeat("0", max(0, 2-len(strconv.Itoa(n)))) + strconv.Itoa(n)
}

// TestPrograms: every program of a number belongs to a row.
func TestPrograms(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "testdata/escape"))
	if err != nil {
		t.Fatal(err)
	}
	numbered := regexp.MustCompile(`^(\d\d)-`)
	found := 0
	for _, e := range entries {
		m := numbered.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		found++
		if n, _ := strconv.Atoi(m[1]); n < 1 || n > knownWays {
			t.Errorf("%s belongs to no row", e.Name())
		}
	}
	if found == 0 {
		t.Error("no programs")
	}
}

// testsIn parses the tests of a folder and returns the names of its functions.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range syntax.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

func TestParseRow(t *testing.T) {
	for _, line := range []string{"1 | way", "x | way |", "1 | way | Test", "1 | a | b | c"} {
		if r, err := parseRow(line); err == nil {
			t.Errorf("%q is taken for %+v", line, r)
		}
	}
	r, err := parseRow("7 | a way | a/b.TestX c.TestY")
	if err != nil || r.number != 7 || r.way != "a way" || len(r.tests) != 2 || r.tests[0] != (testName{"a/b", "TestX"}) {
		t.Errorf("got %+v, %v", r, err)
	}
}
