package learn

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"seccomp-broker/rules"
)

// editor adds rules to the text of a file and changes nothing else in it: what
// is added is cut in between the bytes that were there.
type editor struct {
	text  []byte
	rules map[string]*hclsyntax.Block // by program and name
	names map[string]bool             // of all rules: they are unique in a file
	progs map[string]*hclsyntax.Block
	cuts  []cut

	global   strings.Builder             // new rules
	programs map[string]*strings.Builder // new rules of program blocks
	order    []string                    // of programs
	doubts   strings.Builder
}

// cut is an insertion; until is where what it takes the place of ends.
type cut struct {
	at, until int
	text      string
}

func newEditor(name string, text []byte) (*editor, error) {
	f, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("%s: %w", name, diags)
	}
	e := &editor{text: text, rules: map[string]*hclsyntax.Block{}, names: map[string]bool{},
		progs: map[string]*hclsyntax.Block{}, programs: map[string]*strings.Builder{}}
	e.collect("", f.Body.(*hclsyntax.Body))
	return e, nil
}

func (e *editor) collect(program string, body *hclsyntax.Body) {
	for _, b := range body.Blocks {
		if len(b.Labels) != 1 {
			continue
		}
		if b.Type == "program" {
			e.progs[b.Labels[0]] = b
			e.collect(b.Labels[0], b.Body)
			continue
		}
		e.names[b.Labels[0]] = true
		if b.Type == "allow" {
			e.rules[program+"\x00"+b.Labels[0]] = b
		}
	}
}

// add writes a rule: into one of the same name and the same classes where that
// has a plain list, else as a new one.
func (e *editor) add(b *block, lines []string) {
	name := b.name
	if b.program != "" {
		name = b.program[strings.LastIndexByte(b.program, '/')+1:] + ": " + name
	}
	for _, n := range []string{name, fmt.Sprintf("%s (%s)", name, b.access)} {
		if have := e.rules[b.program+"\x00"+n]; have != nil && e.extend(have, b, lines) {
			return
		}
	}
	name = e.unused(name, b.access)
	e.names[name] = true
	to := &e.global
	if b.program != "" {
		if to = e.programs[b.program]; to == nil {
			to = &strings.Builder{}
			e.programs[b.program] = to
			e.order = append(e.order, b.program)
		}
	}
	to.WriteString("\n" + string(hclwrite.Format([]byte(b.text(name, lines)))))
}

func (e *editor) unused(name string, access rules.Access) string {
	if !e.names[name] {
		return name
	}
	name = fmt.Sprintf("%s (%s)", name, access)
	for n, base := 2, name; e.names[name]; n++ {
		name = fmt.Sprintf("%s %d", base, n)
	}
	return name
}

// extend adds lines to the list of a rule; false where that is not a plain list
// over several lines, or the rule has other classes or exceptions.
func (e *editor) extend(have *hclsyntax.Block, b *block, lines []string) bool {
	key := "path"
	if len(b.hosts) > 0 {
		key = "address"
	}
	list, ok := tupleOf(have, key)
	if !ok || len(list.Exprs) == 0 || !e.sameAccess(have, b.access) || len(have.Body.Blocks) > 0 {
		return false
	}
	for name := range have.Body.Attributes {
		if name != key && name != "access" {
			return false // a condition or an exception, which is somebody's own
		}
	}
	end := list.SrcRange.End.Byte - 1 // of the bracket
	last := list.Exprs[len(list.Exprs)-1].Range().End.Byte
	start := bytes.LastIndexByte(e.text[:end], '\n') + 1
	if len(bytes.TrimSpace(e.text[start:end])) > 0 {
		return e.extendLine(list, lines, last)
	}
	if !bytes.HasPrefix(bytes.TrimLeft(e.text[last:end], " \t"), []byte(",")) {
		e.cuts = append(e.cuts, cut{last, last, ","})
	}
	e.dropCovered(list, b)
	e.cuts = append(e.cuts, cut{start, start, "    " + strings.Join(lines, "\n    ") + "\n"})
	return true
}

