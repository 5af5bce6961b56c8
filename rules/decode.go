package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// file is one rule file while it is read.
type file struct {
	*loader
	name       string // as shown
	dir        string // what extends is relative to; "" in a builtin
	ctx        [2]*hcl.EvalContext
	locals     map[string]*local
	localOrder []string
	rules      map[string]int       // by name, the line
	attributes map[string]hcl.Range // top-level attributes so far
	testNames  map[string]int       // by name, the line
	own        settings
	modeAt     hcl.Range
	defaultAt  hcl.Range
	extends    []stringAt
	torn       bool // HCL could not parse all of it: what is missing may be there
}

// stringAt is a string and where it stands.
type stringAt struct {
	s   string
	rng hcl.Range
}

// settings are the attributes a file passes on to those that extend it; nil is
// unset.
type settings struct {
	mode  *Mode
	deflt *Verdict
}

// stricter is what holds when both speak.
func (s settings) stricter(t settings) settings {
	if s.mode == nil || t.mode != nil && *t.mode < *s.mode {
		s.mode = t.mode
	}
	if s.deflt == nil || t.deflt != nil && *t.deflt < *s.deflt {
		s.deflt = t.deflt
	}
	return s
}

// over is what holds when s overrides t.
func (s settings) over(t settings) settings {
	if s.mode == nil {
		s.mode = t.mode
	}
	if s.deflt == nil {
		s.deflt = t.deflt
	}
	return s
}

// later are words of the language that this version does not act on, with what
// to do meanwhile.
var later = map[string]string{
	"ask":      "Write allow or deny.",
	"remember": "Take the attribute out; it belongs to ask.",
}

// What may stand where; decode_rule.go has the attributes of rules. Whatever is
// not listed is refused, and docs/ has a row for each.
var (
	fileAttributes     = []string{"extends", "mode", "default"}
	fileBlocks         = []string{"locals", "syscalls", "allow", "deny", "emulate", "program", "test"}
	syscallsAttributes = []string{"allow", "deny", "kill", "errno"}
	programBlocks      = []string{"allow", "deny", "emulate"}
)

// decode reads one body of a file, reporting everything that is wrong with it.
// The locals have been read before.
func (f *file) decode(body *hclsyntax.Body) {
	for _, a := range sortedAttributes(body) {
		if old, ok := f.attributes[a.Name]; ok { // in another chunk: HCL sees one at a time
			f.d.errorf(a.NameRange.Ptr(), "Attribute redefined", "%q is already set at %s. Keep one of them.", a.Name, place(old))
			continue
		}
		f.attributes[a.Name] = a.NameRange
		if !slices.Contains(fileAttributes, a.Name) {
			f.unknownAttribute(a, "a rule file", fileAttributes)
			continue
		}
		switch a.Name {
		case "extends":
			f.extends, _ = f.stringList(a, plain, `["builtin:base", "team.hcl"]`)
		case "mode":
			f.own.mode = f.decodeMode(a)
			f.modeAt = a.Expr.Range()
		case "default":
			f.own.deflt = f.decodeDefault(a)
			f.defaultAt = a.Expr.Range()
		}
	}
	for _, b := range body.Blocks {
		if !slices.Contains(fileBlocks, b.Type) {
			f.unknownBlock(b, "a rule file", fileBlocks)
			continue
		}
		switch b.Type {
		case "locals": // done before
		case "syscalls":
			f.decodeSyscalls(b)
		case "program":
			f.decodeProgram(b)
		case "test":
			f.decodeTest(b)
		case "allow", "deny", "emulate":
			f.decodeRule(b, nil)
		}
	}
}

func (f *file) decodeMode(a *hclsyntax.Attribute) *Mode {
	s, ok := f.oneString(a, plain, `"enforce"`)
	if !ok {
		return nil
	}
	m, ok := ParseMode(s)
	if !ok {
		f.d.errorf(a.Expr.Range().Ptr(), "Unknown mode", `There is no mode %q. Write "enforce" or "monitor".%s`, s,
			didYouMean(s, []string{"enforce", "monitor"}))
		return nil
	}
	return &m
}

