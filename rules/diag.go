package rules

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Diagnostics are the errors and warnings of one Load, with the source text
// that they point at. Not safe for use while Load runs; afterwards they do not
// change.
type Diagnostics struct {
	list  hcl.Diagnostics
	files map[string]*hcl.File
	order map[string]int // of files, as first read
}

// Bounds on what Write shows.
const (
	maxShown   = 200
	maxSnippet = 4 << 10 // bytes of source beside one diagnostic
	maxText    = 2 << 10 // bytes of a summary or a detail, which may quote the source
)

// cannotRead is the summary of the error about a file that cannot be read.
const cannotRead = "Cannot read rules"

// HasErrors says whether there is an error, as opposed to warnings only.
func (d *Diagnostics) HasErrors() bool { return d != nil && d.list.HasErrors() }

// Unreadable says whether a file of Options.Files cannot be read at all. One
// that another file extends has a place there that is wrong.
func (d *Diagnostics) Unreadable() bool {
	return slices.ContainsFunc(d.All(), func(x *hcl.Diagnostic) bool {
		return x.Summary == cannotRead && x.Subject == nil
	})
}

// All gives every diagnostic in the order of the source text. What they say has
// nothing in it that a terminal might obey; names of files may have.
func (d *Diagnostics) All() hcl.Diagnostics {
	if d == nil {
		return nil
	}
	list := make(hcl.Diagnostics, 0, len(d.list))
	for _, x := range d.list {
		c := *x
		c.Summary, c.Detail = shortened(clean(c.Summary)), shortened(clean(c.Detail))
		list = append(list, &c)
	}
	return list
}

// Error is every error on a line of its own, "file:line,column: summary; detail".
func (d *Diagnostics) Error() string {
	var lines []string
	for _, x := range d.All() {
		if x.Severity == hcl.DiagError {
			lines = append(lines, named(x).Error())
		}
	}
	return strings.Join(lines, "\n")
}

// Write shows every diagnostic with its snippet of source; width 0 does not
// wrap. Of more than 200 it shows the first and the number of the others.
func (d *Diagnostics) Write(w io.Writer, width uint, color bool) error {
	list := d.All()
	rest := 0
	if len(list) > maxShown {
		list, rest = list[:maxShown], len(list)-maxShown
	}
	if len(list) == 0 {
		return nil
	}
	for _, x := range list {
		x, files := d.excerpt(x)
		if x.Subject != nil {
			files = map[string]*hcl.File{clean(x.Subject.Filename): files[x.Subject.Filename]}
			x = named(x)
		}
		if err := hcl.NewDiagnosticTextWriter(w, files, width, color).WriteDiagnostic(x); err != nil {
			return err
		}
	}
	if rest > 0 {
		_, err := fmt.Fprintf(w, "... and %d more.\n", rest)
		return err
	}
	return nil
}

// excerpt gives x with a file that holds only the lines it is about, at their
// numbers. HCL looks for the lines from the beginning of the file, character by
// character, which takes a second for each diagnostic in a file of ten megabytes.
func (d *Diagnostics) excerpt(x *hcl.Diagnostic) (*hcl.Diagnostic, map[string]*hcl.File) {
	if x.Subject == nil || d.files[x.Subject.Filename] == nil {
		return x, nil
	}
	src := d.files[x.Subject.Filename].Bytes
	span := *x.Subject
	if x.Context != nil {
		span = hcl.RangeOver(span, *x.Context)
	}
	if span.Start.Byte > len(src) || span.End.Byte > len(src) || span.End.Byte-span.Start.Byte > maxSnippet {
		return x, nil
	}
	from := bytes.LastIndexByte(src[:span.Start.Byte], '\n') + 1
	to := len(src)
	if i := bytes.IndexByte(src[span.End.Byte:], '\n'); i >= 0 {
		to = span.End.Byte + i + 1
	}
	if to-from > maxSnippet {
		return x, nil
	}
	above := span.Start.Line - 1
	moved := *x
	shift := func(r *hcl.Range) *hcl.Range {
		if r == nil {
			return nil
		}
		s := *r
		s.Start.Byte += above - from
		s.End.Byte += above - from
		return &s
	}
	moved.Subject, moved.Context = shift(x.Subject), shift(x.Context)
	text := append(bytes.Repeat([]byte("\n"), above), src[from:to]...)
	return &moved, map[string]*hcl.File{x.Subject.Filename: {Bytes: text}}
}

// Line gives a line of a file that was loaded, from 1, without what a terminal
// might obey; "" where there is none.
func (d *Diagnostics) Line(file string, n int) string {
	f := d.files[file]
	if f == nil || n < 1 {
		return ""
	}
	rest := f.Bytes
	for ; n > 1; n-- {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return ""
		}
		rest = rest[i+1:]
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return string(bytes.TrimRight(line, "\r"))
}

// errorf adds an error; rng may be nil.
func (d *Diagnostics) errorf(rng *hcl.Range, summary, format string, args ...any) {
	d.list = append(d.list, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: rng,
	})
}

func (d *Diagnostics) warnf(rng *hcl.Range, summary, format string, args ...any) {
	d.list = append(d.list, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: rng,
	})
}

// addHCL takes over what HCL itself found. The values that HCL would print
// beside an expression are dropped: they may hold protected characters, and
// they may be secrets from the environment.
func (d *Diagnostics) addHCL(list hcl.Diagnostics) {
	for _, x := range list {
		c := *x
		c.Expression, c.EvalContext = nil, nil
		c.Summary, c.Detail = decodeLiteral(c.Summary), decodeLiteral(c.Detail)
		d.list = append(d.list, &c)
	}
}

// addFile keeps the text for snippets, not the syntax tree.
func (d *Diagnostics) addFile(name string, src []byte) {
	d.order[name] = len(d.files)
	d.files[name] = &hcl.File{Bytes: harmless(src)}
}

// sort orders by file as read, then by place; those without a place first.
func (d *Diagnostics) sort() {
	key := func(x *hcl.Diagnostic) (int, int) {
		if x.Subject == nil {
			return -1, 0
		}
		return d.order[x.Subject.Filename], x.Subject.Start.Byte
	}
	slices.SortStableFunc(d.list, func(x, y *hcl.Diagnostic) int {
		fx, bx := key(x)
		fy, by := key(y)
		if fx != fy {
			return fx - fy
		}
		return bx - by
	})
}

// isLabelTemplate recognises HCL's complaint about "${...}" in the name of a
// block, whose advice to double the $ would not help here.
func isLabelTemplate(x *hcl.Diagnostic) bool {
	return strings.HasPrefix(x.Detail, "Template sequences are not allowed")
}
