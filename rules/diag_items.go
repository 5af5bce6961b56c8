package rules

import "github.com/hashicorp/hcl/v2"

// Span is a place in a file, as other programs want it: lines and columns from
// 1, columns in characters, the end exclusive. The zero value is no place.
type Span struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"end_line,omitempty"`
	EndColumn int    `json:"end_column,omitempty"`
}

// SpanOf gives the span of a range.
func SpanOf(r hcl.Range) Span {
	return Span{r.Filename, r.Start.Line, r.Start.Column, r.End.Line, r.End.Column}
}

// Item is a diagnostic, as other programs want it.
type Item struct {
	Severity string `json:"severity"` // error or warning
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Span
}

// Items gives every diagnostic in the order of the source text, without what a
// terminal might obey.
func (d *Diagnostics) Items() []Item {
	list := []Item{}
	for _, x := range d.All() {
		it := Item{Severity: "error", Summary: x.Summary, Detail: x.Detail}
		if x.Severity == hcl.DiagWarning {
			it.Severity = "warning"
		}
		if x.Subject != nil {
			it.Span = SpanOf(*x.Subject)
			it.File = clean(it.File)
		}
		list = append(list, it)
	}
	return list
}
