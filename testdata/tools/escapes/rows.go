package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// row is a way out.
type row struct {
	number int
	way    string
	tests  []testName // that try it besides the programs of its number
}

// testName is a test function of a package of this module.
type testName struct{ pkg, name string }

func (n testName) String() string { return n.pkg + "." + n.name }

// readRows reads lines of "number | way | package.Test …"; # begins a comment.
func readRows(file string) ([]row, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func parseRow(line string) (row, error) {
	fields := strings.Split(line, "|")
	if len(fields) != 3 {
		return row{}, fmt.Errorf("%d fields, want number | way | tests", len(fields))
	}
	number, err := strconv.Atoi(strings.TrimSpace(fields[0]))
	if err != nil {
		return row{}, err
	}
	r := row{number: number, way: strings.TrimSpace(fields[1])}
	for _, name := range strings.Fields(fields[2]) {
		pkg, test, found := strings.Cut(name, ".")
		if !found {
			return row{}, fmt.Errorf("%q is no package.Test", name)
		}
		r.tests = append(r.tests, testName{pkg: pkg, name: test})
	}
	return r, nil
}

// byPackage gathers the tests of all rows, each once.
func byPackage(rows []row) map[string][]string {
	tests := map[string][]string{}
	for _, r := range rows {
		for _, t := range r.tests {
			if !slices.Contains(tests[t.pkg], t.name) {
				tests[t.pkg] = append(tests[t.pkg], t.name)
			}
		}
	}
	return tests
}
