package rules

import (
	"bytes"
	"hash/maphash"
)

// A matcher is a trie over path components with every pattern of one scope in
// it: rules, and the exceptions of rules. Walking a path keeps the set of nodes
// that some pattern's beginning leads to; a `**` is a node that stays in the
// set. The size of that set depends on how the patterns overlap, not on how
// many there are, so a decision among 100,000 rules costs what it costs among
// ten. Immutable once built.
type matcher struct {
	nodes   []node
	entries []entry // accepting rules, grouped by node
	excepts []int32 // excepted rules, grouped by node, ascending
	edges   edgeTable
	globs   globs
	homes   map[int32][]int32 // for rules with exceptions: the nodes that accept them
}

const none = int32(-1)

// node is one state. Children by literal name are in matcher.edges.
type node struct {
	parent int32
	any    int32 // child for `*`
	deep   int32 // child for `**`
	glob   int32 // root of the other wildcard children, forward (see glob.go)
	suffix int32 // root of the `*literal` children, backward

	acceptFrom, acceptKeep, acceptTo int32 // entries[from:keep] decide; [keep:to] only explain
	exceptFrom, exceptTo             int32

	denyBelow   int32 // strictest denying rule that accepts strictly below, or none
	explicit    int32 // components before the first `**`; explicitAll without one
	showBelow   bool  // a rule that permits stat accepts strictly below
	exceptBelow bool  // some exception accepts here or below
	hasLiteral  bool  // has children in matcher.edges
	isDeep      bool  // is a `**`: stays in the set
	leafDeep    bool  // is a `**` with nothing after it
}

const explicitAll = int32(1 << 30)

// entry is one rule accepting at a node. rule is the rank in Policy.rules,
// which are sorted strictest first.
type entry struct {
	rule      int32
	access    Access
	hasExcept bool
	denies    bool
	shows     bool // permits the class stat
}

// nameSeed keys the hash of component names; random, so that nobody can build
// names that collide.
var nameSeed = maphash.MakeSeed()

// walk leaves in w.cur() and w.stay the states that path ends in; the patterns
// that match it are those that accept there. It reports false, having matched
// nothing, for a path that is not canonical.
func (m *matcher) walk(path []byte, w *walker) bool {
	if len(path) == 0 || len(path) > maxQuery || path[0] != '/' || bytes.IndexByte(path, 0) >= 0 {
		return false
	}
	w.reset()
	m.enter(w.next(), &w.stay, 0)
	w.turn()
	rest := path[1:]
	for len(rest) > 0 {
		name := rest
		if i := bytes.IndexByte(rest, '/'); i >= 0 {
			name, rest = rest[:i], rest[i+1:]
			if len(rest) == 0 {
				return false // trailing slash
			}
		} else {
			rest = nil
		}
		if len(name) == 0 || name[0] == '.' && (len(name) == 1 || len(name) == 2 && name[1] == '.') {
			return false
		}
		if w.cur().n > 0 {
			m.step(w, name)
		}
	}
	return true
}

// step moves every current state over one component.
func (m *matcher) step(w *walker, name []byte) {
	hash := uint32(maphash.Bytes(nameSeed, name))
	cur, next := w.cur(), w.next()
	m.stepStates(cur.head(), next, &w.stay, hash, name)
	if len(cur.spill) > 0 {
		m.stepStates(cur.spill, next, &w.stay, hash, name)
	}
	w.turn()
}

func (m *matcher) stepStates(states []int32, next, stay *stateSet, hash uint32, name []byte) {
	for _, n := range states {
		nd := &m.nodes[n]
		if nd.hasLiteral {
			if to := m.edges.find(n, hash, name); to != none {
				m.enter(next, stay, to)
			}
		}
		if nd.any != none {
			m.enter(next, stay, nd.any)
		}
		if nd.suffix != none {
			m.stepSuffix(next, stay, nd.suffix, name)
		}
		if nd.glob != none {
			m.stepGlob(next, stay, nd.glob, name)
		}
		if nd.isDeep {
			next.addOnce(n)
		}
	}
}

// enter adds a state that was reached over an edge, and the `**` after it,
// which may stand for nothing. Both a `**` and its parent lead to the `**`, so
// it is looked for first; other states have one way in and cannot come twice.
func (m *matcher) enter(next, stay *stateSet, n int32) {
	next.add(n)
	deep := m.nodes[n].deep
	if deep == none {
		return
	}
	if m.nodes[deep].leafDeep {
		stay.addOnce(deep)
		return
	}
	next.addOnce(deep)
}

// best gives the strictest rule for one class among the states w ended in, or
// limit where none is stricter than limit. explicit is Query.Explicit.
func (m *matcher) best(w *walker, class Access, explicit, limit int32) int32 {
	limit = m.bestIn(w, w.stay.head(), class, explicit, limit)
	limit = m.bestIn(w, w.stay.spill, class, explicit, limit)
	cur := w.cur()
	limit = m.bestIn(w, cur.head(), class, explicit, limit)
	return m.bestIn(w, cur.spill, class, explicit, limit)
}

func (m *matcher) bestIn(w *walker, states []int32, class Access, explicit, limit int32) int32 {
	for _, n := range states {
		nd := &m.nodes[n]
		for _, e := range m.entries[nd.acceptFrom:nd.acceptKeep] {
			if e.rule >= limit {
				break
			}
			if e.access&class == 0 || !e.denies && nd.explicit < explicit {
				continue
			}
			if e.hasExcept && m.excepted(w, e.rule) {
				continue
			}
			limit = e.rule
			break
		}
	}
	return limit
}

// excepted says whether an exception of the rule accepts the path.
func (m *matcher) excepted(w *walker, rule int32) bool {
	cur := w.cur()
	return m.exceptedIn(w.stay.head(), rule) || m.exceptedIn(w.stay.spill, rule) ||
		m.exceptedIn(cur.head(), rule) || m.exceptedIn(cur.spill, rule)
}

func (m *matcher) exceptedIn(states []int32, rule int32) bool {
	for _, n := range states {
		nd := &m.nodes[n]
		lo, hi := nd.exceptFrom, nd.exceptTo
		for lo < hi {
			mid := (lo + hi) / 2
			if m.excepts[mid] < rule {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo < nd.exceptTo && m.excepts[lo] == rule {
			return true
		}
	}
	return false
}
