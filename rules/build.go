package rules

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// builder collects patterns into a trie; build freezes it into a matcher.
type builder struct {
	nodes     []node
	edges     edgeBuilder
	globNodes []globNode
	globEdges map[globKey]int32
	accepts   []accept
	excepts   []accept
}

type globKey struct {
	node int32
	key  uint32
}

// accept says that a pattern ends at node.
type accept struct {
	node int32
	entry
}

func newBuilder() *builder {
	b := &builder{}
	b.newNode(none, explicitAll)
	return b
}

func (b *builder) newNode(parent, explicit int32) int32 {
	b.nodes = append(b.nodes, node{
		parent: parent, any: none, deep: none, glob: none, suffix: none,
		denyBelow: none, explicit: explicit,
	})
	return int32(len(b.nodes) - 1)
}

// addRule makes rule accept where p ends, for those of its classes that are in
// access.
func (b *builder) addRule(p pattern, rule int32, r *Rule, access Access) {
	b.accepts = append(b.accepts, accept{b.insert(p), entry{
		rule: rule, access: r.Access & access, hasExcept: len(r.Except) > 0, denies: r.Verdict == Deny, shows: r.shows(),
	}})
}

// addExcept takes what p matches out of rule.
func (b *builder) addExcept(p pattern, rule int32) {
	b.excepts = append(b.excepts, accept{b.insert(p), entry{rule: rule}})
}

func (b *builder) insert(p pattern) int32 {
	n := int32(0)
	for depth, c := range p {
		switch c.kind {
		case compLiteral:
			n = b.literalChild(n, c.text)
		case compAny:
			if b.nodes[n].any == none {
				child := b.newNode(n, b.nodes[n].explicit)
				b.nodes[n].any = child
			}
			n = b.nodes[n].any
		case compDeep:
			if b.nodes[n].deep == none {
				child := b.newNode(n, min(b.nodes[n].explicit, int32(depth)))
				b.nodes[child].isDeep = true
				b.nodes[n].deep = child
			}
			n = b.nodes[n].deep
		default:
			n = b.globChild(n, c.toks)
		}
	}
	return n
}

func (b *builder) literalChild(n int32, name string) int32 {
	return b.edges.child(n, name, func() int32 {
		b.nodes[n].hasLiteral = true
		return b.newNode(n, b.nodes[n].explicit)
	})
}

// globChild finds or makes the child for a wildcard component.
func (b *builder) globChild(n int32, toks []tok) int32 {
	var g int32
	if suffix, ok := suffixOf(toks); ok {
		g = b.globRoot(&b.nodes[n].suffix)
		for i := len(suffix) - 1; i >= 0; i-- {
			g = b.globEdge(g, uint32(suffix[i]))
		}
	} else {
		g = b.globPath(b.globRoot(&b.nodes[n].glob), toks)
	}
	if b.globNodes[g].accept == none {
		b.globNodes[g].accept = b.newNode(n, b.nodes[n].explicit)
	}
	return b.globNodes[g].accept
}

// suffixOf gives the text of a `*text` component. Text that is not valid UTF-8
// stays with the general form: read from the end, bytes do not tell where
// characters begin.
func suffixOf(toks []tok) (string, bool) {
	if toks[0] != tokAny {
		return "", false
	}
	for _, t := range toks[1:] {
		if t >= 256 {
			return "", false
		}
	}
	text := literalText(toks[1:])
	return text, utf8.ValidString(text)
}

func (b *builder) globPath(g int32, toks []tok) int32 {
	for i := 0; i < len(toks); {
		switch toks[i] {
		case tokOne:
			if b.globNodes[g].one == none {
				child := b.newGlob(false)
				b.globNodes[g].one = child
			}
			g = b.globNodes[g].one
			i++
		case tokAny:
			if b.globNodes[g].many == none {
				child := b.newGlob(true)
				b.globNodes[g].many = child
			}
			g = b.globNodes[g].many
			i++
		default:
			end := i
			for end < len(toks) && toks[end] < 256 {
				end++
			}
			text := []byte(literalText(toks[i:end]))
			for len(text) > 0 {
				key, size := chunkKey(text)
				g = b.globEdge(g, key)
				text = text[size:]
			}
			i = end
		}
	}
	return g
}

func (b *builder) globRoot(root *int32) int32 {
	if *root == none {
		*root = b.newGlob(false)
	}
	return *root
}

func (b *builder) newGlob(isMany bool) int32 {
	b.globNodes = append(b.globNodes, globNode{accept: none, one: none, many: none, isMany: isMany})
	return int32(len(b.globNodes) - 1)
}

func (b *builder) globEdge(g int32, key uint32) int32 {
	k := globKey{g, key}
	to, ok := b.globEdges[k]
	if !ok {
		to = b.newGlob(false)
		if b.globEdges == nil {
			b.globEdges = make(map[globKey]int32)
		}
		b.globEdges[k] = to
	}
	return to
}

// build freezes the trie; ranks are those of the rules, by the numbers that they
// were added under, nil where these are ranks. The builder must not be used
// afterwards.
func (b *builder) build(ranks []int32) *matcher {
	m := &matcher{nodes: b.nodes, edges: b.edges.freeze(), globs: b.buildGlobs(), homes: make(map[int32][]int32)}
	for i := range m.nodes {
		nd := &m.nodes[i]
		nd.leafDeep = nd.isDeep && nd.any == none && nd.glob == none && nd.suffix == none && !nd.hasLiteral
	}
	m.setAccepts(sortAccepts(b.accepts, ranks))
	for i, x := range sortAccepts(b.excepts, ranks) {
		nd := &m.nodes[x.node]
		if nd.exceptTo == 0 {
			nd.exceptFrom = int32(i)
		}
		nd.exceptTo = int32(i) + 1
		m.excepts = append(m.excepts, x.rule)
	}
	m.setBelow()
	m.setShow()
	return m
}

func (b *builder) buildGlobs() globs {
	keys := make([]globKey, 0, len(b.globEdges))
	for k := range b.globEdges {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y globKey) int {
		return cmp.Or(cmp.Compare(x.node, y.node), cmp.Compare(x.key, y.key))
	})
	g := globs{nodes: b.globNodes}
	for i, k := range keys {
		nd := &g.nodes[k.node]
		if nd.to == 0 {
			nd.from = int32(i)
		}
		nd.to = int32(i) + 1
		g.edges = append(g.edges, globEdge{k.key, b.globEdges[k]})
	}
	return g
}

// sortAccepts groups by node, strictest rule first. A rule that accepts at a
// node for several reasons does so for all their classes.
func sortAccepts(list []accept, ranks []int32) []accept {
	if ranks != nil {
		for i := range list {
			list[i].rule = ranks[list[i].rule]
		}
	}
	slices.SortFunc(list, func(x, y accept) int {
		return cmp.Or(cmp.Compare(x.node, y.node), cmp.Compare(x.rule, y.rule))
	})
	out := list[:0]
	for _, x := range list {
		if n := len(out); n > 0 && out[n-1].node == x.node && out[n-1].rule == x.rule {
			out[n-1].access |= x.access
			continue
		}
		out = append(out, x)
	}
	return out
}
