package main

import (
	"bytes"
	"fmt"
	"io"
)

// Colours of the table's states.
var stateColors = map[string]string{
	stateOK:      "\x1b[32m",
	stateMissing: "\x1b[31m",
	stateUntried: "\x1b[33m",
	stateNote:    "\x1b[36m",
}

const colorReset = "\x1b[0m"

// writeTable prints the report for a person: what is fine on one line each,
// what is missing with the reason and what to do.
func (d diagnosis) writeTable(w io.Writer, color bool) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "broker %s, Linux %s %s, libseccomp %s\n", d.Broker, d.Kernel, d.Machine, d.Library)
	wide := 0
	for _, c := range d.Checks {
		wide = max(wide, len(c.Name))
	}
	group := ""
	for _, c := range d.Checks {
		if c.group != group {
			group = c.group
			fmt.Fprintf(&out, "\n%s\n", group)
		}
		c.writeRow(&out, wide, color)
	}
	fmt.Fprintf(&out, "\n%s\n", d.conclusion())
	_, err := w.Write(out.Bytes())
	return err
}

func (c check) writeRow(out *bytes.Buffer, wide int, color bool) {
	state := fmt.Sprintf("%-7s", c.State)
	if color {
		state = stateColors[c.State] + state + colorReset
	}
	fact := c.Detail
	if c.Since != "" && fact == "" {
		fact = "since Linux " + c.Since
	}
	if c.State == stateMissing && c.Need != "" {
		fact = c.Need + joined("; ", fact)
	}
	fmt.Fprintf(out, "  %s  %-*s  %s\n", state, wide, c.Name, fact)
	if c.Error != "" {
		fmt.Fprintf(out, "           why: %s\n", c.Error)
	}
	if c.Remedy != "" {
		fmt.Fprintf(out, "           do:  %s\n", c.Remedy)
	}
}

// joined is text behind a separator, nothing if there is no text.
func joined(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

func (d diagnosis) conclusion() string {
	bars, lacks := 0, 0
	for _, c := range d.Checks {
		switch {
		case c.State != stateMissing:
		case c.bars():
			bars++
		default:
			lacks++
		}
	}
	switch {
	case bars > 0:
		return fmt.Sprintf("broker cannot run programs here: %d required %s missing", bars, isAre(bars))
	case lacks > 0:
		return fmt.Sprintf("broker can run programs here; %d recommended %s missing", lacks, isAre(lacks))
	}
	return "broker can run programs here; nothing is missing"
}

func isAre(n int) string {
	if n == 1 {
		return "thing is"
	}
	return "things are"
}
