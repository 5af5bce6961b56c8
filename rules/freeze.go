package rules

// setAccepts lays out the accepting rules of each node. A rule without
// exceptions decides its classes for every weaker rule of the same node, so
// those are kept apart, for Explain alone: a decision never scans them.
func (m *matcher) setAccepts(list []accept) {
	for i := 0; i < len(list); {
		n := list[i].node
		nd := &m.nodes[n]
		var covered Access
		var shadowed []entry
		nd.acceptFrom = int32(len(m.entries))
		for ; i < len(list) && list[i].node == n; i++ {
			e := list[i].entry
			if e.denies && e.hasExcept {
				m.homes[e.rule] = append(m.homes[e.rule], n)
			}
			if e.access&^covered == 0 {
				shadowed = append(shadowed, e)
				continue
			}
			if !e.hasExcept {
				covered |= e.access
			}
			m.entries = append(m.entries, e)
		}
		nd.acceptKeep = int32(len(m.entries))
		m.entries = append(m.entries, shadowed...)
		nd.acceptTo = int32(len(m.entries))
	}
}

// setBelow computes what MovesDenied asks of each state: the strictest denying
// rule, and whether any exception, that accepts after one more component or
// more. The `**` after a node is left out: it is a state of its own whenever
// the node is one.
func (m *matcher) setBelow() {
	type sub struct {
		deny   int32 // accepting here or below
		except bool
	}
	subs := make([]sub, len(m.nodes))
	for i := range subs {
		subs[i].deny = none
	}
	for n := int32(len(m.nodes)) - 1; n >= 0; n-- { // children come after their parents
		nd := &m.nodes[n]
		s := &subs[n]
		own := m.denyAt(n)
		if nd.isDeep {
			nd.denyBelow = stricter(nd.denyBelow, own)
			nd.exceptBelow = nd.exceptBelow || nd.exceptFrom < nd.exceptTo
		}
		s.deny = stricter(s.deny, stricter(own, nd.denyBelow))
		s.except = s.except || nd.exceptBelow || nd.exceptFrom < nd.exceptTo
		if nd.parent == none {
			continue
		}
		p := &m.nodes[nd.parent]
		if nd.isDeep {
			subs[nd.parent].deny = stricter(subs[nd.parent].deny, s.deny)
			subs[nd.parent].except = subs[nd.parent].except || s.except
			continue
		}
		p.denyBelow = stricter(p.denyBelow, s.deny)
		p.exceptBelow = p.exceptBelow || s.except
	}
}

func (m *matcher) denyAt(n int32) int32 {
	nd := &m.nodes[n]
	if nd.acceptFrom < nd.acceptTo && m.entries[nd.acceptFrom].denies {
		return m.entries[nd.acceptFrom].rule
	}
	return none
}

// stricter is the smaller rank, where none is no rule at all.
func stricter(a, b int32) int32 {
	if a == none || b != none && b < a {
		return b
	}
	return a
}
