package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// finish sums up, writes the table, and reports whether all is as the list says.
func (s *session) finish() (bool, error) {
	slices.SortFunc(s.results, func(a, b *comparison) int {
		return strings.Compare(a.key(), b.key())
	})
	var tests, fresh, known, flakies, shaky int
	for _, c := range s.results {
		tests += len(c.names)
		fresh += c.count(differs, false)
		known += c.count(differs, true)
		flakies += c.count(flaky, false)
		shaky += c.count(unsteady, false)
	}
	ok := fresh+s.broken == 0
	for _, c := range s.results {
		c.complain()
	}
	if s.whole() {
		for _, entry := range s.known.stale() {
			ok = false
			say("the list has an entry that no longer occurs: %s", entry)
		}
	}
	say("%d comparisons, %d new differences, %d known, %d flaky natively, %d unsteady under the broker, %d suites not run; logs: %s/logs",
		tests, fresh, known, flakies, shaky, s.broken, s.cache)
	if s.table == "" {
		return ok, nil
	}
	return ok, os.WriteFile(s.table, []byte(markdown(s.results)), 0o644)
}

// enough is how many differences of a suite are printed: when it has crashed,
// every test of it differs.
const enough = 40

func (c *comparison) complain() {
	n := 0
	for _, f := range c.findings {
		if !f.fails() {
			continue
		}
		if n++; n > enough {
			say("NEW DIFFERENCE: %s as %s: and %d more", c.suite.name, c.user.name, c.count(differs, false)-enough)
			return
		}
		say("NEW DIFFERENCE: %s as %s: %s", c.suite.name, c.user.name, f)
	}
}

func (c *comparison) key() string { return c.suite.name + " " + c.user.name }

const preface = `# Transparency

Test suites that nobody here wrote, run natively and under the broker with
[a policy that allows everything](testdata/policies/everything.hcl) and names every class, so that
every call that can be mediated is. What each test says is compared.
Written by

    make transparency

A test *differs* when it has one outcome in each of three native runs and another one in each of three runs
under the broker. Tests whose outcome changes from run to run are counted apart and named below.
`

// markdown writes the table and, below it, the reasons.
func markdown(all []*comparison) string {
	var b strings.Builder
	b.WriteString(preface + "\n")
	b.WriteString("| suite | as | tests | pass natively | pass under the broker | differ | no steady outcome |\n")
	b.WriteString("| --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
	for _, c := range all {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d |\n", c.suite.name, c.user.name, len(c.names),
			c.native[0].count(passed), c.broker[0].count(passed),
			c.count(differs, true)+c.count(differs, false), c.count(flaky, false)+c.count(unsteady, false))
	}
	b.WriteString("\n## Differences\n\n")
	section(&b, all, differs, "None.")
	b.WriteString("\n## Without a steady outcome natively\n\n")
	section(&b, all, flaky, "None.")
	b.WriteString("\n## Without a steady outcome under the broker\n\n")
	section(&b, all, unsteady, "None.")
	return b.String()
}

func section(b *strings.Builder, all []*comparison, v verdict, none string) {
	found := false
	for _, c := range all {
		for _, f := range c.findings {
			if f.verdict != v {
				continue
			}
			found = true
			fmt.Fprintf(b, "- `%s` as %s, `%s`: natively %s, under the broker %s", c.suite.name, c.user.name, f.test,
				spell(f.native), spell(f.broker))
			if f.reason != "" {
				fmt.Fprintf(b, " — %s", f.reason)
			}
			b.WriteString("\n")
		}
	}
	if !found {
		b.WriteString(none + "\n")
	}
}
