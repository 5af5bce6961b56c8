package rules

// MovesDenied says whether renaming the directory from to the name to would
// carry a path that a deny rule covers out from under that rule, and gives
// such a rule; nil where it would not. Both paths are canonical; for one that
// is not, any deny rule stands in the way.
//
// A deny pattern under way at from must still be under way, in the same place,
// at to: `/**/*.pem` is at every directory, `/home/u/.ssh/**` is not when
// /home/u moves. An exception that begins to apply at to counts as well.
//
// A rule about the addresses of local sockets counts as well: they lie in
// directories like files.
func (p *Policy) MovesDenied(from, to []byte, scope *Scope) *Rule {
	rule := p.global.movesDenied(from, to)
	if scope != nil && scope.owner == p.compiled {
		for _, i := range scope.blocks {
			rule = stricter(rule, p.programs[i].movesDenied(from, to))
		}
	} else if scope != nil { // a scope of some other policy: every block may hold
		for i := range p.programs {
			rule = stricter(rule, p.programs[i].movesDenied(from, to))
		}
	}
	for i := range p.conditions { // whatever is executed later has other arguments
		if c := &p.conditions[i]; c.denies && c.within(scope) {
			rule = stricter(rule, p.programs[c.block].movesDenied(from, to))
		}
	}
	if rule == none {
		return nil
	}
	return p.rules[rule]
}

func (m *matcher) movesDenied(from, to []byte) int32 {
	var wf, wt walker
	if !m.walk(from, &wf) || !m.walk(to, &wt) {
		root := &m.nodes[0]
		if root.deep != none {
			return stricter(root.denyBelow, m.nodes[root.deep].denyBelow)
		}
		return root.denyBelow
	}
	atFrom := wf.all()
	atTo := wt.all()
	inFrom, inTo := toSet(atFrom), toSet(atTo)
	rule := none
	for _, n := range atFrom {
		if !inTo[n] {
			rule = stricter(rule, m.nodes[n].denyBelow)
		}
	}
	freed := make(map[int32]bool) // nodes at or below which an exception begins to apply
	for _, n := range atTo {
		if !inFrom[n] && m.nodes[n].exceptBelow {
			freed[n] = true
		}
	}
	if len(freed) == 0 {
		return rule
	}
	for r := range m.freedRules(freed) {
		if m.deniesBelow(r, inFrom) {
			rule = stricter(rule, r)
		}
	}
	return rule
}

func toSet(states []int32) map[int32]bool {
	set := make(map[int32]bool, len(states))
	for _, n := range states {
		set[n] = true
	}
	return set
}

// freedRules gives the rules with an exception strictly below one of the
// states.
func (m *matcher) freedRules(states map[int32]bool) map[int32]bool {
	rules := make(map[int32]bool)
	for n := range m.nodes {
		nd := &m.nodes[n]
		if nd.exceptFrom == nd.exceptTo || !m.below(int32(n), states) {
			continue
		}
		for _, r := range m.excepts[nd.exceptFrom:nd.exceptTo] {
			rules[r] = true
		}
	}
	return rules
}

// deniesBelow says whether the deny rule accepts strictly below one of the
// states. Rules without exceptions are never asked about.
func (m *matcher) deniesBelow(rule int32, states map[int32]bool) bool {
	for _, n := range m.homes[rule] {
		if m.below(n, states) {
			return true
		}
	}
	return false
}

// below says whether n is reached from one of the states by at least one more
// component. The step from a node to its `**` takes no component, and that
// `**` is a state of its own whenever the node is one; so the step by itself
// does not count.
func (m *matcher) below(n int32, states map[int32]bool) bool {
	viaDeep := true // n itself is not below n, unless it loops
	for at := n; at != none; at = m.nodes[at].parent {
		isDeep := m.nodes[at].isDeep
		if states[at] && (isDeep || !viaDeep) {
			return true
		}
		viaDeep = isDeep
	}
	return false
}
