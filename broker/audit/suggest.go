package audit

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"seccomp-broker/broker/secrets"
	"seccomp-broker/rules"

	"github.com/zclconf/go-cty/cty"
)

// maxSiblings is how many files of one directory are listed one by one.
const maxSiblings = 8

// maxKept is how many of those are listed that are not proposed.
const maxKept = 8

// writeAdvice says what to change so that the refused calls would pass: rules
// to add where none matched, rules to look at where one refused.
func (s *Summary) writeAdvice(out *bytes.Buffer, paint func(sgr, text string) string) {
	rows, _ := s.rows(Denied, WouldDeny)
	byRule := map[Rule]uint64{}
	for _, r := range rows {
		if r.rule != (Rule{}) {
			byRule[r.rule] += r.count
		}
	}
	sorted := slices.SortedFunc(maps.Keys(byRule), func(a, b Rule) int {
		return strings.Compare(fmt.Sprintf("%s\x00%09d", a.File, a.Line), fmt.Sprintf("%s\x00%09d", b.File, b.Line))
	})
	if len(sorted) > 0 {
		out.WriteString(paint(bold, "these rules refuse, and stand above any allow; to let the calls pass, change them or add an except:") + "\n")
	}
	for _, r := range sorted[:min(len(sorted), maxRows)] {
		fmt.Fprintf(out, "  %s at %s (%d %s)\n", quoted(Escape(r.Name)), place(&r), byRule[r], plural(byRule[r], "call", "calls"))
	}
	if len(sorted) > maxRows {
		n := len(sorted) - maxRows
		fmt.Fprintf(out, "  … and %d more %s\n", n, plural(n, "rule", "rules"))
	}
	if hcl := s.Suggestion(); hcl != "" {
		which := "these"
		if len(sorted) > 0 {
			which = "the others"
		}
		out.WriteString(paint(bold, "no rule covers "+which+"; to allow what you trust of them, add to the rules:") + "\n")
		for line := range strings.Lines(hcl) {
			out.WriteString("  " + line)
		}
	}
}

// Suggestion returns allow blocks, in the rules' language, that would permit
// the refused calls that no rule covered; empty if there are none. It names
// exactly the paths that were seen, and of what package secrets knows only that it was
// seen, in comments; with two exceptions that it comments on: more
// than eight files of one directory become one pattern "dir/*", but not in
// places where secrets or control files live; and what a pattern cannot spell
// (a bracket, a byte that is not UTF-8) becomes "?", any one character.
func (s *Summary) Suggestion() string {
	left := maxPatterns
	paths := s.blocks("path", &left, func(r *entry) bool { return r.isPath }, s.patterns)
	return paths + s.blocks("address", &left, func(r *entry) bool { return r.isAddress }, addressLines) + s.kept()
}

// doubt says why a row is not to be allowed on a summary's word: whoever copies what
// is proposed does not read each line.
func (s *Summary) doubt(r *entry) string {
	if r.isAddress {
		return secrets.Address(r.subject)
	}
	if why := secrets.Path(s.home, r.subject, classesOf(r.access)); why != "" {
		return why
	}
	return secrets.KeyName(r.subject)
}

func classesOf(list string) (a rules.Access) {
	for _, name := range strings.Split(list, ", ") {
		class, _ := rules.ParseAccess(name)
		a |= class
	}
	return a
}

// kept lists, as comments, what is not proposed for a reason.
func (s *Summary) kept() string {
	rows, _ := s.rows(Denied, WouldDeny)
	var lines []string
	for _, r := range rows {
		if r.rule != (Rule{}) || !r.isPath && !r.isAddress {
			continue
		}
		if why := s.doubt(&r); why != "" {
			lines = append(lines, fmt.Sprintf("# not proposed: %s %s: %s\n", r.access, hclString(r.subject), why))
		}
	}
	if n := len(lines) - maxKept; n > 0 {
		lines = append(lines[:maxKept], fmt.Sprintf("# and %d more like these\n", n))
	}
	return strings.Join(lines, "")
}

// blocks writes the blocks about subjects of one kind, paths or addresses.
func (s *Summary) blocks(kind string, left *int, is func(*entry) bool, write func([]string, int) ([]string, int)) string {
	rows, _ := s.rows(Denied, WouldDeny)
	classes := map[string][]string{} // subject -> access classes
	for _, r := range rows {
		if r.rule != (Rule{}) || !is(&r) || s.doubt(&r) != "" {
			continue
		}
		for _, class := range strings.Split(r.access, ", ") {
			if class != "" && !slices.Contains(classes[r.subject], class) {
				classes[r.subject] = append(classes[r.subject], class)
			}
		}
	}
	groups := map[string][]string{} // classes -> subjects
	for path, list := range classes {
		if len(list) > 0 {
			slices.SortFunc(list, byClass)
			k := strings.Join(list, ", ")
			groups[k] = append(groups[k], path)
		}
	}
	var out strings.Builder
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		lines, omitted := write(groups[k], *left)
		*left -= len(lines)
		out.WriteString(allowBlock(kind, strings.Split(k, ", "), lines, omitted))
	}
	return out.String()
}

// classOrder is the order in which the classes are written in rules.
const classOrder = "read write create remove attr stat exec connect bind"

func byClass(a, b string) int {
	return strings.Index(classOrder, a) - strings.Index(classOrder, b)
}

