package rules

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	maxName    = 200      // bytes of a rule's name
	maxReason  = 4 << 10  // bytes
	maxContent = 16 << 20 // bytes of an emulated file
)

// draft is a rule with its compiled patterns, before ranks are known.
type draft struct {
	rule     *Rule
	patterns []pattern
	excepts  []pattern
	program  int // index of the program block, or -1

	addresses, exceptAddresses []pattern // in the tree of addresses
	hosts                      []string  // that these name

	argv argvPattern // nil: whatever the arguments
}

// program is the block a rule stands in.
type program struct {
	index int
	shown string
}

var ruleAttributes = map[string][]string{
	"allow":   {"access", "path", "address", "argv", "except", "reason", "alert"},
	"deny":    {"access", "path", "address", "argv", "except", "reason", "errno", "alert"},
	"emulate": {"access", "path", "address", "except", "reason", "alert", "content", "file", "errno", "value", "to", "syscall", "when", "answer"},
}

var ruleVerdicts = map[string]Verdict{"allow": Allow, "deny": Deny, "emulate": Emulate}

// decodeProgram reads a program block with its rules.
func (f *file) decodeProgram(b *hclsyntax.Block) {
	p := &program{index: -1}
	if f.label(b, `program "/usr/bin/git" {`) {
		p.shown = b.Labels[0]
		f.gathered.named = true
		p.index = f.gathered.addProgram(f.patterns(stringAt{b.Labels[0], b.LabelRanges[0]}))
		if f.inspect != nil {
			f.inspect.program(f, b)
		}
	}
	for _, a := range sortedAttributes(b.Body) {
		f.unknownAttribute(a, "program", nil)
	}
	for _, inner := range b.Body.Blocks {
		if !slices.Contains(programBlocks, inner.Type) {
			f.unknownBlock(inner, "program", programBlocks)
			continue
		}
		f.decodeRule(inner, p)
	}
}

// decodeRule reads an allow, deny or emulate block and keeps it for
// compilation. p is nil outside program blocks.
func (f *file) decodeRule(b *hclsyntax.Block, p *program) {
	dr := &draft{program: -1, rule: &Rule{
		Verdict: ruleVerdicts[b.Type], File: f.name, Line: b.TypeRange.Start.Line,
	}}
	r := dr.rule
	if p != nil {
		dr.program, r.Program = p.index, p.shown
	}
	if f.label(b, b.Type+` "name" {`) {
		r.Name = b.Labels[0]
		f.checkName(r.Name, b.LabelRanges[0])
	}
	f.noBlocks(b)
	var em Emulation
	var except *hclsyntax.Attribute
	for _, a := range sortedAttributes(b.Body) {
		if !slices.Contains(ruleAttributes[b.Type], a.Name) {
			f.misplacedAttribute(a, b.Type)
			continue
		}
		switch a.Name {
		case "access":
			r.Access = f.decodeAccess(a)
		case "path":
			r.Patterns, dr.patterns = f.decodePatterns(a)
		case "address":
			f.decodeAddresses(a, dr)
		case "argv":
			f.decodeArgv(a, dr)
		case "except":
			except = a
		case "reason":
			r.Reason = f.boundedString(a, `"private keys stay on the host"`, maxReason)
		case "alert":
			r.Alert = f.oneBool(a)
		case "errno":
			em.Errno = f.decodeErrno(a)
		default:
			f.decodeEmulate(a, dr, &em)
		}
	}
	if !aboutCall(b) {
		f.required(b, "access", `access = ["read"]`)
		f.checkSubject(b, r.Access)
	}
	f.checkArgv(b, dr)
	if except != nil && !aboutCall(b) {
		f.decodeExcept(except, dr)
	}
	if b.Type == "emulate" {
		f.checkEmulation(b, dr, &em)
		r.Emulate = &em
	} else {
		r.Errno = em.Errno
	}
	f.gathered.add(dr, f.d.list)
	if f.inspect != nil {
		f.inspect.rule(f, b, dr)
	}
}

// label checks that a block has exactly one label.
func (f *file) label(b *hclsyntax.Block, example string) bool {
	switch {
	case len(b.Labels) == 1:
		// HCL's stand-in for a template, which it has reported.
		return !(f.torn && strings.Contains(b.Labels[0], "${ ... }"))
	case len(b.Labels) == 0:
		f.d.errorf(b.TypeRange.Ptr(), "Missing name", "Every %q block has one. Write: %s", b.Type, example)
	default:
		f.d.errorf(b.LabelRanges[1].Ptr(), "Unexpected name", "A block of type %q has only one. Write: %s", b.Type, example)
	}
	return false
}

// checkName keeps names unique within a file, so that a name and a file say
// which rule is meant, and printable, since they go to logs and terminals.
func (f *file) checkName(name string, rng hcl.Range) {
	switch {
	case name == "":
		f.d.errorf(&rng, "Empty rule name", "Name the rule after what it is for: it is shown in logs.")
		return
	case len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		f.d.errorf(&rng, "Bad rule name", "A name has at most %d bytes, all of them printable.", maxName)
		return
	}
	if line, ok := f.rules[name]; ok {
		old := hcl.Range{Filename: f.name, Start: hcl.Pos{Line: line}}
		f.d.errorf(&rng, "Rule name used twice", "%q already names the rule at %s. Give one of them another name.", name, place(old))
		return
	}
	f.rules[name] = rng.Start.Line
}

