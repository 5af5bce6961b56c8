package rules

import (
	"math"
	"math/bits"
)

// The class stat is special in three ways, which belong together. It is
// mediated only where a rule names it. Where rules only take it away, the rest
// stays visible; once a rule permits it, the policy's default holds as for the
// other classes. And names are looked up one after the other, so what lies
// below a hidden place is hidden, and the way to a visible one is visible.

var statClass = bits.TrailingZeros16(uint16(Stat))

// wayRank stands for a directory on the way to a place that a rule permits to
// be seen: visible, without a rule to show. Weaker than any rule.
const wayRank = math.MaxInt32 - 1

// hides tells the rules whose places answer as if nothing were there.
func (r *Rule) hides() bool {
	return r.Access&Stat != 0 && (r.Verdict == Deny || r.Verdict == Emulate && r.Emulate.Errno != 0)
}

// shows tells the rules after which the default holds for the class stat.
func (r *Rule) shows() bool { return r.Access&Stat != 0 && !r.hides() }

// below is the pattern for everything under p, and p itself.
func below(p pattern) pattern {
	if len(p) > 0 && p[len(p)-1].kind == compDeep {
		return p
	}
	return append(p[:len(p):len(p)], component{kind: compDeep})
}

// onTheWay notes that w ended above a place that may be seen.
func (m *matcher) onTheWay(w *walker, best *ranks) {
	if best[statClass] != math.MaxInt32 {
		return
	}
	if m.showsBelow(w.cur().head()) || m.showsBelow(w.cur().spill) {
		best[statClass] = wayRank
	}
}

func (m *matcher) showsBelow(states []int32) bool {
	for _, n := range states {
		if m.nodes[n].showBelow {
			return true
		}
	}
	return false
}

// showAt says whether a rule that shows accepts at n.
func (m *matcher) showAt(n int32) bool {
	nd := &m.nodes[n]
	for _, e := range m.entries[nd.acceptFrom:nd.acceptTo] {
		if e.shows {
			return true
		}
	}
	return false
}

// setShow computes for each state whether a rule that shows accepts strictly
// below it.
func (m *matcher) setShow() {
	for n := int32(len(m.nodes)) - 1; n > 0; n-- { // children come after their parents
		nd := &m.nodes[n]
		at := m.showAt(n)
		if nd.isDeep {
			nd.showBelow = nd.showBelow || at
		}
		if at || nd.showBelow {
			m.nodes[nd.parent].showBelow = true
		}
	}
}

// without is what decides about a class that no rule has decided.
func (p *Policy) without(class int, q *Query) Verdict {
	switch {
	case q.Explicit > 0:
		return Deny // a default spells nothing
	case class == statClass && !p.shows:
		return Allow
	}
	return p.DefaultFor(1 << class)
}
