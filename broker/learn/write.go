package learn

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

// maxWidth is where a list of names in braces goes on in another line.
const maxWidth = 96

// header begins a new file.
func header(command string, sets []string) []byte {
	var b bytes.Buffer
	b.WriteString("# Learned by broker from what a program did")
	if command != "" {
		fmt.Fprintf(&b, ", first of all %s", audit.Quote(command))
	}
	b.WriteString(".\n# What is not in here is refused. Read it before you trust it; learning again adds\n" +
		"# what is missing, and keeps your changes.\n\n")
	b.Write(extendsLine(sets))
	return b.Bytes()
}

func extendsLine(sets []string) []byte {
	var quoted []string
	for _, s := range sets {
		quoted = append(quoted, audit.HCLString(s))
	}
	return []byte("extends = [" + strings.Join(quoted, ", ") + "]\n")
}

// write puts the draft into the text of a file.
func (d *draft) write(name string, text []byte, fresh bool, r *Result) ([]byte, error) {
	r.Blocks, r.Lines = 0, 0
	clear(r.Kinds)
	if len(d.blocks) == 0 && len(r.Doubts) == 0 {
		return text, nil
	}
	e, err := newEditor(name, text)
	if err != nil {
		return nil, err
	}
	for i := range d.blocks {
		b := &d.blocks[i]
		lines := b.lines()
		r.count(b, lines)
		e.add(b, lines)
	}
	for _, doubt := range groupDoubts(r.Doubts) {
		e.addDoubt(d.l.Places, doubt)
	}
	out := e.bytes()
	if fresh || bytes.Equal(hclwrite.Format(text), text) {
		out = hclwrite.Format(out) // what was formatted stays so
	}
	return out, nil
}

func (r *Result) count(b *block, lines []string) {
	r.Blocks++
	r.Lines += len(lines)
	for _, p := range b.paths {
		r.countKinds(p.kinds)
	}
	for _, h := range b.hosts {
		r.countKinds(h.kinds)
	}
}

func (r *Result) countKinds(kinds []string) {
	seen := map[string]bool{}
	for _, k := range kinds {
		if !seen[k] {
			seen[k] = true
			r.Kinds[k]++
		}
	}
}

// lines are the elements of the rule's list, each with its comma and comment.
func (b *block) lines() []string {
	if len(b.hosts) > 0 {
		var lines []string
		for _, h := range b.hosts {
			lines = append(lines, h.item+","+note(h.kinds, len(h.from)))
		}
		slices.Sort(lines)
		return lines
	}
	return pathLines(b.paths)
}

// pathLines writes patterns; plain names in one directory share a line.
func pathLines(paths []pathPattern) []string {
	slices.SortFunc(paths, func(a, b pathPattern) int { return cmp.Compare(a.text, b.text) })
	var lines []string
	for i := 0; i < len(paths); {
		n := together(paths[i:])
		if n > 1 {
			lines = append(lines, braced(paths[i:i+n])+",")
		} else {
			lines = append(lines, paths[i].quote()+","+note(paths[i].kinds, len(paths[i].from)))
		}
		i += n
	}
	return lines
}

// together counts how many of the first patterns can share a line.
func together(paths []pathPattern) int {
	dir, ok := paths[0].plainIn()
	if !ok {
		return 1
	}
	n, width := 1, len(paths[0].quote())+2
	for n < len(paths) {
		other, ok := paths[n].plainIn()
		last := paths[n].parts[max(len(paths[n].parts)-1, 0):]
		if !ok || other != dir {
			break
		}
		if width += len(last[0]) + 1; width > maxWidth {
			break
		}
		n++
	}
	return n
}

// plainIn gives the directory of a pattern whose last component can stand in
// braces.
func (p *pathPattern) plainIn() (dir string, ok bool) {
	if len(p.parts) == 0 || len(p.kinds) > 0 {
		return "", false
	}
	last := p.parts[len(p.parts)-1]
	return p.text[:len(p.text)-len(last)], !strings.ContainsAny(last, "*?{},\\"+uidMark)
}