func (f *file) misplacedAttribute(a *hclsyntax.Attribute, block string) {
	switch {
	case a.Name == "errno" && block == "allow":
		f.d.errorf(a.NameRange.Ptr(), "errno on an allow rule", "What is allowed answers no error. Write a deny rule, or take errno out.")
	case a.Name == "argv" && block == "emulate":
		f.d.errorf(a.NameRange.Ptr(), "argv on an emulate rule", "No program can be served in place of another. Write an allow or a deny rule, or take argv out.")
	case a.Name == "syscall":
		f.d.errorf(a.NameRange.Ptr(), "Only emulate rules have syscall", "Calls are allowed and refused together: syscalls { deny = [\"personality\"] }")
	case slices.Contains(ruleAttributes["emulate"], a.Name) && block != "emulate" && a.Name != "errno":
		f.d.errorf(a.NameRange.Ptr(), "Only emulate rules have "+a.Name, "Write: emulate \"name\" { ... %s = ... }", a.Name)
	default:
		f.unknownAttribute(a, block, ruleAttributes[block])
	}
}

func (f *file) required(b *hclsyntax.Block, name, example string) {
	if b.Body.Attributes[name] != nil || f.torn {
		return
	}
	for given := range b.Body.Attributes {
		if given != name && suggest(given, ruleAttributes[b.Type]) == name && !slices.Contains(ruleAttributes[b.Type], given) {
			return // misspelt, and reported
		}
	}
	f.d.errorf(b.DefRange().Ptr(), "Missing "+name, "The rule would match nothing. Add for instance: %s", example)
}

func (f *file) boundedString(a *hclsyntax.Attribute, example string, limit int) string {
	s, ok := f.oneString(a, plain, example)
	if ok && len(s) > limit {
		f.d.errorf(a.Expr.Range().Ptr(), "Text too long", "%s has %d bytes; at most %d are possible.", a.Name, len(s), limit)
		return ""
	}
	return s
}

// decodeAccess reads the classes of a rule.
func (f *file) decodeAccess(a *hclsyntax.Attribute) Access {
	list, ok := f.stringList(a, plain, `["read", "write"]`)
	if ok && len(list) == 0 {
		f.d.errorf(a.Expr.Range().Ptr(), "Empty access", "The rule would match nothing. Name one or more of: %s.", f.o.Classes)
	}
	var all Access
	for _, s := range list {
		class, known := ParseAccess(s.s)
		switch {
		case !known:
			f.d.errorf(s.rng.Ptr(), "Unknown access class", "There is no class %q. The classes are: %s.%s", s.s, f.o.Classes,
				didYouMean(s.s, classNames[:]))
		case class&^f.o.Classes != 0:
			f.d.errorf(s.rng.Ptr(), "Not supported by this version", "This version does not mediate %q, so the rule would have no effect. Take it out, or use: %s.", s.s, f.o.Classes)
		default:
			all |= class
		}
	}
	return all
}

// decodePatterns reads a list of patterns: as shown, and compiled.
func (f *file) decodePatterns(a *hclsyntax.Attribute) (shown []string, all []pattern) {
	list, ok := f.stringList(a, asPattern, `["/usr/**"]`)
	if ok && len(list) == 0 && a.Name == "path" {
		f.d.errorf(a.Expr.Range().Ptr(), "Empty path", `The rule would match nothing. Name the paths: path = ["/usr/**"]`)
	}
	for _, s := range list {
		shown = append(shown, displayPattern(s.s))
		all = append(all, f.patterns(s)...)
	}
	return shown, all
}

// patterns compiles one pattern, literal beginnings canonicalised.
func (f *file) patterns(s stringAt) []pattern {
	list, err := parsePattern(s.s)
	if err != nil {
		f.patternError(err, s.rng)
		return nil
	}
	var out []pattern
	for _, p := range list {
		out = append(out, f.readings(p)...)
	}
	if !f.countPatterns(len(out), s.rng) {
		return nil
	}
	return out
}

// countPatterns reports whether n more patterns are within the bound.
func (f *file) countPatterns(n int, rng hcl.Range) bool {
	if f.patternCount += n; f.patternCount > maxPatterns && !f.tooMany {
		f.tooMany = true
		f.d.errorf(&rng, "Too many patterns", "All rules together have more than %d after braces are expanded. Use wildcards.", maxPatterns)
	}
	return !f.tooMany
}

func (f *file) patternError(err error, rng hcl.Range) {
	pe, ok := err.(*patternError)
	if !ok {
		pe = &patternError{"Bad pattern", err.Error()}
	}
	f.d.errorf(&rng, pe.summary, "%s", pe.detail)
}
