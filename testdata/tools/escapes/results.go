package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const module = "seccomp-broker"

// testResult is how one test, or subtest, went.
type testResult struct {
	action string            // pass, fail, skip
	attrs  map[string]string // testing.T.Attr
	output strings.Builder
}

// results are those of all tests, by package.Test.
type results struct {
	tests map[string]*testResult
	order []string // of the tests, as they began
	loose strings.Builder
}

func (r *results) of(name string) *testResult {
	t := r.tests[name]
	if t == nil {
		t = &testResult{attrs: map[string]string{}}
		r.tests[name] = t
		r.order = append(r.order, name)
	}
	return t
}

// runAll runs the programs and the tests of all rows, package by package.
func (r *results) runAll(rows []row) error {
	tests := byPackage(rows)
	tests["cmd/broker"] = append(tests["cmd/broker"], "TestEscape")
	for _, pkg := range slices.Sorted(maps.Keys(tests)) {
		fmt.Fprintf(os.Stderr, "escapes: %s\n", pkg)
		if err := r.run(pkg, "^("+strings.Join(tests[pkg], "|")+")$"); err != nil {
			return err
		}
	}
	return nil
}

// run runs tests of a package and adds their results. Tests that fail are no
// error; a package that does not compile is.
func (r *results) run(pkg, names string) error {
	cmd := exec.Command("go", "test", "-json", "-count=1", "-timeout=20m", "-run", names, "./"+pkg)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	before := len(r.order)
	readErr := r.read(pkg, out)
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || len(r.order) == before) {
		return fmt.Errorf("go test ./%s: %w\n%s", pkg, err, r.loose.String())
	}
	return readErr
}

// event is a line of `go test -json`: go doc test2json.
type event struct{ Action, Test, Output, Key, Value string }

func (r *results) read(pkg string, in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil || e.Test == "":
			r.loose.WriteString(e.Output)
		default:
			r.add(pkg, e)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *results) add(pkg string, e event) {
	t := r.of(pkg + "." + e.Test)
	switch e.Action {
	case "pass", "fail", "skip":
		t.action = e.Action
	case "attr":
		t.attrs[e.Key] = e.Value
	case "output":
		t.output.WriteString(e.Output)
	}
}
