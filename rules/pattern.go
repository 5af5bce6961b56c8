package rules

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of one pattern. A path is at most PATH_MAX (4096) bytes, so a longer
// pattern could not match; the cap on alternatives keeps `{a,b}{a,b}...` from
// growing without end.
const (
	maxPath       = 4096
	maxQuery      = 1 << 16 // a path can be longer than PATH_MAX: names are relative
	maxExpansions = 1000
	maxWritten    = 16 * maxPath // before braces are expanded
)

// tok is one unit of a pattern: a literal byte (below 256) or a special.
type tok uint16

const (
	tokOne   tok = 256 + iota // ?
	tokAny                    // *
	tokDeep                   // **
	tokSlash                  // separator
	tokOpen                   // {
	tokComma                  // , inside braces
	tokClose                  // }
	tokRoot                   // "/" from a variable: a separator that merges with the next
)

// compKind says how a component matches.
type compKind uint8

const (
	compLiteral compKind = iota // exactly text
	compAny                     // `*`: any one component
	compGlob                    // toks
	compDeep                    // `**`
)

// component is one part of a pattern between slashes.
type component struct {
	kind compKind
	text string // compLiteral
	toks []tok  // compGlob: literal bytes, tokOne, tokAny
}

// pattern is one alternative of a written pattern: no braces left.
type pattern []component

// patternError is what is wrong with a pattern and what to write instead.
type patternError struct{ summary, detail string }

func (e *patternError) Error() string { return e.summary + ": " + e.detail }

func patternErr(summary, format string, args ...any) error {
	return &patternError{summary, fmt.Sprintf(format, args...)}
}

// parsePattern parses a pattern, which may hold protected literal bytes, into
// its alternatives, duplicates removed.
func parsePattern(s string) ([]pattern, error) {
	if err := checkPatternStart(s); err != nil {
		return nil, err
	}
	toks, err := lexPattern(s)
	if err != nil {
		return nil, err
	}
	expanded, err := expandBraces(toks)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(expanded))
	var out []pattern
	for _, alt := range expanded {
		p, err := splitPattern(alt)
		if err != nil {
			return nil, err
		}
		if len(expanded) > 1 {
			key := p.String()
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		out = append(out, p)
	}
	return out, nil
}

func checkPatternStart(s string) error {
	r, _ := utf8.DecodeRuneInString(s)
	c, protected := literalByte(r)
	switch {
	case len(s) > 4*maxWritten: // protected bytes take four
		return patternErr("Pattern too long", "It has %d bytes; write several patterns of at most %d.", len(s), maxWritten)
	case s == "":
		return patternErr("Empty pattern", `A pattern is an absolute path such as "/usr/**".`)
	case s[0] == '~':
		return patternErr("A pattern cannot start with ~", `The shell's ~ means nothing here. Write "${home}%s".`,
			displayPattern(s[1:]))
	case s[0] != '/' && s[0] != '{' && !(protected && c == '/'):
		return patternErr("Relative pattern", `A pattern must start with "/". Write "${cwd}/%s" for a path in the working directory, or "/**/%s" for one at any depth.`,
			displayPattern(s), displayPattern(s))
	}
	return nil
}

// lexPattern turns the text into tokens and checks the use of braces.
func lexPattern(s string) ([]tok, error) {
	toks := make([]tok, 0, len(s))
	depth := 0
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		c, protected := literalByte(r)
		switch {
		case protected && c == '/':
			toks = append(toks, tokRoot)
		case protected:
			toks = append(toks, tok(c))
		case r == '\\':
			if i+1 == len(s) || strings.IndexByte(metachars, s[i+1]) < 0 {
				return nil, patternErr("Bad escape in pattern", `In %q a backslash must stand before one of %s. Inside an HCL string each backslash is written twice: "\\*".`,
					displayPattern(s), metachars)
			}
			toks = append(toks, tok(s[i+1]))
			w = 2
		case r == '[' || r == ']':
			return nil, patternErr("Character classes are not part of the language", `In %q, write {a,b} for either of two characters or ? for any one. For the character itself write "\\%c" (a backslash, twice inside an HCL string).`,
				displayPattern(s), r)
		case r == '/':
			toks = append(toks, tokSlash)
		case r == '?':
			toks = append(toks, tokOne)
		case r == '*' && strings.HasPrefix(s[i:], "**"):
			toks = append(toks, tokDeep)
			w = 2
		case r == '*':
			toks = append(toks, tokAny)
		case r == '{':
			depth++
			toks = append(toks, tokOpen)
		case r == '}':
			if depth--; depth < 0 {
				return nil, patternErr("Unbalanced braces in pattern", `In %q a } has no { before it. For the character itself write "\\}".`, displayPattern(s))
			}
			toks = append(toks, tokClose)
		case r == ',' && depth > 0:
			toks = append(toks, tokComma)
		default:
			for k := 0; k < w; k++ {
				toks = append(toks, tok(s[i+k]))
			}
		}
		i += w
	}
	if depth > 0 {
		return nil, patternErr("Unbalanced braces in pattern", `In %q a { is never closed. For the character itself write "\\{".`, displayPattern(s))
	}
	return toks, nil
}

