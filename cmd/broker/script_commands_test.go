package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"seccomp-broker/broker/audit"

	"github.com/rogpeppe/go-internal/testscript"
)

// runStatus runs a command of a script and returns its exit status as a shell
// has it.
func runStatus(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if exit == nil {
		return 0
	}
	if s := exit.Sys().(syscall.WaitStatus); s.Signaled() {
		return 128 + int(s.Signal())
	}
	return exit.ExitCode()
}

// statusCommand is `status N command...`.
func statusCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := runStatus(ts, args[1:]); got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// sameCommand is `same flags... -- command...`.
func sameCommand(ts *testscript.TestScript, neg bool, args []string) {
	at := slices.Index(args, "--")
	if neg || at < 0 || at == len(args)-1 {
		ts.Fatalf("usage: same flags... -- command...")
	}
	wantStatus := runStatus(ts, append([]string{"native"}, args[at+1:]...))
	want := ts.ReadFile("stdout")
	gotStatus := runStatus(ts, append([]string{"broker"}, args...))
	if got := ts.ReadFile("stdout"); got != want || gotStatus != wantStatus {
		ts.Fatalf("under the broker: status %d\n%s\nnatively: status %d\n%s", gotStatus, got, wantStatus, want)
	}
}

// jsonlogCommand is `jsonlog FILE key=value...`: one record has all of the
// fields. `! jsonlog` demands that none has.
func jsonlogCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: jsonlog FILE key=value...")
	}
	text := ts.ReadFile(args[0])
	found := false
	for line := range bytes.Lines([]byte(text)) {
		if _, err := audit.Decode(line); err != nil {
			ts.Fatalf("%s: %v\n%s", args[0], err, line)
		}
		var record map[string]any
		ts.Check(json.Unmarshal(line, &record))
		matches := true
		for _, field := range args[1:] {
			key, want, ok := strings.Cut(field, "=")
			if !ok {
				ts.Fatalf("%q is not key=value", field)
			}
			matches = matches && lookUp(record, key) == want
		}
		found = found || matches
	}
	if found == neg {
		ts.Fatalf("a record with %q in %s: %v\n%s", args[1:], args[0], found, text[:min(len(text), maxShown)])
	}
}

// maxShown is how much of a log a failure shows.
const maxShown = 4 << 10

// lookUp is a field of a record as text: "rule.name" goes into objects, a
// missing field is empty.
func lookUp(record map[string]any, key string) string {
	head, rest, deeper := strings.Cut(key, ".")
	value, ok := record[head]
	if !ok {
		return ""
	}
	if deeper {
		inner, _ := value.(map[string]any)
		return lookUp(inner, rest)
	}
	return fmt.Sprint(value)
}