// braced writes several names of one directory.
func braced(paths []pathPattern) string {
	var names []string
	for _, p := range paths {
		names = append(names, p.parts[len(p.parts)-1])
	}
	one := paths[0]
	one.parts = slices.Clone(one.parts)
	one.parts[len(one.parts)-1] = "{" + strings.Join(names, ",") + "}"
	return one.quote()
}

// quote writes the pattern as an element of a list.
func (p *pathPattern) quote() string {
	rest := strings.Join(p.parts, "/")
	if p.variable == "" || rest != "" {
		rest = "/" + rest
	}
	var b strings.Builder
	b.WriteByte('"')
	if p.variable != "" {
		b.WriteString("${" + p.variable + "}")
	}
	for i, piece := range strings.Split(rest, uidMark) {
		if i > 0 {
			b.WriteString("${uid}")
		}
		quoted := audit.HCLString(piece)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	b.WriteByte('"')
	return b.String()
}

// note says what in a pattern is made up, and of how many names.
func note(kinds []string, names int) string {
	if len(kinds) == 0 {
		return ""
	}
	list := slices.Clone(kinds)
	slices.Sort(list)
	list = slices.Compact(list)
	return fmt.Sprintf(" # %s: %d seen", strings.Join(list, ", "), names)
}

// text writes a whole rule.
func (b *block) text(name string, lines []string) string {
	var out strings.Builder
	out.WriteString(b.comment())
	fmt.Fprintf(&out, "allow %s {\n  access = %s\n", audit.HCLString(name), accessList(b.access))
	key := "path"
	if len(b.hosts) > 0 {
		key = "address"
	}
	if len(lines) == 1 && !strings.Contains(lines[0], " # ") {
		fmt.Fprintf(&out, "  %s = [%s]\n", key, strings.TrimSuffix(lines[0], ","))
	} else {
		fmt.Fprintf(&out, "  %s = [\n    %s\n  ]\n", key, strings.Join(lines, "\n    "))
	}
	if len(b.except) > 0 {
		fmt.Fprintf(&out, "  except = [%s]\n", strings.Join(b.except, ", "))
	}
	out.WriteString("}\n")
	return out.String()
}

func accessList(a rules.Access) string {
	return `["` + strings.ReplaceAll(a.String(), ", ", `", "`) + `"]`
}

// comment says how often a rule was needed, by whom, and for what.
func (b *block) comment() string {
	var total uint64
	byExe := map[string]uint64{}
	var most *Use
	for i := range b.uses {
		u := &b.uses[i]
		total += u.Count
		if u.Exe != "" {
			byExe[u.Exe] += u.Count
		}
		if most == nil || u.Count > most.Count {
			most = u
		}
	}
	if most == nil {
		return ""
	}
	return fmt.Sprintf("# %s%s, for example %s %s\n", times(total), by(byExe), audit.Quote(most.Call), audit.Quote(most.Subject()))
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// by names the most frequent executables.
func by(byExe map[string]uint64) string {
	exes := sortedKeys(byExe)
	slices.SortStableFunc(exes, func(a, b string) int { return cmp.Compare(byExe[b], byExe[a]) })
	const shown = 3
	var names []string
	for _, e := range exes[:min(len(exes), shown)] {
		names = append(names, audit.Quote(e[strings.LastIndexByte(e, '/')+1:]))
	}
	switch {
	case len(names) == 0:
		return ""
	case len(exes) > shown:
		return fmt.Sprintf(" by %s and %s", strings.Join(names, ", "), others(len(exes)-shown))
	case len(names) > 1:
		return " by " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return " by " + names[0]
}

func others(n int) string {
	if n == 1 {
		return "another one"
	}
	return fmt.Sprintf("%d others", n)
}
