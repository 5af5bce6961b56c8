package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

const programs = "cmd/broker.TestEscape/"

// trial is what became of one program, of both users together.
type trial struct {
	name          string
	native, under outcome
	audit         map[string]bool
	failed        bool
}

// outcome adds up results.
type outcome struct {
	word           string
	wins, attempts int
}

// add takes a result as the test has put it: a word, and wins/attempts or
// attempts alone. What has no numbers stands for itself unless another user got
// further.
func (o *outcome) add(result string) {
	word, numbers, _ := strings.Cut(result, " ")
	wins, attempts, both := strings.Cut(numbers, "/")
	if !both {
		wins, attempts = "0", numbers
	}
	w, err := strconv.Atoi(wins)
	a, err2 := strconv.Atoi(attempts)
	switch {
	case err != nil || err2 != nil:
		if o.word == "" {
			o.word = result
		}
		return
	case o.word != "ESCAPED" && o.word != "DIFFERS":
		o.word = word
	}
	o.wins += w
	o.attempts += a
}

func (o outcome) String() string {
	switch {
	case o.word == "":
		return "not run"
	case o.attempts == 0:
		return o.word
	case o.word == "SAME" || o.word == "DONE":
		return fmt.Sprintf("%s %d", o.word, o.attempts)
	}
	return fmt.Sprintf("%s %d/%d", o.word, o.wins, o.attempts)
}

// trials gathers the results of the programs, in the order they were run.
func trials(res *results) []*trial {
	var list []*trial
	byName := map[string]*trial{}
	for _, test := range res.order {
		path, found := strings.CutPrefix(test, programs)
		if !found {
			continue
		}
		parts := strings.Split(path, "/") // program, native or broker, user
		t := byName[parts[0]]
		if t == nil {
			t = &trial{name: parts[0], audit: map[string]bool{}}
			byName[parts[0]] = t
			list = append(list, t)
		}
		t.take(parts[1:], res.tests[test])
	}
	return list
}

func (t *trial) take(parts []string, result *testResult) {
	t.failed = t.failed || result.action != "pass" && result.action != "skip"
	if len(parts) < 2 {
		return
	}
	if parts[0] == "native" {
		t.native.add(result.attrs["result"])
		return
	}
	t.under.add(result.attrs["result"])
	if audit := result.attrs["audit"]; audit != "" {
		t.audit[audit] = true
	}
}

// row is the number that the name begins with.
func (t *trial) row() int {
	digits, _, _ := strings.Cut(t.name, "-")
	n, _ := strconv.Atoi(digits) // 0 belongs to no row
	return n
}

func (t *trial) audits() string {
	for audit := range t.audit {
		if len(t.audit) == 1 || audit != "none" {
			return audit
		}
	}
	return "no log" // the broker was killed
}

// report prints the table, and what failed with its output. It says whether
// all went well; of a whole run every row must have been tried.
func report(out io.Writer, rows []row, res *results, whole bool) bool {
	ok, cases := true, trials(res)
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "row\tway out, program or test\tnatively\tunder the broker\taudit, of one run")
	escaped, tried := 0, 0
	for _, r := range rows {
		fmt.Fprintf(table, "%d\t%s\t\t\t\n", r.number, strings.ToUpper(r.way[:1])+r.way[1:])
		before := tried
		for _, t := range cases {
			if t.row() != r.number {
				continue
			}
			tried++
			if t.under.word == "ESCAPED" || t.under.wins > 0 {
				escaped++
			}
			ok = ok && !t.failed
			fmt.Fprintf(table, "\t  %s\t%s\t%s\t%s\n", t.name, t.native, mark(t), t.audits())
		}
		for _, name := range r.tests {
			if result := res.tests[name.String()]; result != nil {
				tried++
				ok = ok && (result.action == "pass" || result.action == "skip")
				fmt.Fprintf(table, "\t  %s\t\t%s\t\n", name, cmp.Or(result.action, "did not end"))
			} else if whole {
				ok = false
				fmt.Fprintf(table, "\t  %s\t\tnot run\t\n", name)
			}
		}
		if whole && tried == before {
			ok = false
			fmt.Fprintf(table, "\t  nobody tries it\t\t\t\n")
		}
	}
	table.Flush()
	for _, name := range res.order {
		if result := res.tests[name]; result.action == "fail" && result.output.Len() > 0 {
			fmt.Fprintf(out, "\n%s failed:\n%s", name, result.output.String())
		}
	}
	fmt.Fprintf(out, "\n%d ways out, %d programs and tests, %d got out\n", len(rows), tried, escaped)
	return ok && escaped == 0 && tried > 0
}

// mark says that the test has something to complain about beside the result.
func mark(t *trial) string {
	if t.failed {
		return t.under.String() + " FAILED"
	}
	return t.under.String()
}
