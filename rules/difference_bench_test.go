package rules

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkCompare compares large policies that differ in one rule.
func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n, " rules"), func(b *testing.B) {
			var text strings.Builder
			for i := range n {
				text.WriteString(rule("allow", fmt.Sprint("r", i), "read", fmt.Sprintf("/srv/d%d/s%d/**", i%100, i)))
			}
			text.WriteString(rule("deny", "keys", "read", "/**/*.pem"))
			before := mustLoad(b, text.String())
			after := mustLoad(b, text.String()+rule("deny", "more", "read", "/srv/d1/s1/secret"))
			for b.Loop() {
				d := Compare(before, after)
				if !d.Whole || len(d.List) != 1 {
					b.Fatalf("%v, %d differences", d.Whole, len(d.List))
				}
			}
		})
	}
}
