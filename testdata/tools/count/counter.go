package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// event is a line of `go test -json`: go doc test2json.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of the build events
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// counter adds up the events of several runs. The same package may come once
// a run; what is kept of it goes with its last event.
type counter struct {
	out     io.Writer
	allowed []*regexp.Regexp

	passed, failed, skipped int

	output     map[string]*strings.Builder // by package and test, until it ends
	failedIn   map[string]int              // failures so far, by package
	failedThen int                         // failures when the last run ended
}

func newCounter(out io.Writer) *counter {
	return &counter{out: out, output: map[string]*strings.Builder{}, failedIn: map[string]int{}}
}

// allow adds the reasons for a skip that are fine.
func (c *counter) allow(text string) error {
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		re, err := regexp.Compile("(?m)" + line)
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		c.allowed = append(c.allowed, re)
	}
	return nil
}

// read takes all events. What is no event is the runner's own word and is
// passed on: a compiler's message, for example.
func (c *counter) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			c.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (c *counter) line(line string) {
	var e event
	if err := json.Unmarshal([]byte(line), &e); err != nil || e.Action == "" {
		fmt.Fprint(c.out, line)
		return
	}
	switch e.Action {
	case "output", "build-output":
		c.keep(e)
	case "build-fail":
		fmt.Fprint(c.out, c.take(e.key()))
	case "ended":
		c.ended(e)
	case "pass", "fail", "skip":
		if e.Test != "" {
			c.test(e)
		} else {
			c.pkg(e)
		}
	}
}

func (e event) key() string {
	if e.ImportPath != "" {
		return "build " + e.ImportPath
	}
	return e.Package + " " + e.Test
}

func (c *counter) keep(e event) {
	b := c.output[e.key()]
	if b == nil {
		b = &strings.Builder{}
		c.output[e.key()] = b
	}
	b.WriteString(e.Output)
}

// take returns the output that was kept and forgets it.
func (c *counter) take(key string) string {
	b := c.output[key]
	delete(c.output, key)
	if b == nil {
		return ""
	}
	return b.String()
}

// test counts the result of one test.
func (c *counter) test(e event) {
	output := c.take(e.key())
	switch e.Action {
	case "pass":
		c.passed++
	case "skip":
		c.skip(e, output)
	case "fail":
		c.fail(e)
		fmt.Fprint(c.out, output)
	}
}

func (c *counter) skip(e event, output string) {
	for _, re := range c.allowed {
		if re.MatchString(output) {
			c.skipped++
			return
		}
	}
	c.fail(e)
	fmt.Fprintf(c.out, "skipped for a reason that is not allowed:\n%s", output)
}

func (c *counter) fail(e event) {
	c.failed++
	c.failedIn[e.Package]++
}

// pkg closes a package and prints its line.
func (c *counter) pkg(e event) {
	output := c.take(e.key())
	if e.Action == "fail" && c.failedIn[e.Package] == 0 {
		c.fail(e)
	}
	if e.Action == "fail" {
		fmt.Fprint(c.out, output)
		for key := range c.output { // of tests that never ended
			if strings.HasPrefix(key, e.Package+" ") {
				fmt.Fprint(c.out, c.take(key))
			}
		}
	}
	if e.Action != "skip" { // a package without tests
		fmt.Fprintf(c.out, "%-4s %s %.1fs\n", e.Action, e.Package, e.Elapsed)
	}
	delete(c.failedIn, e.Package)
}

func (c *counter) ended(e event) {
	if e.Output != "0" && c.failed == c.failedThen {
		c.failed++
		fmt.Fprintf(c.out, "the run as %s ended with status %s and no failed test\n", e.Package, e.Output)
	}
	c.failedThen = c.failed
}

// finish prints the line and reports whether all is well.
func (c *counter) finish() bool {
	fmt.Fprintf(c.out, "tests: %d passed, %d failed, %d skipped\n", c.passed, c.failed, c.skipped)
	return c.failed == 0 && c.passed > 0
}
