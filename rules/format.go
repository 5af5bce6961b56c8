package rules

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// ReadFile reads a rule file as Load does: regular files of at most 32 MiB. Its
// errors are single lines that name the file and what to do.
func ReadFile(name string) ([]byte, error) { return readSource(name) }

// MaxFile is how large a rule file may be, in bytes.
const MaxFile = maxSource

// CheckSyntax reads a rule file's text as far as its syntax goes: whether its
// words mean something is for [Load]. name is for the diagnostics.
func CheckSyntax(name string, src []byte) *Diagnostics {
	d := &Diagnostics{files: make(map[string]*hcl.File), order: make(map[string]int)}
	d.addFile(name, src)
	f := &file{loader: &loader{d: d}, name: name}
	if diag := guardText(src, name); diag != nil {
		d.list = append(d.list, diag)
		return d
	}
	cut := chunker{name: name, rest: src, pos: hcl.InitialPos}
	for {
		ch, diag, ok := cut.next()
		if diag != nil {
			d.list = append(d.list, diag)
		}
		if !ok || diag != nil {
			break
		}
		f.parse(ch)
	}
	if cut.torn && !d.HasErrors() { // cannot happen: HCL reports what is not closed
		d.errorf(nil, "Syntax error", "%s: a bracket, quote or comment is never closed.", name)
	}
	d.sort()
	return d
}

// Format gives a rule file's text in its one canonical form: indentation by two
// spaces, the values of neighbouring attributes in one column, at most one blank
// line, no spaces at the ends of lines, "\n" after each. Nothing that means
// something is changed: strings, heredocs and the order of things stay. The
// text is nil where its syntax is wrong.
func Format(name string, src []byte) ([]byte, *Diagnostics) {
	d := CheckSyntax(name, src)
	if d.HasErrors() {
		return nil, d
	}
	out := src
	// Where a comment stands among aligned lines, one pass can move what the
	// next one aligns.
	const passes = 4
	for range passes {
		next := tidyLines(name, hclwrite.Format(out))
		if bytes.Equal(next, out) {
			break
		}
		out = next
	}
	if !sameTokens(name, src, out) {
		d.errorf(nil, internalError, "%s would mean something else when it is formatted. Please report it with the file.", name)
		return nil, d
	}
	return out, d
}

// tidyLines takes out blank lines beyond one, at the beginning and at the end,
// and spaces at the ends of comments.
func tidyLines(name string, src []byte) []byte {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	out := make([]byte, 0, len(src))
	at, newlines := 0, 2 // at the beginning no blank line is wanted
	for _, t := range tokens {
		text := src[t.Range.Start.Byte:t.Range.End.Byte]
		gap := src[at:t.Range.Start.Byte]
		at = t.Range.End.Byte
		switch {
		case t.Type == hclsyntax.TokenNewline:
			if newlines++; newlines > 2 {
				newlines = 2
				continue
			}
			out = append(out, '\n')
			continue
		case t.Type == hclsyntax.TokenEOF:
			continue
		case t.Type == hclsyntax.TokenComment && isLineComment(text):
			out = append(append(out, gap...), bytes.TrimRight(text, " \t\r\n")...)
			if bytes.HasSuffix(text, []byte("\n")) {
				out = append(out, '\n')
				newlines = 1
				continue
			}
		default:
			out = append(append(out, gap...), text...)
		}
		newlines = 0
	}
	out = bytes.TrimRight(out, "\n")
	if len(out) > 0 {
		out = append(out, '\n')
	}
	return out
}

func isLineComment(text []byte) bool {
	return bytes.HasPrefix(text, []byte("#")) || bytes.HasPrefix(text, []byte("//"))
}

// sameTokens says whether two texts differ in nothing but spaces, blank lines
// and line ends.
func sameTokens(name string, a, b []byte) bool {
	return slices.EqualFunc(meaning(name, a), meaning(name, b), bytes.Equal)
}

// meaning lists the tokens. Newlines that follow one another are one, and none
// at the beginning and at the end.
func meaning(name string, src []byte) [][]byte {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	var list [][]byte
	newline := []byte("\n")
	end := func() {
		if n := len(list); n > 0 && !bytes.Equal(list[n-1], newline) {
			list = append(list, newline)
		}
	}
	for _, t := range tokens {
		switch {
		case t.Type == hclsyntax.TokenNewline, t.Type == hclsyntax.TokenEOF:
			end()
		case t.Type == hclsyntax.TokenComment && isLineComment(t.Bytes):
			list = append(list, bytes.TrimRight(t.Bytes, " \t\r\n"))
			if bytes.HasSuffix(t.Bytes, newline) {
				end()
			}
		default:
			list = append(list, t.Bytes)
		}
	}
	end()
	return list
}
