package rules

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnyone(t *testing.T) {
	p := mustLoad(t, rule("allow", "work", "read", "/w/**")+
		"program \"/bin/ed\" {\n"+rule("allow", "edit", "write", "/w/**")+rule("deny", "keep", "write", "/w/keep")+"}\n"+
		"program \"/bin/vi\" {\n"+rule("allow", "edit too", "write", "/w/keep")+"}\n"+
		"program \"/**\" {\n"+rule("deny", "never", "write", "/w/never")+"}\n")
	for _, tt := range []struct {
		access Access
		path   string
		want   bool
	}{
		{Read, "/w/x", true}, {Write, "/w/x", true}, {Read | Write, "/w/x", true}, {Create, "/w/x", false},
		{Create | Write, "/w/x", true}, {Write, "/w/keep", true}, {Write, "/w/never", false}, {Read, "/x", false},
	} {
		if got := p.Anyone(tt.access, []byte(tt.path)); got != tt.want {
			t.Errorf("%v %s: %v", tt.access, tt.path, got)
		}
	}
}

// What cannot be looked at wholly may be allowed to somebody.
func TestAnyoneOfTooMany(t *testing.T) {
	var b strings.Builder
	for i := range maxRunners + 10 {
		fmt.Fprintf(&b, "program \"/bin/p%d\" {\n%s}\n", i, rule("allow", fmt.Sprintf("own %d", i), "read", fmt.Sprintf("/p/%d", i)))
	}
	if p := mustLoad(t, b.String()); !p.Anyone(Write, []byte("/p/1")) {
		t.Error("nobody, although not everybody was looked at")
	}
}
