package audit

import (
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// What escapeTemplate writes is what hclwrite would write, wherever the two
// meet: text without the characters that are hidden.
func FuzzEscapeTemplate(f *testing.F) {
	for _, s := range []string{"", "plain", `a"b\c`, "${x}", "$${x}", "$$", "%{ if }", "%", "$", "é", "a\u00a0b", "\U000e0001", "日本{"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var look looker
		for _, r := range s {
			if look.hides(r) {
				return
			}
		}
		s = cty.NormalizeString(s)
		src := hclwrite.TokensForValue(cty.StringVal(s)).Bytes()
		if got, want := escapeTemplate(s), string(src[1:len(src)-1]); got != want {
			t.Errorf("escapeTemplate(%q) = %s, hclwrite writes %s", s, got, want)
		}
	})
}
