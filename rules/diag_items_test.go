package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiagnosticItems(t *testing.T) {
	_, d := loadText(t, "default = \"allow\"\nallow \"a\" {\n  access = [\"raed\"]\n  path   = [\"/é\", \"a\\u001b[31m\"]\n}\n")
	var got []Item
	for _, it := range d.Items() {
		it.File, it.Detail = "", ""
		got = append(got, it)
	}
	want := []Item{
		{Severity: "warning", Summary: "Everything without a rule is allowed", Span: Span{Line: 1, Column: 11, EndLine: 1, EndColumn: 18}},
		{Severity: "error", Summary: "Unknown access class", Span: Span{Line: 3, Column: 13, EndLine: 3, EndColumn: 19}},
		{Severity: "error", Summary: "Relative pattern", Span: Span{Line: 4, Column: 19, EndLine: 4, EndColumn: 32}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, it := range d.Items() {
		if clean(it.Detail) != it.Detail {
			t.Errorf("%q", it.Detail)
		}
	}
}
