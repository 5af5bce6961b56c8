package learn

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"seccomp-broker/broker/audit"
)

// What a name holds that will be another the next time. Each kind stands with
// what it is called in the report.
const (
	kindTemporary = "temporary names"
	kindUUID      = "UUIDs"
	kindHash      = "hashes"
	kindTime      = "timestamps"
	kindVersion   = "version numbers"
	kindNumber    = "numbers"
	kindPID       = "process ids"
)

// expression compiles an expression when it is first used: those of this package
// took 0.15 ms of every start of every command.
func expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var (
	uuid    = expression(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`)
	date    = expression(`(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?:[T_-]?[0-2]\d[-:.h_]?[0-5]\d(?:[-:.m_]?[0-5]\d)?(?:[.,]\d+)?Z?)?`)
	version = expression(`\d+(?:\.\d+)+(?:[-.+~]?(?:rc|alpha|beta|dev|pre|post)[-.]?\d*)?`)
	library = expression(`\.so\.\d+`)
	word    = expression(`[0-9A-Za-z]+`)
	snake   = expression(`tmp[a-z0-9_]{8}`) // Python's tempfile
)

// stems are beginnings of names that a program makes up the rest of.
var stems = []string{"cc", "lto", "tmp", "temp", "sed", "sh", "conf", "npm", "pip", "perl", "sess", "tmp_obj_", "sort"}

// shaper makes patterns of names.
type shaper struct {
	loose bool // in a temporary place, or the name did not last
	isPID func(int) bool
	kinds map[string]bool
}

// shaped gives the pattern for a name, which is [component] of it where nothing
// in it looks as if it would be another the next time, and the kinds of what does.
func shaped(name string, loose bool, isPID func(int) bool) (pattern string, kinds []string) {
	s := shaper{loose: loose, isPID: isPID, kinds: map[string]bool{}}
	marked := s.mark(name)
	for k := range s.kinds {
		kinds = append(kinds, k)
	}
	if len(kinds) == 0 {
		return component(name), nil
	}
	return star(marked), kinds
}

// hole stands for what a wildcard will stand for. No path holds it.
const hole = "\x00"

// mark puts holes into the name, the surest kinds first.
func (s *shaper) mark(name string) string {
	name = s.all(name, uuid(), kindUUID, nil)
	name = s.all(name, date(), kindTime, isolated)
	name = s.all(name, version(), kindVersion, s.isVersion)
	name = library().ReplaceAllStringFunc(name, func(string) string { s.kinds[kindVersion] = true; return ".so." + hole })
	if s.loose {
		name = snake().ReplaceAllStringFunc(name, func(string) string { s.kinds[kindTemporary] = true; return "tmp" + hole })
	}
	return s.words(name)
}

// all replaces what matches and is accepted.
func (s *shaper) all(name string, re *regexp.Regexp, kind string, ok func(name string, from, to int) bool) string {
	var b strings.Builder
	at := 0
	for _, m := range re.FindAllStringIndex(name, -1) {
		if ok != nil && !ok(name, m[0], m[1]) {
			continue
		}
		b.WriteString(name[at:m[0]])
		b.WriteString(s.keptMajor(name, m[0], m[1], kind))
		b.WriteString(hole)
		s.kinds[kind] = true
		at = m[1]
	}
	b.WriteString(name[at:])
	return b.String()
}

// keptMajor keeps the first number of a version that follows a name without a
// separator: python3.11 becomes python3.*, which leaves python2 out.
func (s *shaper) keptMajor(name string, from, to int, kind string) string {
	if kind != kindVersion || from == 0 || !isLetter(name[from-1]) || from == 1 && name[0] == 'v' {
		return ""
	}
	major, _, _ := strings.Cut(name[from:to], ".")
	return major + "."
}

func isolated(name string, from, to int) bool {
	return (from == 0 || !isDigit(name[from-1])) && (to == len(name) || !isDigit(name[to]))
}

// isVersion tells a version number from a name with dots and digits in it: it
// is not followed by letters, unless an extension begins there.
func (s *shaper) isVersion(name string, from, to int) bool {
	return isolated(name, from, to) && (to == len(name) || !isLetter(name[to]))
}

// words looks at each run of letters and digits.
func (s *shaper) words(name string) string {
	var b strings.Builder
	at := 0
	for _, m := range word().FindAllStringIndex(name, -1) {
		w := name[m[0]:m[1]]
		b.WriteString(name[at:m[0]])
		b.WriteString(s.word(w, w == name))
		at = m[1]
	}
	b.WriteString(name[at:])
	return b.String()
}

// word is what stands for one run of letters and digits.
func (s *shaper) word(w string, alone bool) string {
	digits, upper, lower := count(w)
	letters := upper + lower
	found := func(kind string) string { s.kinds[kind] = true; return hole }
	switch {
	case letters == 0:
		if n, err := strconv.Atoi(w); err == nil && s.isPID(n) && (len(w) > 1 || alone) {
			return found(kindPID)
		}
		if len(w) >= 5 || alone {
			return found(kindNumber)
		}
		return w
	case isHex(w) && len(w) >= 8 && digits >= 2 && letters >= 1 && (upper == 0 || lower == 0):
		return found(kindHash)
	case len(w) >= 16 && digits >= 2 && upper >= 2 && lower >= 2:
		return found(kindHash)
	case s.loose:
		if stem, ok := madeUp(w); ok {
			s.kinds[kindTemporary] = true
			return stem + hole
		}
	}
	return trailing(w, s)
}

// trailing replaces a long number at the end of a word: go-build1234567.
func trailing(w string, s *shaper) string {
	stem := strings.TrimRight(w, "0123456789")
	if len(w)-len(stem) < 5 {
		return w
	}
	s.kinds[kindNumber] = true
	return stem + hole
}

// madeUp tells words such as mkstemp(3) makes: six characters or more in no
// order, perhaps behind a known stem.
func madeUp(w string) (stem string, ok bool) {
	for _, stem := range stems {
		rest, found := strings.CutPrefix(w, stem)
		if found && (len(rest) == 6 && (stem == "cc" || stem == "sed") || len(rest) >= 6 && len(rest) <= 12 && random(rest)) {
			return stem, true
		}
	}
	return "", len(w) >= 6 && len(w) <= 22 && random(w)
}

// written are the forms of words that somebody wrote: lower case, Capitalised,
// UPPER CASE, CamelCase, each with some digits behind, and sha256sum.
var written = expression(`^(?:[a-z]+\d{0,4}|[A-Z][a-z]+\d{0,4}|[A-Z]+\d{0,4}|[A-Z]?[a-z]+(?:[A-Z][a-z]+)+\d{0,4}|[a-z]+\d{1,4}[a-z]+|\d+)$`)

// random tells a word that mkstemp(3) or the like made from one that somebody wrote.
func random(w string) bool { return !written().MatchString(w) }

func count(w string) (digits, upper, lower int) {
	for i := range len(w) {
		switch c := w[i]; {
		case isDigit(c):
			digits++
		case isUpper(c):
			upper++
		default:
			lower++
		}
	}
	return
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isHex(w string) bool { return strings.Trim(w, "0123456789abcdefABCDEF") == "" }

// star writes a name with holes as a pattern. Holes that only separators part
// are one wildcard.
func star(marked string) string {
	pieces := strings.Split(marked, hole)
	var b strings.Builder
	b.WriteString(component(pieces[0]))
	starred := false
	for i, piece := range pieces[1:] {
		if !starred {
			b.WriteByte('*')
			starred = true
		}
		if last := i == len(pieces)-2; last || strings.Trim(piece, "-_.:+,@") != "" {
			b.WriteString(component(piece))
			starred = starred && piece == ""
		}
	}
	return b.String()
}

// component is the pattern that matches one name and, where it can be spelled,
// no other.
func component(name string) string {
	return strings.ReplaceAll(audit.Pattern(name), uidMark, "?") // the mark is ours
}
