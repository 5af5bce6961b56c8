package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
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
[a policy that allows everything](testdata/policies/everything.hcl) and names every class, so that every call that can
be mediated is. What each test says is compared. Written by

    make transparency

A test differs when it has one outcome natively and another one under the broker. A difference that
[the list](testdata/tools/transparency/differences.hcl) does not know is looked at three times on both sides: a test
whose outcome then changes natively, or only under the broker, has no steady outcome, is counted apart and named.
`

// markdown writes the table and, below it, the reasons.
func markdown(all []*comparison) string {
	var b strings.Builder
	b.WriteString(preface + "\n" + systems() + "\n")
	b.WriteString("| suite | as | tests | pass natively | pass under the broker | differ | no steady outcome |\n")
	b.WriteString("| --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
	var sum [5]int
	for _, c := range all {
		row := [5]int{
			len(c.names), c.native[0].count(passed), c.broker[0].count(passed),
			c.count(differs, true) + c.count(differs, false), c.count(flaky, false) + c.count(unsteady, false),
		}
		for i, n := range row {
			sum[i] += n
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d |\n", c.suite.name, c.user.name, row[0], row[1], row[2], row[3], row[4])
	}
	fmt.Fprintf(&b, "| **all** | | %d | %d | %d | %d | %d |\n", sum[0], sum[1], sum[2], sum[3], sum[4])
	b.WriteString("\n## Differences\n\n")
	reasons(&b, all)
	b.WriteString("\n## Without a steady outcome natively\n\n")
	section(&b, all, flaky)
	b.WriteString("\n## Without a steady outcome under the broker\n\n")
	section(&b, all, unsteady)
	return b.String()
}

// reasons writes the differences, those with the same reason together.
func reasons(b *strings.Builder, all []*comparison) {
	var order []string
	tests := map[string][]string{}
	for _, c := range all {
		for _, f := range c.findings {
			if f.verdict != differs {
				continue
			}
			if tests[f.reason] == nil {
				order = append(order, f.reason)
			}
			tests[f.reason] = append(tests[f.reason], line(c, f))
		}
	}
	for _, reason := range order {
		heading := reason
		if heading == "" {
			heading = "Not explained"
		}
		fmt.Fprintf(b, "%s:\n\n%s\n", heading, strings.Join(tests[reason], ""))
	}
	if len(order) == 0 {
		b.WriteString("None.\n")
	}
}

func section(b *strings.Builder, all []*comparison, v verdict) {
	found := false
	for _, c := range all {
		for _, f := range c.findings {
			if f.verdict == v {
				found = true
				b.WriteString(line(c, f))
			}
		}
	}
	if !found {
		b.WriteString("None.\n")
	}
}

func line(c *comparison, f finding) string {
	return fmt.Sprintf("- `%s` as %s, `%s`: natively %s, under the broker %s\n", c.suite.name, c.user.name, f.test,
		spell(f.native), spell(f.broker))
}

// systems says on what the table was made.
func systems() string {
	var u unix.Utsname
	kernel := "unknown"
	if unix.Uname(&u) == nil {
		kernel = unix.ByteSliceToString(u.Release[:])
	}
	text := fmt.Sprintf("Linux %s, %s", kernel, runtime.Version())
	if out, err := exec.Command(python, "--version").Output(); err == nil {
		text += ", " + strings.TrimSpace(string(out))
	}
	return text + ", busybox of Debian 12. `root` is root, `user` an ordinary user.\n"
}
