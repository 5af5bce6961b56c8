package audit

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "/etc/shadow", "/etc/shadow"},
		{"empty", "", ""},
		{"space", "/a b", "/a b"},
		{"backslash", `/a\b`, `/a\\b`},
		{"backslash that looks escaped", `/a\x1b`, `/a\\x1b`},
		{"newline", "/a\nb", `/a\nb`},
		{"return and tab", "\r\t", `\r\t`},
		{"escape sequence", "\x1b[2J", `\x1b[2J`},
		{"NUL and DEL", "\x00\x7f", `\x00\x7f`},
		{"C1 CSI as a character", "\u009b2J", `\u009b2J`},
		{"C1 CSI as a byte", "\x9b2J", `\x9b2J`},
		{"next line", "\u0085", `\u0085`},
		{"right-to-left override", "\u202egpj.exe", `\u202egpj.exe`},
		{"isolates", "\u2066a\u2069", `\u2066a\u2069`},
		{"bidi marks", "\u200e\u200f\u061c", `\u200e\u200f\u061c`},
		{"zero-width", "\u200b\u200c\u200d\u2060\ufeff", `\u200b\u200c\u200d\u2060\ufeff`},
		{"soft hyphen", "\u00ad", `\u00ad`},
		{"no-break space", "\u00a0", `\u00a0`},
		{"ideographic space", "\u3000", `\u3000`},
		{"line separators", "\u2028\u2029", `\u2028\u2029`},
		{"tag characters", "\U000e0041", `\U000e0041`},
		{"variation selectors", "a\ufe0f\U000e0100", `a\ufe0f\U000e0100`},
		{"Hangul fillers", "\u115f\u1160\u3164\uffa0", `\u115f\u1160\u3164\uffa0`},
		{"grapheme joiner", "a\u034f", `a\u034f`},
		{"blank Braille", "\u2800", `\u2800`},
		{"enclosing mark", "a\u20dd", `a\u20dd`},
		{"private use", "\ue000", `\ue000`},
		{"unassigned", "\u0378", `\u0378`},
		{"noncharacter", "\ufffe", `\ufffe`},
		{"replacement character", "\ufffd", "\ufffd"},
		{"not UTF-8", "\xff\xfe", `\xff\xfe`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"overlong slash", "\xc0\xaf", `\xc0\xaf`},
		{"cut character", "é\xc3", `é\xc3`},
		{"letters", "/日本/é/Ж/א/ا", "/日本/é/Ж/א/ا"},
		{"mark after a letter", "e\u0301", "e\u0301"},
		{"mark after a slash", "/\u0301", `/\u0301`},
		{"mark at the start", "\u0301", `\u0301`},
		{"mark after an escape", "\u202e\u0301\n\u0301", `\u202e\u0301\n\u0301`},
		{"mark after a hidden letter", "\u3164\u0301", `\u3164\u0301`},
		{"mark after a hidden mark", "a\u20de\u0301", `a\u20de\u0301`},
		{"tower of marks", "e\u0301\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301\\u0301\\u0301"},
		{"emoji", "😀", "😀"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Escape(tc.in); got != tc.want {
				t.Errorf("Escape(%q) = %s, want %s", tc.in, got, tc.want)
			}
			checkEscape(t, tc.in)
		})
	}
}

// checkEscape holds the properties of Escape and Quote.
func checkEscape(t *testing.T, s string) {
	t.Helper()
	for name, out := range map[string]string{"Escape": Escape(s), "Quote": Quote(s)} {
		if !utf8.ValidString(out) || strings.ContainsFunc(out, invisible) {
			t.Errorf("%s(%q) = %q is not printable", name, s, out)
		}
	}
	// An inverse proves that different inputs give different outputs.
	if back, err := Unescape(Escape(s)); err != nil || back != s {
		t.Errorf("Unescape(Escape(%q)) = %q, %v", s, back, err)
	}
	q := Quote(s)
	if inner, ok := strings.CutPrefix(q, `"`); ok {
		q = strings.TrimSuffix(inner, `"`)
		if strings.Contains(strings.NewReplacer(`\\`, "", `\"`, "").Replace(q), `"`) {
			t.Errorf("Quote(%q) can be left from inside: %s", s, q)
		}
	} else if strings.ContainsAny(q, " \"\\") {
		t.Errorf("Quote(%q) = %s needs quotes", s, q)
	}
	if back, err := Unescape(q); err != nil || back != s {
		t.Errorf("Quote(%q) reads back as %q, %v", s, back, err)
	}
	if back, err := Unescape(escapeBytes(s)); err != nil || back != s || !utf8.ValidString(escapeBytes(s)) {
		t.Errorf("escapeBytes(%q) reads back as %q, %v", s, back, err)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range hostileStrings {
		f.Add(s)
	}
	f.Fuzz(checkEscape)
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":                    `""`,
		"/etc/shadow":         "/etc/shadow",
		"/a b":                `"/a b"`,
		`/a"b`:                `"/a\"b"`,
		`/a\`:                 `"/a\\"`,
		`/a\"`:                `"/a\\\""`,
		"->":                  `"->"`,
		"/x (openat by c[1])": `"/x (openat by c[1])"`,
		"\x1b":                `"\x1b"`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestUnescapeErrors(t *testing.T) {
	for _, in := range []string{`\`, `\q`, `\x1`, `\xzz`, `\u12`, `\ud800`, `\U00110000`, `\Uffffffff`, `\u-001`, `\x+1`} {
		if got, err := Unescape(in); err == nil {
			t.Errorf("Unescape(%s) = %q", in, got)
		}
	}
}
