package rules

import "slices"

// Rules with argv hold for some executions and not for others, as those in a
// program block hold for some executables and not for others. So they are kept
// as program blocks are: in matchers of their own, which a Scope names when they
// hold. Whatever is not about argv neither sees nor pays for them.

// condition is one argv pattern, with the matchers of the rules that have it.
type condition struct {
	block   int32 // index of compiled.programs
	program int32 // the program block around it, or none
	denies  bool
	argv    argvPattern
}

// conditionKey tells conditions apart.
type conditionKey struct {
	program int
	denies  bool
	argv    string
}

// condition gives the block for the rules that have the argv of d, are in its
// program block, and deny or not as it does.
func (g *gathered) condition(d *draft) int32 {
	key := conditionKey{d.program, d.rule.Verdict == Deny, argvKey(d.rule.Argv)}
	if block, ok := g.conditionOf[key]; ok {
		return block
	}
	block := int32(g.addProgram(nil))
	if g.conditionOf == nil {
		g.conditionOf = map[conditionKey]int32{}
	}
	g.conditionOf[key] = block
	g.conditions = append(g.conditions, condition{block, int32(d.program), key.denies, d.argv})
	return block
}

// HasArgv says whether any rule has argv; without any, WithArgv gives back the
// scope that it got.
func (p *Policy) HasArgv() bool { return len(p.conditions) > 0 }

// WithArgv adds to the scope of the program that calls the rules whose argv
// matches the arguments of what it wants to execute. As the kernel does, write
// an empty argv[0] where there are no arguments. nil says that the arguments
// are not known: then the rules that deny hold, and no others. The result is for
// queries about exec; the scope itself is not changed.
func (p *Policy) WithArgv(scope *Scope, argv [][]byte) *Scope {
	if len(p.conditions) == 0 || scope != nil && scope.owner != p.compiled {
		return scope
	}
	var set [activeMax]int32
	blocks := set[:0]
	if scope != nil {
		blocks = append(blocks, scope.blocks...)
	}
	for i := range p.conditions {
		c := &p.conditions[i]
		if !c.within(scope) {
			continue
		}
		if argv == nil && c.denies || argv != nil && c.argv.match(argv) {
			blocks = append(blocks, c.block)
		}
	}
	return p.scopeOf(blocks)
}

// within says whether the program block around the condition holds.
func (c *condition) within(scope *Scope) bool {
	if c.program == none {
		return true
	}
	if scope == nil {
		return false
	}
	_, ok := slices.BinarySearch(scope.blocks, c.program)
	return ok
}

// scopeOf gives the scope of these blocks, in any order; nil for none.
func (p *Policy) scopeOf(blocks []int32) *Scope {
	if len(blocks) == 0 {
		return nil
	}
	slices.Sort(blocks)
	blocks = slices.Compact(blocks)
	if s := p.scopes.find(blocks); s != nil {
		return s
	}
	return p.scopes.add(&Scope{p.compiled, slices.Clone(blocks)})
}

// Widens says whether what q asks for would be allowed at q.Path and not at
// from. For exec it considers every combination of arguments that could make
// the difference, also some that no arguments have.
func (p *Policy) Widens(q Query, from []byte) bool {
	if q.Access != Exec || len(p.conditions) == 0 {
		return p.widens(q, from)
	}
	scope := q.Scope
	// What is allowed at the one path is so by one rule, and what is refused at
	// the other by at most one: more conditions at a time tell nothing more.
	if scope != nil && scope.owner != p.compiled {
		return false // and nothing is allowed at all
	}
	allows, denies := []int32{none}, []int32{none}
	for i := range p.conditions {
		c := &p.conditions[i]
		switch {
		case !c.within(scope):
		case c.denies && p.programs[c.block].touches(from):
			denies = append(denies, c.block)
		case !c.denies && p.programs[c.block].touches(q.Path):
			allows = append(allows, c.block)
		}
	}
	for _, allow := range allows {
		for _, deny := range denies {
			var blocks []int32
			if scope != nil {
				blocks = append(blocks, scope.blocks...)
			}
			for _, b := range [...]int32{allow, deny} {
				if b != none {
					blocks = append(blocks, b)
				}
			}
			slices.Sort(blocks)
			q.Scope = &Scope{p.compiled, blocks}
			if p.widens(q, from) {
				return true
			}
		}
	}
	return false
}

func (p *Policy) widens(q Query, from []byte) bool {
	if p.Decide(&q).Verdict != Allow {
		return false
	}
	q.Path = from
	return p.Decide(&q).Verdict != Allow
}

// touches says whether any rule of m matches path, whatever its exceptions say.
func (m *matcher) touches(path []byte) bool {
	var w walker
	return m.walk(path, &w) && slices.ContainsFunc(w.all(), func(n int32) bool {
		return m.nodes[n].acceptFrom < m.nodes[n].acceptTo
	})
}
