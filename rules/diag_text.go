package rules

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// harmless replaces what a terminal might obey, or what turns the order of text
// round, keeping every position. Rule files come from repositories as well as from
// their reader.
func harmless(src []byte) []byte {
	var out []byte
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if !obeyed(r, size) || r == '\r' && bytes.HasPrefix(src[i:], []byte("\r\n")) {
			i += size
			continue
		}
		if out == nil {
			out = bytes.Clone(src)
		}
		for ; size > 0; size-- {
			out[i] = '?'
			i++
		}
	}
	if out == nil {
		return src
	}
	return out
}

// obeyed reports whether a terminal could act on a character: a control other than
// white space, a byte of no character, which older terminals take for a control
// (0x9b begins a sequence), or one that changes the direction of text or ends a line.
func obeyed(r rune, size int) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r == utf8.RuneError && size == 1:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// Harmless replaces what a terminal might obey in a text, as in the diagnostics.
func Harmless(s string) string { return clean(s) }

func clean(s string) string { return string(harmless([]byte(s))) }

// shortened cuts a text that quotes more of the source than helps anybody.
func shortened(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + " ... (shortened)"
}

// named is a diagnostic whose files' names can be shown.
func named(x *hcl.Diagnostic) *hcl.Diagnostic {
	c := *x
	for _, r := range []**hcl.Range{&c.Subject, &c.Context} {
		if *r != nil {
			shown := **r
			shown.Filename = clean(shown.Filename)
			*r = &shown
		}
	}
	return &c
}
