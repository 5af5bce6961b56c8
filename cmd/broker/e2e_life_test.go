package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// life is a program's way from unknown to enforced, and a second use of it that
// nobody has learned from.
type life struct {
	title string
	networkProgram
	other otherUse
	rules string // where the learned file begins, as root
	quick bool   // runs with every test; others only with lifeVariable set
}

// otherUse is a different but reasonable use of a program, in the same
// directories as the first.
type otherUse struct {
	command []string
	prepare func(t *testing.T, w *workspace) // after that of the program
	drive   func(t *testing.T, w *workspace, args []string) outcome
	normal  []replacement
}

// lifeVariable has every program run.
const lifeVariable = "BROKER_TEST_LIFE"

// TestLife has the broker learn from each program twice, and then runs it under
// what was learned: the rules are sound, the same comes out, and nothing is
// refused. What another use of it lacks is counted.
func TestLife(t *testing.T) {
	all := os.Getenv(lifeVariable) != ""
	var table []lifeRow
	for _, l := range lives() {
		if !all && !l.quick {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			for _, who := range identities() {
				t.Run(who.name, func(t *testing.T) {
					row := l.live(t, who)
					row.who = who.name
					table = append(table, row)
				})
			}
		})
	}
	if *updateDocs && all && !t.Failed() {
		writeLifeTable(t, table)
	}
}

// lifeTrial is one life of one user.
type lifeTrial struct {
	life
	w       *workspace
	learned string // the file of rules
	heard   func() string
}

func (l life) live(t *testing.T, who identity) lifeRow {
	w := newWorkspace(t, who)
	trial := &lifeTrial{life: l, w: w, learned: filepath.Join(filepath.Dir(w.log), "learned.hcl")}
	if l.serve != nil {
		trial.heard = l.serve(t, w)
	}
	if l.env != nil {
		w.env = append(w.env, l.env(t, w)...)
	}
	native := trial.work(t, l.command)
	if native.Stdout == "" {
		t.Error("the program printed nothing, so nothing was compared")
	}
	trial.learn(t, native)
	row := lifeRow{title: l.title, asked: trial.answer(t)}
	row.lint = trial.review(t)
	compareOutcomes(t, native, trial.work(t, trial.enforced(t, l.command)))
	w.checkNoRefusals(t, l.harmlessPatterns())
	row.same = len(w.audit(t)) - len(w.allowed(t))
	trial.measure(t, &row)
	trial.another(t, &row)
	if keep := os.Getenv("BROKER_TEST_KEEP"); keep != "" || t.Failed() {
		text := readFile(t, trial.learned)
		t.Logf("learned:\n%s", text)
		if keep != "" {
			writeFile(t, filepath.Join(keep, l.name+"-"+who.name+".hcl"), text)
		}
	}
	return row
}

// work is the work that is learned from.
func (l *lifeTrial) work(t *testing.T, args []string) outcome {
	t.Helper()
	drive := l.drive
	if drive == nil {
		drive = runToEnd
	}
	o := l.runWith(t, l.w, args, drive)
	if l.heard != nil {
		o.Stdout += "\nwhat the servers heard:\n" + l.heard()
	}
	return o
}

// learn has the broker learn twice. The second run may add what the first had no
// occasion to do, and a third of the same work would have to add nothing.
func (l *lifeTrial) learn(t *testing.T, native outcome) {
	t.Helper()
	if l.rules != "" && l.w.who.uid == 0 {
		writeFile(t, l.learned, l.rules)
		l.w.own(t, filepath.Dir(l.learned))
	}
	line := append([]string{brokerBinary(t), "learn", "-q", "-o", l.learned, "--"}, l.command...)
	for range 2 {
		compareOutcomes(t, native, l.work(t, line))
	}
}

// commented is a rule that is left to a person.
var commented = regexp.MustCompile(`(?m)^# allow "(?:.*\n)(?:# .*\n)*?# \}\n`)

// answer says yes to what learn has left for a person to decide, as a person would:
// the comment becomes a rule.
func (l *lifeTrial) answer(t *testing.T) (asked int) {
	t.Helper()
	text := commented.ReplaceAllStringFunc(readFile(t, l.learned), func(block string) string {
		asked++
		return regexp.MustCompile(`(?m)^# `).ReplaceAllString(block, "")
	})
	writeFile(t, l.learned, text)
	return asked
}

// review validates, formats and lints what was learned, and returns how much lint
// finds.
func (l *lifeTrial) review(t *testing.T) (findings int) {
	t.Helper()
	for _, command := range [][]string{{"validate"}, {"fmt", "--check"}, {"lint"}} {
		line := append(append([]string{brokerBinary(t)}, command...), l.learned)
		o := l.w.run(t, line...)
		if o.Status != 0 || command[0] == "lint" && o.Stderr != "" {
			t.Errorf("%s: status %d\n%s%s", strings.Join(command, " "), o.Status, o.Stdout, o.Stderr)
		}
		if command[0] == "lint" {
			findings = strings.Count(o.Stdout+o.Stderr, l.learned+":")
		}
	}
	return findings
}

func (l *lifeTrial) enforced(t *testing.T, command []string) []string {
	t.Helper()
	line := l.w.underBroker(t, l.learned, command...)
	return append([]string{line[0], "--log-allowed"}, line[1:]...)
}

// another runs the other use natively, enforced, and with refusals only counted.
func (l *lifeTrial) another(t *testing.T, row *lifeRow) {
	t.Helper()
	p := l.program
	p.prepare = func(t *testing.T, w *workspace) {
		for _, prepare := range []func(*testing.T, *workspace){l.prepare, l.other.prepare} {
			if prepare != nil {
				prepare(t, w)
			}
		}
	}
	p.normal = append(p.normal, l.other.normal...)
	drive := l.other.drive
	if drive == nil {
		drive = runToEnd
	}
	command := l.other.command
	if command == nil {
		command = l.command
	}
	native := p.runWith(t, l.w, command, drive)
	enforced := p.runWith(t, l.w, l.enforced(t, command), drive)
	row.refused = l.w.refusedCalls(t)
	row.works = native.Status == enforced.Status && native.Stdout == enforced.Stdout
	line := l.enforced(t, command)
	p.runWith(t, l.w, append([]string{line[0], "--mode", "monitor"}, line[1:]...), drive)
	row.lacking = l.w.lackingPlaces(t)
	if native.Status != 0 {
		t.Errorf("the other use natively: status %d\n%s%s", native.Status, tail(native.Stdout), tail(native.Stderr))
	}
	if row.works != (row.refused == 0) {
		t.Logf("enforced, the other use: status %d, %d refusals\n%s%s", enforced.Status, row.refused, tail(enforced.Stdout), tail(enforced.Stderr))
	}
	if row.works && len(row.lacking) > 0 {
		t.Logf("the other use got by without %s", fmt.Sprint(row.lacking))
	}
}
