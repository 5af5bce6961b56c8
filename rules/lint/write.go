package lint

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"seccomp-broker/rules"
)

// maxLine bounds how much of a source line is shown.
const maxLine = 160

var severityColors = map[Severity]string{Warning: "\x1b[33m", Info: "\x1b[36m"}

const colorReset = "\x1b[0m"

// Write shows the findings, each with its place, the source, and what to do.
// diags are those that came with the result; they have the source.
func (r *Result) Write(w io.Writer, diags *rules.Diagnostics, color bool) error {
	var b bytes.Buffer
	for i, f := range r.Findings {
		if i > 0 {
			b.WriteByte('\n')
		}
		f.write(&b, diags, color)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (f *Finding) write(b *bytes.Buffer, diags *rules.Diagnostics, color bool) {
	severity := string(f.Severity)
	if color {
		severity = severityColors[f.Severity] + severity + colorReset
	}
	start := f.Range.Start
	fmt.Fprintf(b, "%s:%d:%d: %s %s: %s\n", rules.Harmless(f.Range.Filename), start.Line, start.Column, severity, f.ID, rules.Harmless(f.Message))
	line := diags.Line(f.Range.Filename, start.Line)
	if len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "") + " ..."
	}
	number := fmt.Sprint(start.Line)
	fmt.Fprintf(b, "  %s | %s\n", number, line)
	fmt.Fprintf(b, "  %s | %s\n", strings.Repeat(" ", len(number)), f.marks(line))
	fmt.Fprintf(b, "  %s   %s\n", strings.Repeat(" ", len(number)), rules.Harmless(f.Remedy))
}

// marks underlines the part of the line that is meant. Columns count characters
// as a person does; tabs stay tabs, so that both lines are equally wide.
func (f *Finding) marks(line string) string {
	from, to := f.Range.Start.Column-1, f.Range.End.Column-1
	if f.Range.End.Line != f.Range.Start.Line {
		to = len([]rune(line))
	}
	var b strings.Builder
	for i, r := range []rune(line) {
		switch {
		case i >= to:
			return b.String()
		case i >= from:
			b.WriteByte('^')
		case r == '\t':
			b.WriteByte('\t')
		default:
			b.WriteByte(' ')
		}
	}
	if b.Len() == 0 {
		return "^"
	}
	return b.String()
}
