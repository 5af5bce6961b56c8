package rules

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// HCL parses and evaluates by recursion, and a Go stack that overflows ends the
// process; no recover helps. So the tokens are looked at first: how deep they
// nest, and how long an expression runs on, since "a+a+a..." nests as well.
const (
	maxNesting = 40
	maxRun     = 2000
)

// guardTokens reports text that nests too deeply to be parsed. whole says that
// every bracket, string and comment that it opens it also closes.
func guardTokens(ch chunk, name string) (whole bool, diag *hcl.Diagnostic) {
	if whole, sure := guardPlain(ch.text); sure {
		return whole, nil
	}
	return guardAll(ch, name)
}

// guardAll is guardTokens for any text.
func guardAll(ch chunk, name string) (whole bool, diag *hcl.Diagnostic) {
	// Errors of the lexer come again from the parser.
	tokens, _ := hclsyntax.LexConfig(ch.text, name, ch.start)
	type level struct {
		run  int
		body bool // braces or the top: a newline ends an expression
	}
	levels := []level{{body: true}}
	comment := false // a "/*" that no token closes
	for i := range tokens {
		t := &tokens[i]
		at := &levels[len(levels)-1]
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			at.run++
			levels = append(levels, level{body: t.Type == hclsyntax.TokenOBrace})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(levels) > 1 {
				levels = levels[:len(levels)-1]
			}
		case hclsyntax.TokenComma, hclsyntax.TokenEqual:
			at.run = 0
		case hclsyntax.TokenNewline:
			if at.body {
				at.run = 0
			}
		case hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit, hclsyntax.TokenComment:
		case hclsyntax.TokenSlash:
			at.run++
			comment = comment || i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenStar
		default:
			at.run++
		}
		if len(levels) > maxNesting || levels[len(levels)-1].run > maxRun {
			return false, &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Expression too complex",
				Detail: "The text nests more than " + strconv.Itoa(maxNesting) + " deep, or one expression has more than " +
					strconv.Itoa(maxRun) + " parts. Split it up, for instance with locals.",
				Subject: t.Range.Ptr(),
			}
		}
	}
	return len(levels) == 1 && !comment, nil
}

var unicodeEscape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`)
})

// guardText reports text that would change its meaning on the way through HCL.
// HCL turns strings into normal form C, so a pattern written in another form
// would silently protect another file; and some private-use characters are
// taken (see literal.go).
func guardText(src []byte, name string) *hcl.Diagnostic {
	if isASCII(src) && !bytes.Contains(src, []byte(`\u`)) && !bytes.Contains(src, []byte(`\U`)) {
		return nil
	}
	offset := 0
	for i, line := range strings.SplitAfter(string(src), "\n") {
		text := unicodeEscape().ReplaceAllStringFunc(line, func(s string) string {
			n, _ := strconv.ParseUint(s[2:], 16, 32)
			return string(rune(n))
		})
		rng := &hcl.Range{
			Filename: name,
			Start:    hcl.Pos{Line: i + 1, Column: 1, Byte: offset},
			End:      hcl.Pos{Line: i + 1, Column: 1 + len(line), Byte: offset + len(strings.TrimRight(line, "\r\n"))},
		}
		offset += len(line)
		if hasLiteral(text) {
			return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Reserved character", Subject: rng,
				Detail: "This line holds a private-use character of U+F0000 to U+F00FF, which rules cannot use. In a pattern, ? matches any one character."}
		}
		if cty.NormalizeString(text) != text {
			return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Text is not in Unicode normal form C", Subject: rng,
				Detail: "Rules must be written with composed characters, or a pattern would mean another file than it shows. In a pattern, ? matches any one character and * any number: e? stands for an e with a separate accent."}
		}
	}
	return nil
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
