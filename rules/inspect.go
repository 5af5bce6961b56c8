package rules

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Inspection is what tools such as lint want to know of a policy's text, and
// what a Policy has forgotten: where things stand, and what each pattern covers.
type Inspection struct {
	Files    []InspectedFile
	Rules    []InspectedRule // in the order read
	Programs []InspectedProgram
	Calls    []InspectedCall // of the syscalls blocks
	Locals   []InspectedLocal
	Comments []Comment
}

// InspectedFile is one file, in the order read.
type InspectedFile struct {
	Name    string // as Rule.File
	Builtin bool
	// Mode and Default are where the file sets them, and to what; nil elsewhere.
	Mode, Default *Setting
}

// Setting is a single value and its place.
type Setting struct {
	Value string
	Range hcl.Range
}

// InspectedRule is a rule with the places of its parts.
type InspectedRule struct {
	*Rule
	Range      hcl.Range // of the block's head
	Attributes map[string]hcl.Range
	Block      int // index in Inspection.Programs, or -1

	Paths, Addresses             []Place
	ExceptPaths, ExceptAddresses []Place
	Conditional                  bool // holds only for some calls to its paths
}

// Place is one written pattern.
type Place struct {
	Written string // variables replaced
	Range   hcl.Range
	Region
}

// InspectedProgram is a program block.
type InspectedProgram struct {
	Place
	File string
}

// InspectedCall is an entry of a syscalls block.
type InspectedCall struct {
	Name, List string // List is allow, deny or kill
	Attribute  hcl.Range
	File       string
	Range      hcl.Range
}

// InspectedLocal is one entry of a locals block.
type InspectedLocal struct {
	Name, File string
	Range      hcl.Range
	Used       bool // by a rule, or by a local that is used
}

// Comment is one comment, without its line's end.
type Comment struct {
	Text  string
	Range hcl.Range
	// Alone says that nothing else stands on its line.
	Alone bool
}

// Inspect is [Load] for tools that look at the text of the rules. The inspection
// is empty where there are errors. It keeps what Load forgets: several times
// the memory of the policy.
func Inspect(o Options) (*Policy, *Inspection, *Diagnostics) {
	in := &inspector{refs: make(map[string][]localRef)}
	p, d := load(o, in)
	if p == nil {
		return nil, &Inspection{}, d
	}
	in.settleLocals()
	return p, &in.Inspection, d
}

// inspector collects while files are read.
type inspector struct {
	Inspection
	refs map[string][]localRef // by file
}

// localRef says that a local is named by another one, or by "" for a rule.
type localRef struct{ by, name string }

// chunk takes in what only the syntax knows, before anything is evaluated.
func (in *inspector) chunk(f *file, ch chunk, body *hclsyntax.Body) {
	tokens, _ := hclsyntax.LexConfig(ch.text, f.name, ch.start)
	line := 0 // the last one with something else on it
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenComment:
			text := t.Bytes
			for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
				text = text[:len(text)-1]
			}
			in.Comments = append(in.Comments, Comment{Text: string(text), Range: t.Range, Alone: line != t.Range.Start.Line})
		case hclsyntax.TokenNewline, hclsyntax.TokenEOF:
		default:
			line = t.Range.End.Line
		}
	}
	for _, b := range body.Blocks {
		in.block(f.name, b)
	}
	for _, a := range body.Attributes {
		in.refer(f.name, "", a)
	}
}

func (in *inspector) block(file string, b *hclsyntax.Block) {
	for _, a := range sortedAttributes(b.Body) {
		by := ""
		if b.Type == "locals" {
			by = a.Name
			in.Locals = append(in.Locals, InspectedLocal{Name: a.Name, File: file, Range: a.NameRange})
		}
		in.refer(file, by, a)
	}
	for _, inner := range b.Body.Blocks {
		in.block(file, inner)
	}
}

func (in *inspector) refer(file, by string, a *hclsyntax.Attribute) {
	for _, t := range a.Expr.Variables() {
		if t.RootName() != "local" {
			continue
		}
		name := "" // local itself: all of them
		if len(t) > 1 {
			name = localName(t)
		}
		in.refs[file] = append(in.refs[file], localRef{by, name})
	}
}

// settleLocals marks the locals that rules reach.
func (in *inspector) settleLocals() {
	for i := range in.Locals {
		loc := &in.Locals[i]
		seen := map[string]bool{}
		var reached func(name string) bool
		reached = func(name string) bool {
			if seen[name] {
				return false
			}
			seen[name] = true
			return slices.ContainsFunc(in.refs[loc.File], func(r localRef) bool {
				return (r.name == name || r.name == "") && (r.by == "" || reached(r.by))
			})
		}
		loc.Used = reached(loc.Name)
	}
}