func (f *file) decodeDefault(a *hclsyntax.Attribute) *Verdict {
	s, ok := f.oneString(a, plain, `"deny"`)
	if !ok {
		return nil
	}
	rng := a.Expr.Range().Ptr()
	v := Deny
	switch s {
	case "deny":
	case "allow":
		v = Allow
		f.d.warnf(rng, "Everything without a rule is allowed", `With default = "allow" the rules only take away. Write "deny" and allow what the program needs.`)
	case "ask":
		f.d.errorf(rng, "Not supported by this version", `default = "ask" belongs to a later version. Write "deny".`)
		return nil
	default:
		f.d.errorf(rng, "Unknown default", `There is no default %q. Write "deny" or "allow".%s`, s, didYouMean(s, []string{"deny", "allow"}))
		return nil
	}
	return &v
}

// decodeSyscalls adds to the lists of calls that the kernel decides alone.
func (f *file) decodeSyscalls(b *hclsyntax.Block) {
	f.noLabels(b, "syscalls {")
	f.noBlocks(b)
	errno := errnoEPERM
	var allow, deny, kill []Call
	for _, a := range sortedAttributes(b.Body) {
		if !slices.Contains(syscallsAttributes, a.Name) {
			f.unknownAttribute(a, "syscalls", syscallsAttributes)
			continue
		}
		if f.inspect != nil {
			f.inspect.calls(f, a)
		}
		switch a.Name {
		case "allow":
			allow = f.allowable(f.callList(a), a)
		case "deny":
			deny = f.callList(a)
		case "kill":
			kill = f.callList(a)
		case "errno":
			errno = f.decodeErrno(a)
			if b.Body.Attributes["deny"] == nil {
				f.d.errorf(a.NameRange.Ptr(), "errno without deny", "errno is what the calls in deny answer. Add deny = [...], or take errno out.")
			}
		}
	}
	for i := range deny {
		deny[i].Errno = errno
	}
	f.calls.Allow = append(f.calls.Allow, allow...)
	f.calls.Deny = append(f.calls.Deny, deny...)
	f.calls.Kill = append(f.calls.Kill, kill...)
}

func (f *file) callList(a *hclsyntax.Attribute) []Call {
	list, _ := f.stringList(a, plain, `["@default", "personality"]`)
	var calls []Call
	for _, s := range list {
		if !f.knownCall(s.s) {
			var names []string
			if f.o.CallNames != nil {
				names = f.o.CallNames()
			}
			what := "system call"
			if strings.HasPrefix(s.s, "@") {
				what = "group of system calls"
			}
			f.d.errorf(s.rng.Ptr(), "Unknown "+what, "There is no %s %q.%s", what, s.s, didYouMean(s.s, names))
			continue
		}
		calls = append(calls, Call{Name: s.s, File: f.name, Line: s.rng.Start.Line})
	}
	return calls
}

// allowable takes the calls out that no rule can let pass.
func (f *file) allowable(calls []Call, a *hclsyntax.Attribute) []Call {
	if f.o.Allowable == nil {
		return calls
	}
	return slices.DeleteFunc(calls, func(c Call) bool {
		err := f.o.Allowable(c.Name)
		if err != nil {
			f.d.errorf(a.Expr.Range().Ptr(), "Not for the kernel to allow", "%s.", err)
		}
		return err != nil
	})
}

// decodeErrno gives a number from its name; 0 after an error.
func (f *file) decodeErrno(a *hclsyntax.Attribute) int {
	s, ok := f.oneString(a, plain, `"EACCES"`)
	if !ok {
		return 0
	}
	n, ok := ErrnoByName(s)
	if !ok {
		f.d.errorf(a.Expr.Range().Ptr(), "Unknown errno", `There is no errno %q. Write a name such as "EACCES", "EPERM" or "ENOENT".%s`, s,
			didYouMean(s, errnoList()))
	}
	return n
}

// oneString evaluates an attribute that is one string.
func (f *file) oneString(a *hclsyntax.Attribute, kind text, example string) (string, bool) {
	v, ok := f.eval(a.Expr, kind)
	if !ok {
		return "", false
	}
	if v.IsNull() || v.Type() != cty.String {
		f.d.errorf(a.Expr.Range().Ptr(), "Wrong type", "%s must be a string, not %s. Write for instance: %s = %s", a.Name, typeName(v), a.Name, example)
		return "", false
	}
	return v.AsString(), true
}

