package rules

import (
	"strings"
	"unicode/utf8"
)

// Values of variables and of the environment must mean themselves inside a
// pattern, whatever characters they hold. They cannot simply be escaped with
// backslashes: HCL's functions and its Unicode normalisation would work on the
// escapes. So each byte that needs protection travels through evaluation as one
// character of plane 15's private use area, which no function touches and
// normalisation leaves alone; the pattern parser turns it back into the byte.
// Rule files themselves must not contain these characters (see guard.go).
const literalBase = 0xF0000

// metachars are the characters that mean something in a pattern.
const metachars = `*?{}[],\~`

// encodeLiteral protects the bytes of s. A slash stays a separator, except that
// "/" alone becomes a root mark: it merges with a slash after it, so that
// "${cwd}/**" is right even where cwd is "/".
func encodeLiteral(s string) string {
	if s == "/" {
		return string(rune(literalBase + '/'))
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || c < 0x20 || strings.IndexByte(metachars, c) >= 0 {
			b.WriteRune(literalBase + rune(c))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// literalByte gives the byte that r stands for, if it is a protected one.
func literalByte(r rune) (byte, bool) {
	if r >= literalBase && r <= literalBase+0xff {
		return byte(r - literalBase), true
	}
	return 0, false
}

// decodeLiteral turns every protected byte of s back.
func decodeLiteral(s string) string {
	return mapLiteral(s, func(run string) string { return run }, false)
}

// mapLiteral applies f to each run of protected bytes, decoded; the result is
// protected again where protect is set.
func mapLiteral(s string, f func(string) string, protect bool) string {
	if !hasLiteral(s) {
		return s
	}
	var out, run strings.Builder
	flush := func() {
		if run.Len() == 0 {
			return
		}
		r := f(run.String())
		if protect {
			r = encodeLiteral(r)
		}
		out.WriteString(r)
		run.Reset()
	}
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		if c, ok := literalByte(r); ok {
			run.WriteByte(c)
		} else {
			flush()
			out.WriteString(s[i : i+w])
		}
		i += w
	}
	flush()
	return out.String()
}

// hasLiteral says whether s holds a protected byte: its encoding is F3 B0 80-83.
func hasLiteral(s string) bool { return literalIndex(s) >= 0 }

func literalIndex(s string) int {
	for i := 0; ; {
		j := strings.Index(s[i:], "\xf3\xb0")
		if j < 0 {
			return -1
		}
		i += j
		if i+2 < len(s) && s[i+2] >= 0x80 && s[i+2] <= 0x83 {
			return i
		}
		i += 2
	}
}

// displayPattern is s as a person would write it: protected metacharacters get
// a backslash, other protected bytes stand for themselves.
func displayPattern(s string) string {
	if !hasLiteral(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		c, ok := literalByte(r)
		switch {
		case !ok:
			b.WriteString(s[i : i+w])
		case c == '/':
			if i+w == len(s) || s[i+w] != '/' {
				b.WriteByte('/')
			}
		case strings.IndexByte(metachars, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
		i += w
	}
	return b.String()
}