// extendLine makes a list on one line one of several lines.
func (e *editor) extendLine(list *hclsyntax.TupleConsExpr, lines []string, last int) bool {
	open := list.SrcRange.Start.Byte + 1
	inner := e.text[open : list.SrcRange.End.Byte-1]
	if bytes.ContainsAny(inner, "\n#") || bytes.Contains(inner, []byte("/*")) || bytes.Contains(inner, []byte("//")) {
		return false
	}
	var all []string
	for _, x := range list.Exprs {
		all = append(all, string(x.Range().SliceBytes(e.text))+",")
	}
	all = append(all, lines...)
	e.cuts = append(e.cuts, cut{open, list.SrcRange.End.Byte - 1, "\n    " + strings.Join(all, "\n    ") + "\n  "})
	return true
}

// dropCovered takes out the lines of a learned list that a new pattern of the
// same list covers. A line with anything else on it stays.
func (e *editor) dropCovered(list *hclsyntax.TupleConsExpr, b *block) {
	for _, x := range list.Exprs {
		r := x.Range()
		start := bytes.LastIndexByte(e.text[:r.Start.Byte], '\n') + 1
		end := bytes.IndexByte(e.text[r.End.Byte:], '\n')
		if end < 0 || len(bytes.TrimSpace(e.text[start:r.Start.Byte])) > 0 || string(bytes.TrimSpace(e.text[r.End.Byte:r.End.Byte+end])) != "," {
			continue
		}
		if names := plainNames(string(r.SliceBytes(e.text))); len(names) > 0 && b.covers(names) {
			e.cuts = append(e.cuts, cut{start, r.End.Byte + end + 1, ""})
		}
	}
}

// plainNames reads an element without wildcards as the texts of its paths.
func plainNames(quoted string) []string {
	s := strings.Trim(quoted, `"`)
	if strings.ContainsAny(s, `*?\"[]`) {
		return nil
	}
	head, rest, found := strings.Cut(strings.ReplaceAll(s, "${", "\x00"), "{")
	head = strings.ReplaceAll(head, "\x00", "${")
	if !found {
		return []string{head}
	}
	names, tail, ok := strings.Cut(rest, "}")
	if !ok || tail != "" || strings.ContainsAny(names, "{\x00") {
		return nil
	}
	var all []string
	for n := range strings.SplitSeq(names, ",") {
		all = append(all, head+n)
	}
	return all
}

// covers reports whether each of the texts is matched by a wildcard of the rule.
func (b *block) covers(texts []string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool {
		return !slices.ContainsFunc(b.paths, func(p pathPattern) bool {
			if len(p.kinds) == 0 {
				return p.text == text
			}
			return matchParts(parts(p.text), parts(text))
		})
	})
}

func tupleOf(b *hclsyntax.Block, key string) (*hclsyntax.TupleConsExpr, bool) {
	attr := b.Body.Attributes[key]
	if attr == nil {
		return nil, false
	}
	list, ok := attr.Expr.(*hclsyntax.TupleConsExpr)
	return list, ok
}

func (e *editor) sameAccess(b *hclsyntax.Block, access rules.Access) bool {
	list, ok := tupleOf(b, "access")
	if !ok {
		return false
	}
	var all rules.Access
	for _, x := range list.Exprs {
		class, ok := rules.ParseAccess(strings.Trim(string(x.Range().SliceBytes(e.text)), `"`))
		if !ok {
			return false
		}
		all |= class
	}
	return all == access
}

// bytes is the text with what was added.
func (e *editor) bytes() []byte {
	for _, program := range e.order {
		body := indent(strings.TrimPrefix(e.programs[program].String(), "\n"))
		if have := e.progs[program]; have != nil {
			at := have.CloseBraceRange.Start.Byte
			e.cuts = append(e.cuts, cut{at, at, "\n" + body})
			continue
		}
		fmt.Fprintf(&e.global, "\nprogram %s {\n%s}\n", programLabel(program), body)
	}
	slices.SortStableFunc(e.cuts, func(a, b cut) int { return cmp.Compare(a.at, b.at) })
	var out bytes.Buffer
	at := 0
	for _, c := range e.cuts {
		out.Write(e.text[at:c.at])
		out.WriteString(c.text)
		at = c.until
	}
	out.Write(e.text[at:])
	if n := out.Len(); n > 0 && out.Bytes()[n-1] != '\n' {
		out.WriteByte('\n')
	}
	out.WriteString(e.global.String())
	out.WriteString(e.doubts.String())
	return out.Bytes()
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}