// oneBool evaluates an attribute that is true or false.
func (f *file) oneBool(a *hclsyntax.Attribute) bool {
	v, ok := f.eval(a.Expr, plain)
	if !ok {
		return false
	}
	if v.IsNull() || v.Type() != cty.Bool {
		f.d.errorf(a.Expr.Range().Ptr(), "Wrong type", "%s must be true or false, not %s. Write: %s = true", a.Name, typeName(v), a.Name)
		return false
	}
	return v.True()
}

// stringList evaluates an attribute that is a list of strings. The elements
// that are right come back even where others are not.
func (f *file) stringList(a *hclsyntax.Attribute, kind text, example string) (list []stringAt, ok bool) {
	wrong := func(rng hcl.Range, v cty.Value, but string) {
		ok = false
		f.d.errorf(&rng, "Wrong type", "%s must be a list of strings, %s %s. Write for instance: %s = %s", a.Name, but, typeName(v), a.Name, example)
	}
	ok = true
	if tuple, is := a.Expr.(*hclsyntax.TupleConsExpr); is {
		for _, e := range tuple.Exprs {
			v, good := f.eval(e, kind)
			if !good {
				ok = false
				continue
			}
			if v.IsNull() || v.Type() != cty.String {
				wrong(e.Range(), v, "but this element is")
				continue
			}
			list = append(list, stringAt{v.AsString(), e.Range()})
		}
		return list, ok
	}
	v, good := f.eval(a.Expr, kind)
	if !good {
		return nil, false
	}
	if v.IsNull() || !(v.Type().IsListType() || v.Type().IsTupleType() || v.Type().IsSetType()) {
		wrong(a.Expr.Range(), v, "not")
		return nil, false
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if e.IsNull() || e.Type() != cty.String {
			wrong(a.Expr.Range(), e, "but an element is")
			return list, false
		}
		list = append(list, stringAt{e.AsString(), a.Expr.Range()})
	}
	return list, ok
}

func typeName(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	switch t := v.Type(); {
	case t == cty.String:
		return "a string"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "a bool"
	case t.IsListType() || t.IsTupleType():
		return "a list"
	default:
		return t.FriendlyName()
	}
}

func sortedAttributes(body *hclsyntax.Body) []*hclsyntax.Attribute {
	list := make([]*hclsyntax.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		list = append(list, a)
	}
	slices.SortFunc(list, func(x, y *hclsyntax.Attribute) int { return x.NameRange.Start.Byte - y.NameRange.Start.Byte })
	return list
}

func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

func (f *file) unknownAttribute(a *hclsyntax.Attribute, where string, known []string) {
	if instead, ok := later[a.Name]; ok {
		f.d.errorf(a.NameRange.Ptr(), "Not supported by this version", "%q belongs to a later version. %s", a.Name, instead)
		return
	}
	f.d.errorf(a.NameRange.Ptr(), "Unknown attribute", "%q means nothing in %s. It %s.%s", a.Name, where, listing(known, "attributes"), didYouMean(a.Name, known))
}

func (f *file) unknownBlock(b *hclsyntax.Block, where string, known []string) {
	if instead, ok := later[b.Type]; ok {
		f.d.errorf(b.TypeRange.Ptr(), "Not supported by this version", "%q blocks belong to a later version. %s", b.Type, instead)
		return
	}
	f.d.errorf(b.TypeRange.Ptr(), "Unknown block", "%q blocks mean nothing in %s. It %s.%s", b.Type, where, listing(known, "blocks"), didYouMean(b.Type, known))
}

func listing(known []string, what string) string {
	if len(known) == 0 {
		return "has no " + what
	}
	return "may have " + strings.Join(known, ", ")
}

func (f *file) noBlocks(b *hclsyntax.Block) {
	for _, inner := range b.Body.Blocks {
		f.unknownBlock(inner, b.Type, nil)
	}
}

func (f *file) noLabels(b *hclsyntax.Block, instead string) {
	if len(b.Labels) > 0 {
		f.d.errorf(b.LabelRanges[0].Ptr(), "Unexpected name", "%q blocks have no name. Write: %s", b.Type, instead)
	}
}
