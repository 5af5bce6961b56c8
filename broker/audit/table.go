package audit

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// The widths below which the path and rule columns are never cut.
const (
	minPath = 16
	minRule = 12
)

// section is one table of the summary.
type section struct {
	action Action
	title  string
}

var sections = []section{
	{Denied, "refused"},
	{WouldDeny, "would be refused in enforce mode"},
	{Error, "refused because something failed"},
	{Emulated, "emulated"},
	{shadowRefuses, "would newly be refused by the shadow rules"},
	{shadowAllows, "would newly be allowed by the shadow rules"},
	{shadowDiffers, "would be answered otherwise by the shadow rules"},
}

// Write prints the summary, each line beginning "broker: "; it prints nothing
// if nothing was refused. Paths and rules are cut in the middle so that lines
// keep to terminalWidth cells as far as that goes (0: no limit). color adds
// SGR sequences.
func (s *Summary) Write(w io.Writer, terminalWidth int, color bool) error {
	if refused, allowed, other := s.Shadow(); s.Refused()+refused+allowed+other == 0 {
		return nil
	}
	var out bytes.Buffer
	paint := func(sgr, text string) string {
		if !color {
			return text
		}
		return sgr + text + reset
	}
	for _, sec := range sections {
		rows, more := s.rows(sec.action)
		if len(rows)+int(more) == 0 {
			continue
		}
		total := more
		for _, r := range rows {
			total += r.count
		}
		out.WriteString(paint(bold, fmt.Sprintf("%d %s %s:", total, plural(total, "call", "calls"), sec.title)) + "\n")
		writeTable(&out, rows[:min(len(rows), maxRows)], terminalWidth-len("broker: "))
		writeMore(&out, rows, more)
	}
	s.writeAdvice(&out, paint)
	return prefixLines(w, out.String(), paint(yellow, "broker:")+" ")
}

// prefixLines writes text with a prefix on each line, in one write so that the
// target's own output cannot land between the lines.
func prefixLines(w io.Writer, text, prefix string) error {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(prefix)
		b.WriteString(line)
	}
	_, err := io.WriteString(Survive(w), b.String())
	return err
}

// writeMore says what the table leaves out.
func writeMore(out *bytes.Buffer, rows []entry, more uint64) {
	if len(rows) > maxRows {
		var calls uint64
		for _, r := range rows[maxRows:] {
			calls += r.count
		}
		n := len(rows) - maxRows
		fmt.Fprintf(out, "  … and %d more %s (%d %s)\n", n, plural(n, "line", "lines"), calls, plural(calls, "call", "calls"))
	}
	if more > 0 {
		fmt.Fprintf(out, "  … and %d more %s, of kinds beyond the %d that are kept\n",
			more, plural(more, "call", "calls"), maxEntries)
	}
}

// columns of a table row: count, class, path, rule, syscall.
const (
	colCount = iota
	colClass
	colPath
	colRule
	colCall
	columns
)

// writeTable prints rows in columns as wide as their widest cell.
func writeTable(out *bytes.Buffer, rows []entry, room int) {
	cells := [][columns]string{{"count", "class", "path", "rule", "call"}}
	for i := range rows {
		cells = append(cells, rows[i].cells())
	}
	var widths [columns]int
	for _, row := range cells {
		for c, text := range row {
			widths[c] = max(widths[c], cellWidth(text))
		}
	}
	if room > 0 {
		over := sum(widths[:]) + 2*columns - room
		over -= shrink(&widths[colPath], over, minPath)
		shrink(&widths[colRule], over, minRule) // the advice below names rules in full
	}
	for _, row := range cells {
		row[colPath] = cutMiddle(row[colPath], widths[colPath])
		row[colRule] = cutMiddle(row[colRule], widths[colRule])
		var line strings.Builder
		for c, text := range row {
			pad := strings.Repeat(" ", max(widths[c]-cellWidth(text), 0))
			if c == colCount {
				text, pad = pad+text, ""
			}
			line.WriteString("  " + text + pad)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// shrink takes up to over cells from a column, but leaves it least, and
// returns how many it took.
func shrink(width *int, over, least int) int {
	take := max(min(over, *width-least), 0)
	*width -= take
	return take
}

// cells renders a row, escaped.
func (e *entry) cells() [columns]string {
	rule := "no rule"
	switch {
	case e.rule != (Rule{}):
		rule = quoted(Escape(e.rule.Name)) + " at " + place(&e.rule)
	case e.action == Error:
		rule = "error"
		if e.reason != "" {
			rule += ": " + cutMiddle(Escape(e.reason), 40)
		}
	}
	var calls []string
	for i, c := range e.syscalls {
		if i == maxCalls {
			calls = append(calls, "…")
			break
		}
		calls = append(calls, Quote(c))
	}
	path := "-"
	if e.subject != "" {
		path = Quote(e.subject)
	}
	return [columns]string{fmt.Sprint(e.count), words(e.access), path, rule, strings.Join(calls, ", ")}
}

// cellWidth is the number of terminal cells of an escaped text.
func cellWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if unicode.Is(unicode.M, r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cutMiddle shortens s to limit cells, keeping both ends: the directory says
// where, the last component says what.
func cutMiddle(s string, limit int) string {
	if cellWidth(s) <= limit {
		return s
	}
	runes := []rune(s)
	head, room := 0, (limit-1)/3
	for room -= runeWidth(runes[head]); room >= 0; room -= runeWidth(runes[head]) {
		head++
	}
	tail, room := len(runes), limit-1-cellWidth(string(runes[:head]))
	for room -= runeWidth(runes[tail-1]); room >= 0; room -= runeWidth(runes[tail-1]) {
		tail--
	}
	for tail < len(runes) && unicode.Is(unicode.M, runes[tail]) {
		tail++ // a mark would attach to the ellipsis
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}

func sum(list []int) (n int) {
	for _, v := range list {
		n += v
	}
	return n
}
