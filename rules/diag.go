package rules

import (
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

// maxShown bounds what Write shows: each snippet scans the source from its
// beginning, so that a large file full of errors would take minutes.
const maxShown = 200

// HasErrors says whether there is an error, as opposed to warnings only.
func (d *Diagnostics) HasErrors() bool { return d != nil && d.list.HasErrors() }

// All gives every diagnostic in the order of the source text.
func (d *Diagnostics) All() hcl.Diagnostics {
	if d == nil {
		return nil
	}
	return slices.Clone(d.list)
}

// Error is every error on a line of its own, "file:line,column: summary; detail".
func (d *Diagnostics) Error() string {
	var lines []string
	for _, x := range d.All() {
		if x.Severity == hcl.DiagError {
			lines = append(lines, x.Error())
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
	if err := hcl.NewDiagnosticTextWriter(w, d.files, width, color).WriteDiagnostics(list); err != nil {
		return err
	}
	if rest > 0 {
		_, err := fmt.Fprintf(w, "... and %d more.\n", rest)
		return err
	}
	return nil
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
	d.files[name] = &hcl.File{Bytes: src}
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
