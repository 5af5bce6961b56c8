package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"seccomp-broker/broker/audit"
)

// escapeEvent is what the programs' tests look at of a line of the log.
type escapeEvent struct {
	Action, Access, Path, Path2, Address, Reason, Alert string

	Rule *struct{ Name string }
}

// cause is who refused: a rule, none, or what failed.
func (e escapeEvent) cause() string {
	switch {
	case e.Rule != nil:
		return fmt.Sprintf("rule %q", e.Rule.Name)
	case e.Action == "denied" && e.Reason == "":
		return "no rule"
	case e.Action == "denied":
		return e.Reason
	}
	return e.Action // error, invalid
}

// escapeAudit is what the log of one run says.
type escapeAudit struct {
	refused map[string]bool // paths and addresses below the tree
	let     []string        // what was let through below the hidden directory
	causes  map[string]int  // refusals by cause
}

// placesOnly are the classes of calls that give a place, not a file: what is
// made of an O_PATH descriptor is judged when it is used.
var placesOnly = map[string]bool{"": true, "none": true, "stat": true}

func readAudit(t *testing.T, tree *escapeTree) escapeAudit {
	t.Helper()
	a := escapeAudit{refused: map[string]bool{}, causes: map[string]int{}}
	f, err := os.Open(tree.log)
	if err != nil {
		t.Errorf("no audit log: %v", err)
		return a
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20) // a path may be as long as 64 KiB
	for lines.Scan() {
		var event escapeEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Errorf("audit line %q: %v", lines.Text(), err)
			continue
		}
		a.add(tree, event)
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	return a
}

func (a *escapeAudit) add(tree *escapeTree, e escapeEvent) {
	switch e.Action {
	case "denied", "error", "invalid":
		a.causes[e.cause()]++
	}
	if e.Action == "denied" {
		a.refused[strings.Replace(e.Address, tree.root+"/", "", 1)] = true
	}
	hidden := filepath.Join(tree.root, "hide")
	for _, path := range []string{e.Path, e.Path2} {
		switch {
		case e.Action == "denied", e.Alert == audit.AlertBreach: // that it ran was noticed, and ended
			a.refused[strings.TrimPrefix(path, tree.root+"/")] = true
		case e.Action == "error" || e.Action == "invalid": // refused too, though not by a rule
		case placesOnly[e.Access]:
		case path == hidden || strings.HasPrefix(path, hidden+"/"):
			a.let = append(a.let, fmt.Sprintf("%s of %s %s", e.Access, path, e.Action))
		}
	}
}

// check wants a refusal of every path, and of an address that begins like each
// address of denied, and that nothing hidden was let through.
func (a escapeAudit) check(t *testing.T, denied []string) {
	t.Helper()
	for _, what := range a.let {
		t.Errorf("audit: %s", what)
	}
	for _, want := range denied {
		found := a.refused[want]
		for got := range a.refused {
			found = found || isAddress(want) && strings.HasPrefix(got, want)
		}
		if !found {
			t.Errorf("audit: no refusal of %s is recorded", want)
		}
	}
}

func isAddress(text string) bool {
	return strings.HasPrefix(text, "unix:") || strings.HasPrefix(text, "127.")
}

// String counts the refusals by cause, most of them first.
func (a escapeAudit) String() string {
	causes := slices.Sorted(maps.Keys(a.causes))
	slices.SortStableFunc(causes, func(x, y string) int { return a.causes[y] - a.causes[x] })
	for i, cause := range causes {
		causes[i] = fmt.Sprintf("%d %s", a.causes[cause], cause)
	}
	if len(causes) == 0 {
		return "none" // the filter refuses without a word, or there is nothing to refuse
	}
	return strings.Join(causes, ", ")
}

// checkUnpainted looks for what a terminal might act on, or would not show, in
// what the broker wrote, and for the lines that the names forge.
func checkUnpainted(t *testing.T, tree *escapeTree, stderr string) {
	t.Helper()
	log, err := os.ReadFile(tree.log)
	if err != nil {
		t.Error(err)
	}
	for where, text := range map[string]string{"standard error": stderr, "the log": string(log)} {
		if at := strings.IndexFunc(text, acts); at >= 0 {
			t.Errorf("%s is painted: %.80q", where, text[at:])
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "broker: allowed everything") || strings.HasPrefix(line, "broker: nothing was refused") {
				t.Errorf("%s has a forged line: %q", where, line)
			}
		}
		for _, word := range []string{"owned", "allowed everything", "nothing was refused", "txt.exe", "width", "separator", "painted"} {
			if !strings.Contains(text, word) {
				t.Errorf("%s does not show %q at all", where, word)
			}
		}
	}
}

// acts says whether a character does anything but stand there: controls,
// directions, widths of zero, separators, and bytes that are none.
func acts(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar)
}
