package rules

import (
	"sort"
	"unicode/utf8"
)

// globs hold the wildcard components of a matcher, other than `*` and `**`:
// for each trie node that has any, a trie over characters, so that many
// wildcards in one place are walked together. `*literal` is by far the most
// common kind and has a trie of its own that is read from the end of the name:
// most names are told apart by their last character.
type globs struct {
	nodes []globNode
	edges []globEdge // grouped by node, ascending by key
}

type globNode struct {
	accept   int32 // the matcher's node when the name ends here, or none
	one      int32 // child for `?`
	many     int32 // child for `*`
	from, to int32 // edges
	isMany   bool  // is a `*`: stays in the set
}

type globEdge struct {
	key uint32 // the character's bytes, packed by chunkKey; one byte in a suffix trie
	to  int32
}

// globActive is how many states a name's walk holds on the stack.
const globActive = 32

func (g *globs) edge(n int32, key uint32) int32 {
	nd := &g.nodes[n]
	edges := g.edges[nd.from:nd.to]
	if len(edges) > 8 {
		i := sort.Search(len(edges), func(i int) bool { return edges[i].key >= key })
		edges = edges[i:]
	}
	for i := range edges {
		if edges[i].key == key {
			return edges[i].to
		}
		if edges[i].key > key {
			break
		}
	}
	return none
}

// stepSuffix enters every `*literal` child that ends name.
func (m *matcher) stepSuffix(next, stay *stateSet, root int32, name []byte) {
	g := &m.globs
	n := root
	for i := len(name) - 1; i >= 0; i-- {
		if n = g.edge(n, uint32(name[i])); n == none {
			return
		}
		if to := g.nodes[n].accept; to != none {
			m.enter(next, stay, to)
		}
	}
}

// stepGlob enters every other wildcard child that matches name.
func (m *matcher) stepGlob(next, stay *stateSet, root int32, name []byte) {
	g := &m.globs
	var a, b [globActive]int32
	cur, then := a[:0], b[:0]
	cur = g.push(cur, root)
	for len(name) > 0 && len(cur) > 0 {
		key, size := chunkKey(name)
		name = name[size:]
		then = then[:0]
		for _, n := range cur {
			nd := &g.nodes[n]
			if nd.from < nd.to {
				if to := g.edge(n, key); to != none {
					then = g.push(then, to)
				}
			}
			if nd.one != none {
				then = g.push(then, nd.one)
			}
			if nd.isMany {
				then = addOnce(then, n)
			}
		}
		cur, then = then, cur
		// A `*` that ends its pattern has won whatever follows.
		kept := cur[:0]
		for _, n := range cur {
			if nd := &g.nodes[n]; nd.isMany && nd.one == none && nd.from == nd.to {
				m.enterOnce(next, stay, nd.accept)
				continue
			}
			kept = append(kept, n)
		}
		cur = kept
	}
	for _, n := range cur {
		if to := g.nodes[n].accept; to != none {
			m.enterOnce(next, stay, to)
		}
	}
}

// push adds a state reached over an edge and the `*` after it, which may stand
// for nothing.
func (g *globs) push(set []int32, n int32) []int32 {
	set = append(set, n)
	if many := g.nodes[n].many; many != none {
		set = addOnce(set, many)
	}
	return set
}

func addOnce(set []int32, n int32) []int32 {
	for _, have := range set {
		if have == n {
			return set
		}
	}
	return append(set, n)
}

// enterOnce is enter for a state that one name's walk may reach repeatedly.
func (m *matcher) enterOnce(next, stay *stateSet, n int32) {
	if !next.has(n) {
		m.enter(next, stay, n)
	}
}

// chunkKey gives the first character of name, its bytes packed into one number,
// and its size. Bytes that are no valid UTF-8 are characters of one byte.
func chunkKey(name []byte) (key uint32, size int) {
	if name[0] < utf8.RuneSelf {
		return uint32(name[0]), 1
	}
	_, size = utf8.DecodeRune(name)
	for _, c := range name[:size] {
		key = key<<8 | uint32(c)
	}
	return key, size
}