// Region is what the rule covers for one class: of paths, or of the tree of
// addresses. Rules that hide do so for all that lies below.
func (r *InspectedRule) Region(class Access) Region {
	if r.Access&class == 0 {
		return Region{}
	}
	places, excepts := r.Paths, r.ExceptPaths
	if class&sockets != 0 {
		places, excepts = r.Addresses, r.ExceptAddresses
	}
	var all Region
	for _, pl := range places {
		all.in = append(all.in, pl.in...)
	}
	if len(places) == 0 && r.Argv != nil {
		all.in = []pattern{{deepComponent}}
	}
	if class == Stat && r.hides() {
		all = all.Below()
	}
	for _, pl := range excepts {
		all.out = append(all.out, pl.in...)
	}
	return all
}

// Hides says whether the rule's places answer as if nothing were there.
func (r *InspectedRule) Hides() bool { return r.hides() }

// plainAttributes do not narrow what calls a rule is about.
var plainAttributes = []string{"access", "path", "address", "except", "reason", "errno", "content", "file", "to", "value", "answer", "alert", "remember"}

// rule takes a rule in. The lists are evaluated a second time: it has been done
// without an error before.
func (in *inspector) rule(f *file, b *hclsyntax.Block, dr *draft) {
	if f.d.HasErrors() {
		return
	}
	r := InspectedRule{Rule: dr.rule, Range: b.DefRange(), Attributes: make(map[string]hcl.Range), Block: -1}
	if dr.rule.Program != "" {
		r.Block = len(in.Programs) - 1
	}
	for name, a := range b.Body.Attributes {
		r.Attributes[name] = a.NameRange
		r.Conditional = r.Conditional || !slices.Contains(plainAttributes, name)
	}
	for name, a := range b.Body.Attributes {
		if name != "path" && name != "address" && name != "except" {
			continue
		}
		list, _ := f.stringList(a, asPattern, "")
		for _, s := range list {
			in.place(f, &r, name, s)
		}
	}
	in.Rules = append(in.Rules, r)
}

func (in *inspector) place(f *file, r *InspectedRule, attribute string, s stringAt) {
	pl := Place{Written: displayPattern(s.s), Range: s.rng}
	asAddress := attribute == "address" || attribute == "except" && !isPathException(r.Access, s.s)
	if asAddress {
		var all addressPatterns
		if f.parseAddress(s.s, &all) == nil {
			pl.Region = Region{in: all.patterns}
		}
	} else {
		pl.Region = f.region(s.s)
	}
	switch {
	case attribute == "path":
		r.Paths = append(r.Paths, pl)
	case attribute == "address":
		r.Addresses = append(r.Addresses, pl)
	case asAddress:
		r.ExceptAddresses = append(r.ExceptAddresses, pl)
	default:
		r.ExceptPaths = append(r.ExceptPaths, pl)
	}
}

// region is what a written pattern covers, its beginning made canonical.
func (l *loader) region(s string) Region {
	var r Region
	list, err := parsePattern(s)
	if err != nil {
		return r
	}
	for _, p := range list {
		r.in = append(r.in, l.readings(p)...)
	}
	return r
}

// calls takes one list of a syscalls block in.
func (in *inspector) calls(f *file, a *hclsyntax.Attribute) {
	if f.d.HasErrors() || a.Name == "errno" {
		return
	}
	list, _ := f.stringList(a, plain, "")
	for _, s := range list {
		in.Calls = append(in.Calls, InspectedCall{s.s, a.Name, a.NameRange, f.name, s.rng})
	}
}

// program takes a program block in, whose rules follow.
func (in *inspector) program(f *file, b *hclsyntax.Block) {
	in.Programs = append(in.Programs, InspectedProgram{
		File: f.name, Place: Place{Written: b.Labels[0], Range: b.LabelRanges[0], Region: f.region(b.Labels[0])},
	})
}

// file takes the file itself in, when it has been read.
func (in *inspector) file(f *file, builtin bool) {
	i := InspectedFile{Name: f.name, Builtin: builtin}
	if f.own.mode != nil {
		i.Mode = &Setting{f.own.mode.String(), f.modeAt}
	}
	if f.own.deflt != nil {
		i.Default = &Setting{f.own.deflt.String(), f.defaultAt}
	}
	in.Files = append(in.Files, i)
}
