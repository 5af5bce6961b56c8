package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"

	"github.com/bmatcuk/doublestar/v4"
)

// lifeRow is what came of one life.
type lifeRow struct {
	title, who        string
	sets              []string
	blocks, patterns  int // rules, and what stands in them
	asked             int // rules that learn leaves to a person
	observed, granted int
	same, lint        int // refusals at the same work, findings
	refused           int // calls that were refused at the other use
	works             bool
	lacking           []string // places that the other use had no right to
}

// measure counts what the learned rules say, what of it the run used that was
// just made, and what it opens.
func (l *lifeTrial) measure(t *testing.T, row *lifeRow) {
	t.Helper()
	w := l.w
	vars := rules.Vars{Home: w.home, Cwd: w.work, Project: w.work, Tmp: w.tmp, UID: w.who.uid, User: w.who.name}
	policy, diags := rules.Load(ruleOptions([]string{l.learned}, vars))
	if diags.HasErrors() {
		t.Fatal(diags.All())
	}
	used := w.decidedBy(t, l.learned)
	open := map[string]bool{}
	for path := range used {
		open[path] = true
	}
	for _, r := range policy.Rules() {
		if r.File != l.learned {
			continue
		}
		row.blocks++
		for _, pattern := range r.Patterns {
			row.patterns++
			for _, f := range matching(t, pattern) {
				open[f] = true
			}
		}
		row.patterns += len(r.Addresses)
	}
	row.observed, row.granted = len(used), len(open)
	_, extends, _ := strings.Cut(readFile(t, l.learned), "extends = [")
	extends, _, _ = strings.Cut(extends, "]")
	row.sets = []string{strings.ReplaceAll(extends, `"`, "")}
}

// matching gives the files of this machine that a pattern opens. What is below
// /proc is of the processes of the tree, which have ended.
func matching(t *testing.T, pattern string) []string {
	t.Helper()
	if strings.HasPrefix(pattern, "/proc/") {
		return nil
	}
	found, err := doublestar.FilepathGlob(pattern, doublestar.WithNoFollow())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// decidedBy gives the paths and addresses that the rules of a file allowed in the
// last run.
func (w *workspace) decidedBy(t *testing.T, file string) map[string]bool {
	t.Helper()
	paths := map[string]bool{}
	r, err := audit.OpenReader(w.log)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		e, err := r.Next()
		if err != nil {
			return paths
		}
		if e.Rule != nil && e.Rule.File == file {
			paths[e.Path+e.Address] = true
		}
	}
}

// allowed gives the records of what was allowed in the last run.
func (w *workspace) allowed(t *testing.T) (list []auditEvent) {
	t.Helper()
	for _, e := range w.audit(t) {
		if e.Action == "allowed" {
			list = append(list, e)
		}
	}
	return list
}

// refusedCalls counts the refusals of the last run.
func (w *workspace) refusedCalls(t *testing.T) int {
	t.Helper()
	return len(w.audit(t)) - len(w.allowed(t))
}

// lackingPlaces lists what no rule allowed in the last run, each place once.
func (w *workspace) lackingPlaces(t *testing.T) []string {
	t.Helper()
	var all []string
	short := strings.NewReplacer(w.work, "${cwd}", w.tmp, "${tmp}", w.home, "${home}")
	for _, e := range w.audit(t) {
		if e.Action != "allowed" {
			path := e.Path
			if e.OnPath2 {
				path = e.Path2
			}
			all = append(all, fmt.Sprintf("%s `%s`", e.Access, short.Replace(path+e.Address)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

const lifeTable = "../../LIFE.md"

const lifeHead = `# From an unknown program to its policy

Written by ` + "`make life`" + ` on a Debian 12 system. ` + "`broker learn`" + ` watches each program twice. What
it has written must pass ` + "`broker validate`, `broker fmt --check` and `broker lint`" + `. Then the
same work is done under it: output, exit status and files must be the native ones, and nothing may be
refused, or the run fails. At last somebody uses the same program in another way
(` + "`cmd/broker/e2e_life_lives_test.go`" + ` says how).

- *rules* and *patterns* are what was learned, beside what the sets that it extends allow; a pattern is a
  path or an address, with or without wildcards.
- *observed*: different paths and addresses that these patterns allowed while the same work was done.
- *granted*: those, and the files of the machine that the patterns open besides.
- *refused*, twice: calls that were refused. A program may give up at the first one, or ask
  again and again; *lacks* says how many places the other use needs that no rule allows (in monitor mode,
  where it goes on), and *works* whether it had the native output and status all the same.
- *lint*: findings. *asks*: rules for private keys, stored passwords and the like, which learn writes as a
  comment only; here the answer is yes to all.

| program | user | extends | rules | patterns | asks | observed | granted | refused, same work | lint | refused, other use | works | lacks | such as |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
`

func writeLifeTable(t *testing.T, table []lifeRow) {
	t.Helper()
	var b strings.Builder
	b.WriteString(lifeHead)
	for _, r := range table {
		works := "no"
		if r.works {
			works = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %s | %d | %s |\n",
			r.title, r.who, strings.ReplaceAll(strings.Join(r.sets, ", "), "builtin:", ""), r.blocks, r.patterns, r.asked, r.observed, r.granted,
			r.same, r.lint, r.refused, works, len(r.lacking), strings.Join(r.lacking[:min(len(r.lacking), 3)], ", "))
	}
	if err := os.WriteFile(lifeTable, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
