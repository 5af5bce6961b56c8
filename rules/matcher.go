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
}

// activeMax is how many states a walk holds on the stack; more spill to the
// heap, with the same answer.
const activeMax = 64

// walker holds the state sets of one walk. Its slices are given by the caller,
// so that they can live on the caller's stack.
type walker struct {
	cur, next []int32
	stay      []int32 // leafDeep nodes: alive to the end, nothing to look up
}

// nameSeed keys the hash of component names; random, so that nobody can build
// names that collide.
var nameSeed = maphash.MakeSeed()

// walk leaves in w.cur and w.stay the states that path ends in; the patterns
// that match it are those that accept there. It reports false, having matched
// nothing, for a path that is not canonical.
func (m *matcher) walk(path []byte, w *walker) bool {
	if len(path) == 0 || len(path) > maxPath || path[0] != '/' || bytes.IndexByte(path, 0) >= 0 {
		return false
	}
	w.cur, w.next, w.stay = w.cur[:0], w.next[:0], w.stay[:0]
	m.enter(w, 0)
	w.cur, w.next = w.next, w.cur
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
		if len(w.cur) > 0 {
			m.step(w, name)
		}
	}
	return true
}

// step moves every state of w.cur over one component.
func (m *matcher) step(w *walker, name []byte) {
	w.next = w.next[:0]
	hash := uint32(maphash.Bytes(nameSeed, name))
	for _, n := range w.cur {
		nd := &m.nodes[n]
		if nd.hasLiteral {
			if to := m.edges.find(n, hash, name); to != none {
				m.enter(w, to)
			}
		}
		if nd.any != none {
			m.enter(w, nd.any)
		}
		if nd.suffix != none {
			m.stepSuffix(w, nd.suffix, name)
		}
		if nd.glob != none {
			m.stepGlob(w, nd.glob, name)
		}
		if nd.isDeep {
			w.add(n)
		}
	}
	w.cur, w.next = w.next, w.cur
}

// enter adds a state that was reached over an edge, and the `**` after it,
// which may stand for nothing.
func (m *matcher) enter(w *walker, n int32) {
	w.next = append(w.next, n)
	deep := m.nodes[n].deep
	if deep == none {
		return
	}
	if m.nodes[deep].leafDeep {
		w.addStay(deep)
		return
	}
	w.add(deep)
}

// add adds a `**` state once: both its own loop and its parent lead to it.
// Other states have one way in, and so cannot come twice.
func (w *walker) add(n int32) {
	for _, have := range w.next {
		if have == n {
			return
		}
	}
	w.next = append(w.next, n)
}

func (w *walker) addStay(n int32) {
	for _, have := range w.stay {
		if have == n {
			return
		}
	}
	w.stay = append(w.stay, n)
}

// best gives the strictest rule for one class among the states w ended in, or
// limit where none is stricter than limit. explicit is Query.Explicit.
func (m *matcher) best(w *walker, class Access, explicit, limit int32) int32 {
	limit = m.bestIn(w, w.stay, class, explicit, limit)
	return m.bestIn(w, w.cur, class, explicit, limit)
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
	return m.exceptedIn(w.stay, rule) || m.exceptedIn(w.cur, rule)
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