// splitPattern cuts brace-free tokens into components and checks each.
func splitPattern(toks []tok) (pattern, error) {
	shown := showToks(toks)
	if len(shown) > maxPath {
		return nil, patternErr("Pattern too long", "It has %d bytes, and no path has more than %d.", len(shown), maxPath)
	}
	toks = mergeRoot(toks)
	if len(toks) == 0 || toks[0] != tokSlash {
		return nil, patternErr("Relative pattern", `The alternative %q does not start with "/".`, shown)
	}
	toks = toks[1:]
	var p pattern
	if len(toks) == 0 {
		return p, nil // "/" itself
	}
	for start := 0; start <= len(toks); {
		end := start
		for end < len(toks) && toks[end] != tokSlash {
			end++
		}
		last := end == len(toks)
		c, err := parseComponent(toks[start:end], shown, last)
		if err != nil {
			return nil, err
		}
		// `/**/**` means what `/**` means; one state instead of two.
		if !(c.kind == compDeep && len(p) > 0 && p[len(p)-1].kind == compDeep) {
			p = append(p, c)
		}
		start = end + 1
	}
	return p, nil
}

func parseComponent(toks []tok, shown string, last bool) (component, error) {
	switch {
	case len(toks) == 0 && last:
		return component{}, patternErr("Trailing slash in pattern", `Write %q for the directory itself, or %q for it and everything below.`,
			strings.TrimRight(shown, "/"), shown+"**")
	case len(toks) == 0:
		return component{}, patternErr("Empty component in pattern", `%q holds "//". Write a single slash.`, shown)
	case len(toks) == 1 && toks[0] == tokDeep:
		return component{kind: compDeep}, nil
	case len(toks) == 1 && toks[0] == tokAny:
		return component{kind: compAny}, nil
	}
	literal := true
	for i, t := range toks {
		switch {
		case t == 0:
			return component{}, patternErr("NUL in pattern", "%q holds a NUL byte, which no path can hold.", shown)
		case t == tokDeep, t == tokAny && i > 0 && toks[i-1] == tokAny:
			return component{}, patternErr("** must be a whole component", `In %q, write "*" to stay inside one name, or put ** between slashes ("/**/") to span directories.`, shown)
		case t == tokAny || t == tokOne:
			literal = false
		}
	}
	if !literal {
		return component{kind: compGlob, toks: toks}, nil
	}
	text := literalText(toks)
	if text == "." || text == ".." {
		return component{}, patternErr(fmt.Sprintf("%q in pattern", text), `Rules are matched on canonical paths, which never hold "." or "..". Write the resolved path instead of %q.`, shown)
	}
	return component{kind: compLiteral, text: text}, nil
}

// mergeRoot turns root marks into slashes, dropping one that a slash follows.
func mergeRoot(toks []tok) []tok {
	out := make([]tok, 0, len(toks))
	for i, t := range toks {
		if t == tokRoot {
			if i+1 < len(toks) && (toks[i+1] == tokSlash || toks[i+1] == tokRoot) {
				continue
			}
			t = tokSlash
		}
		out = append(out, t)
	}
	return out
}

func literalText(toks []tok) string {
	b := make([]byte, len(toks))
	for i, t := range toks {
		b[i] = byte(t)
	}
	return string(b)
}

// literalPrefix counts the leading literal components.
func (p pattern) literalPrefix() int {
	for i, c := range p {
		if c.kind != compLiteral {
			return i
		}
	}
	return len(p)
}

// String writes p as a pattern again.
func (p pattern) String() string {
	if len(p) == 0 {
		return "/"
	}
	var b strings.Builder
	for _, c := range p {
		b.WriteByte('/')
		switch c.kind {
		case compDeep:
			b.WriteString("**")
		case compAny:
			b.WriteByte('*')
		case compGlob:
			b.WriteString(showToks(c.toks))
		default:
			for i := 0; i < len(c.text); i++ {
				writeByte(&b, c.text[i])
			}
		}
	}
	return b.String()
}

func writeByte(b *strings.Builder, c byte) {
	if strings.IndexByte(metachars, c) >= 0 {
		b.WriteByte('\\')
	}
	b.WriteByte(c)
}

// showToks writes brace-free tokens as a pattern.
func showToks(toks []tok) string {
	var b strings.Builder
	for i, t := range toks {
		switch t {
		case tokOne:
			b.WriteByte('?')
		case tokAny:
			b.WriteByte('*')
		case tokDeep:
			b.WriteString("**")
		case tokSlash:
			b.WriteByte('/')
		case tokRoot:
			if i+1 == len(toks) || toks[i+1] != tokSlash {
				b.WriteByte('/')
			}
		default:
			writeByte(&b, byte(t))
		}
	}
	return b.String()
}