// allowBlock writes one block. Its name depends on its content: the same
// advice taken twice is a duplicate that the rules' loader points out.
func allowBlock(kind string, classes, lines []string, omitted int) string {
	var body strings.Builder
	switch {
	case len(lines) == 0 && omitted == 0:
		return ""
	case len(lines) == 0:
		return fmt.Sprintf("# %d more %s to %s\n", omitted, plural(omitted, kind, plurals[kind]), strings.Join(classes, ", "))
	}
	for _, line := range lines {
		body.WriteString("    " + line + "\n")
	}
	if omitted > 0 {
		fmt.Fprintf(&body, "    # and %d more\n", omitted)
	}
	var access []string
	for _, c := range classes {
		access = append(access, hclString(c))
	}
	name := blockName("suggested", classes, strings.Join(access, "")+body.String())
	return fmt.Sprintf("allow %s {\n  access = [%s]\n  %s = [\n%s  ]\n}\n",
		hclString(name), strings.Join(access, ", "), kind, body.String())
}

// blockName makes up a name that depends on what the block holds.
func blockName(prefix string, classes []string, content string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(content))
	return fmt.Sprintf("%s-%s-%06x", prefix, strings.Join(classes, "-"), sum.Sum32()&0xffffff)
}

// patterns turns paths into the lines of a path list, at most limit of them,
// and counts the paths left out.
func (s *Summary) patterns(paths []string, limit int) (lines []string, omitted int) {
	siblings := map[string][]string{}
	for _, p := range paths {
		dir := p[:strings.LastIndexByte(p, '/')]
		siblings[dir] = append(siblings[dir], p)
	}
	for _, dir := range slices.Sorted(maps.Keys(siblings)) {
		files := siblings[dir]
		if len(files) > maxSiblings && s.mayOpen(dir) {
			line := patternLine(dir, "/*", fmt.Sprintf("%d files seen, all of this directory opened", len(files)))
			lines, omitted = appendUpTo(lines, line, limit, omitted, len(files))
			continue
		}
		slices.Sort(files)
		for _, p := range files {
			lines, omitted = appendUpTo(lines, patternLine(p, "", ""), limit, omitted, 1)
		}
	}
	return lines, omitted
}

// patternLine is one element of a path list with its comment.
func patternLine(path, suffix, comment string) string {
	p := Pattern(path)
	if p != escapeMeta(path) {
		comment = join("; ", comment, `"?" is any one character, here one that a pattern cannot spell`)
	}
	return join(" # ", hclString(p+suffix)+",", comment)
}

func appendUpTo(lines []string, line string, limit, omitted, stands int) ([]string, int) {
	if len(lines) >= limit {
		return lines, omitted + stands
	}
	return append(lines, line), omitted
}

// mayOpen reports whether a whole directory may be proposed. Never: the root
// and what lies directly in it, system configuration, kernel interfaces, a home
// directory, and hidden directories, where programs keep keys and what they
// will execute next.
func (s *Summary) mayOpen(dir string) bool {
	parts := strings.Split(strings.TrimPrefix(dir, "/"), "/")
	if len(parts) < 2 || dir == strings.TrimRight(s.home, "/") {
		return false
	}
	switch parts[0] {
	case "etc", "proc", "sys", "dev", "boot":
		return false
	case "home":
		if len(parts) == 2 {
			return false
		}
	}
	hidden := func(p string) bool { return strings.HasPrefix(p, ".") }
	return !slices.ContainsFunc(parts, hidden) && !secrets.Around(s.home, dir)
}

// Pattern is the narrowest pattern of the rules' language that matches the
// path: metacharacters behind a backslash, and "?" for what cannot be written: a
// bracket, a byte that is not UTF-8, the private-use characters that rules
// reserve, and, since HCL normalises strings to NFC, the non-ASCII characters of
// a component that is not normalised.
func Pattern(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = component(part)
	}
	return strings.Join(parts, "/")
}

func component(name string) string {
	normal := utf8.ValidString(name) && cty.NormalizeString(name) == name
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		switch {
		case r == '[' || r == ']' || r >= 0xf0000 && r <= 0xf00ff || r >= utf8.RuneSelf && !normal:
			b.WriteByte('?')
		default:
			b.WriteString(escapeMeta(name[i : i+n]))
		}
		i += n
	}
	return b.String()
}

var metaEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `{`, `\{`, `}`, `\}`)

func escapeMeta(s string) string { return metaEscaper.Replace(s) }

// hclString quotes s as an HCL template. hclwrite would leave some invisible
// characters and stray combining marks as they are; a terminal must not get
// those. Nor are newlines written \n: an accent after it would compose with the
// letter n when somebody normalises the file. The package hclwrite stays out
// altogether: what it brings takes half a millisecond of every start.
func hclString(s string) string {
	var b, shown strings.Builder
	flush := func() {
		if shown.Len() > 0 {
			b.WriteString(escapeTemplate(cty.NormalizeString(shown.String())))
			shown.Reset()
		}
	}
	var look looker
	b.WriteByte('"')
	for _, r := range s {
		hide := look.hides(r)
		switch {
		case !hide:
			shown.WriteRune(r)
			continue
		case r > 0xffff:
			flush()
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			flush()
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	flush()
	b.WriteByte('"')
	return b.String()
}

// escapeTemplate escapes what means something in an HCL template, or is not to
// be seen.
func escapeTemplate(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
