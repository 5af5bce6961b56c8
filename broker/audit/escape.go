package audit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one letter unescaped:
// Vietnamese and Hebrew text needs up to three, painting over the neighbouring
// lines needs more.
const maxMarks = 3

// Escape makes s printable on one line. It has an inverse, Unescape, so two
// different inputs never look the same. These are written with a backslash:
// the backslash itself; control characters (ESC, newline, DEL, the C1 range);
// bytes that are not UTF-8; and characters that show nothing or act on their
// neighbours: bidirectional controls, zero-width and other format characters,
// fillers, variation selectors, spaces other than U+0020, unassigned and
// private code points, and combining marks that follow no letter or are more
// than three in a row.
//
// The forms are \\ \n \r \t, \xNN (a byte: below 20 or 7f a control character, 80 and
// above one that is not UTF-8), \uNNNN and \UNNNNNNNN (a code point).
func Escape(s string) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	var look looker
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		hide := look.hides(r)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\' || hide:
			writeEscape(&b, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// looker goes through a text and tells which characters may not be shown as
// they are, given those before. A mark after a hidden character is hidden too:
// it would attach to the escape, and "e" at the end of \u202e with an accent is
// another letter.
type looker struct {
	letter bool // the last character that is no mark is a letter or number, and shown
	marks  int  // combining marks since
}

func (l *looker) hides(r rune) bool {
	hide := invisible(r)
	if unicode.Is(unicode.M, r) {
		l.marks++
		hide = hide || !l.letter || l.marks > maxMarks
		l.letter = l.letter && !hide
		return hide
	}
	l.letter, l.marks = !hide && unicode.In(r, unicode.L, unicode.N), 0
	return hide
}

// Quote is Escape for use within a sentence. A text that could be taken for
// part of the sentence, because it is empty or holds a space, a quote, a
// bracket, "<", ">" or something escaped, stands in double quotes, its own
// written \".
func Quote(s string) string {
	escaped := Escape(s)
	if escaped == s && s != "" && !strings.ContainsAny(s, " \"'`()[]<>") {
		return s
	}
	return quoted(escaped)
}

// quoted puts a text that Escape returned between double quotes.
func quoted(escaped string) string {
	return `"` + strings.ReplaceAll(escaped, `"`, `\"`) + `"`
}

// Unescape is the inverse of Escape; it also takes \" as Quote writes it, but
// no surrounding quotes. An escape that Escape never writes is an error.
func Unescape(s string) (string, error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		n, err := unescapeOne(&b, s[i+1:])
		if err != nil {
			return "", err
		}
		s = s[i+1+n:]
	}
}

// simpleEscapes are the escapes of one letter.
var simpleEscapes = map[byte]byte{'\\': '\\', '"': '"', 'n': '\n', 'r': '\r', 't': '\t'}

// unescapeOne reads what follows a backslash and returns its length.
func unescapeOne(b *strings.Builder, s string) (int, error) {
	if s == "" {
		return 0, errors.New(`a backslash at the end escapes nothing`)
	}
	if c, ok := simpleEscapes[s[0]]; ok {
		b.WriteByte(c)
		return 1, nil
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if digits == 0 || len(s) < 1+digits {
		return 0, fmt.Errorf(`unknown escape "\%.9s"`, s)
	}
	code, err := strconv.ParseUint(s[1:1+digits], 16, 32)
	switch {
	case err != nil:
		return 0, fmt.Errorf(`unknown escape "\%s"`, s[:1+digits])
	case s[0] == 'x':
		b.WriteByte(byte(code))
	case code > unicode.MaxRune || !utf8.ValidRune(rune(code)):
		return 0, fmt.Errorf(`escape "\%s" is no character`, s[:1+digits])
	default:
		b.WriteRune(rune(code))
	}
	return 1 + digits, nil
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r == '\\':
		b.WriteString(`\\`)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r <= 0xffff:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

// plainASCII reports whether every byte prints as itself.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// invisible reports whether a character may not be shown as it is. IsPrint
// refuses controls, format characters and odd spaces, but it lets through
// letters and marks that draw nothing: the Hangul fillers, the variation
// selectors, the blank Braille pattern; and the marks that enclose others.
func invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return !unicode.IsPrint(r) || r == '\u2800' ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Me)
}
