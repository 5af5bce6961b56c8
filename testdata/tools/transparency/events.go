package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// events writes what was compared in the form of go test -json: a package for
// each suite and user, a test for each name. A difference that the list knows
// and a test without a steady outcome are skips.
type events struct {
	out io.Writer
	on  bool
}

type event struct {
	Action  string
	Package string
	Test    string  `json:",omitempty"`
	Output  string  `json:",omitempty"`
	Elapsed float64 `json:",omitempty"`
}

func (e *events) write(line event) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err) // strings and a number
	}
	fmt.Fprintf(e.out, "%s\n", text)
}

func (e *events) comparison(c *comparison) {
	if !e.on {
		return
	}
	pkg := c.pkg()
	found := map[string]finding{}
	for _, f := range c.findings {
		found[f.test] = f
	}
	action := "pass"
	for _, name := range c.names {
		f := found[name]
		f.write(e, pkg, name)
		if f.fails() {
			action = "fail"
		}
	}
	e.write(event{Action: action, Package: pkg, Elapsed: (c.nativeTime + c.brokerTime).Seconds()})
}

// broken tells of a suite that could not be run.
func (e *events) broken(t task, err error) {
	if e.on {
		e.write(event{Action: "output", Package: t.pkg(), Output: err.Error() + "\n"})
		e.write(event{Action: "fail", Package: t.pkg()})
	}
}

// pkg is the task's name where go test has the package's.
func (t task) pkg() string { return "transparency/" + t.user.name + "/" + t.suite.name }

// fails says that a finding is an error.
func (f finding) fails() bool { return f.verdict == differs && f.reason == "" }

// write tells of one test; the zero finding is of one that is the same.
func (f finding) write(e *events, pkg, name string) {
	action, output := "pass", ""
	switch {
	case f.fails():
		action, output = "fail", f.String()
	case f.verdict == differs:
		action, output = "skip", "known difference: "+f.reason
	case f.verdict == flaky:
		action, output = "skip", "no steady outcome natively: "+f.String()
	case f.verdict == unsteady:
		action, output = "skip", "no steady outcome under the broker: "+f.String()
	}
	if output != "" {
		e.write(event{Action: "output", Package: pkg, Test: name, Output: output + "\n"})
	}
	e.write(event{Action: action, Package: pkg, Test: name})
}
