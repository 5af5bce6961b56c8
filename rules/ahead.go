package rules

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// syntax is what HCL makes of a text.
type syntax struct {
	file  *hcl.File // nil where the parser failed
	diags hcl.Diagnostics
}

// readAhead begins to parse the built-in sets that a text seems to extend, while
// the text itself is read: together they are most of a small policy. Nothing
// depends on whether it guesses right.
func (l *loader) readAhead(src []byte) {
	for _, ref := range builtinRefs() {
		if l.ahead[ref] != nil || l.seen[ref] != nil || !bytes.Contains(src, []byte(ref)) {
			continue
		}
		if l.ahead == nil {
			l.ahead = make(map[string]chan syntax)
		}
		done := make(chan syntax, 1)
		l.ahead[ref] = done
		go func() {
			var s syntax
			defer func() {
				if recover() != nil {
					s = syntax{} // it fails again where that is reported
				}
				done <- s
			}()
			text, _ := Builtin(ref[len(builtinPrefix):])
			s.file, s.diags = hclsyntax.ParseConfig(withoutComments(text), ref, hcl.InitialPos)
		}()
	}
}

// syntax parses a chunk, unless that has been done ahead.
func (f *file) syntax(ch chunk) syntax {
	if done := f.ahead[f.name]; done != nil {
		delete(f.ahead, f.name)
		if s := <-done; s.file != nil {
			return s
		}
	}
	file, diags := hclsyntax.ParseConfig(ch.text, f.name, ch.start)
	return syntax{file, diags}
}
