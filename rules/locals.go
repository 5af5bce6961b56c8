package rules

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxLocals bounds the locals of a file, and with them the recursion that
// follows one to the next.
const maxLocals = 10000

// local is one entry of a locals block. It is evaluated twice, once for each
// meaning of text.
type local struct {
	attr    *hclsyntax.Attribute
	values  [2]cty.Value
	done    bool
	failed  bool
	visited bool // on the way through its references
}

// collectLocals gathers the locals blocks, before anything is evaluated.
func (f *file) collectLocals(blocks []*hclsyntax.Block) {
	for _, b := range blocks {
		if b.Type != "locals" {
			continue
		}
		f.noLabels(b, "locals {")
		f.noBlocks(b)
		for _, a := range sortedAttributes(b.Body) {
			if old := f.locals[a.Name]; old != nil {
				f.d.errorf(a.NameRange.Ptr(), "Local defined twice", "%q is already defined at %s. Give one of them another name.",
					a.Name, place(old.attr.NameRange))
				continue
			}
			if len(f.locals) == maxLocals {
				f.d.errorf(a.NameRange.Ptr(), "Too many locals", "A file may have %d.", maxLocals)
				return
			}
			f.locals[a.Name] = &local{attr: a}
			f.localOrder = append(f.localOrder, a.Name)
		}
	}
}

// evalLocals evaluates every local, each after those it refers to, and puts
// them into the file's contexts.
func (f *file) evalLocals() {
	for _, name := range f.localOrder {
		f.evalLocal(name, nil)
	}
	var objects [2]map[string]cty.Value
	for kind := range objects {
		objects[kind] = make(map[string]cty.Value)
		for name, loc := range f.locals {
			if !loc.failed {
				objects[kind][name] = loc.values[kind]
			}
		}
		f.ctx[kind].Variables["local"] = cty.ObjectVal(objects[kind])
	}
}

func (f *file) evalLocal(name string, chain []string) {
	loc := f.locals[name]
	if loc.done {
		return
	}
	if loc.visited {
		f.cycle(name, chain)
		return
	}
	loc.visited = true
	chain = append(chain, name)
	var ctx [2]*hcl.EvalContext
	for kind := range ctx {
		ctx[kind] = f.ctx[kind].NewChild()
		ctx[kind].Variables = make(map[string]cty.Value)
	}
	refs := make(map[string]bool)
	for _, t := range loc.attr.Expr.Variables() {
		if t.RootName() != "local" || len(t) < 2 || f.locals[localName(t)] == nil {
			continue // resolvable reports it
		}
		ref := localName(t)
		refs[ref] = true
		f.evalLocal(ref, chain)
	}
	if loc.done { // a cycle came back and failed it
		return
	}
	loc.done = true
	loc.failed = !f.allowed(loc.attr.Expr) || !f.resolvable(loc.attr.Expr)
	for kind := range ctx {
		if loc.failed {
			return
		}
		deps := make(map[string]cty.Value, len(refs))
		for ref := range refs {
			deps[ref] = f.locals[ref].values[kind]
		}
		ctx[kind].Variables["local"] = cty.ObjectVal(deps)
	}
	for kind := range ctx {
		v, ok := f.evalIn(loc.attr.Expr, text(kind), ctx)
		if ok && weight(v) > maxValue {
			f.d.errorf(loc.attr.Expr.Range().Ptr(), "Local too large", "%q has more than %d bytes. Put long texts where they are used.", name, maxValue)
			ok = false
		}
		if !ok {
			loc.failed = true
			return
		}
		loc.values[kind] = v
	}
}

// cycle fails every local on the circle that closes at name.
func (f *file) cycle(name string, chain []string) {
	start := len(chain) - 1
	for chain[start] != name {
		start--
	}
	shown := ""
	for _, n := range chain[start:] {
		f.locals[n].done, f.locals[n].failed = true, true
		shown += "local." + n + " -> "
	}
	f.d.errorf(f.locals[name].attr.NameRange.Ptr(), "Locals refer to each other in a circle", "%slocal.%s. Write one of them out.", shown, name)
}

// weight is about how many bytes a value takes.
func weight(v cty.Value) int {
	switch {
	case v.IsNull():
		return 0
	case v.Type() == cty.String:
		return len(v.AsString())
	case v.CanIterateElements():
		n := 0
		for it := v.ElementIterator(); it.Next() && n <= maxValue; {
			_, e := it.Element()
			n += 16 + weight(e)
		}
		return n
	}
	return 16
}
