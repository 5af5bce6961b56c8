package rules

// labels are what the components of a matcher's patterns say, which matching
// itself needs only as hashes and tries.
type labels struct {
	m        *matcher
	text     []string           // of each node, as in a pattern
	children map[int32][]string // literal ones, by node
	globs    map[int32][][]tok  // wildcard ones but `*` and `**`, by node
}

func (c *comparison) labelsOf(m *matcher) *labels {
	if l := c.labels[m]; l != nil {
		return l
	}
	if c.labels == nil {
		c.labels = make(map[*matcher]*labels)
	}
	l := &labels{m: m, text: make([]string, len(m.nodes)), children: map[int32][]string{}, globs: map[int32][][]tok{}}
	for _, s := range m.edges.slots {
		if s.child == none {
			continue
		}
		name := m.edges.names[s.off : s.off+s.size]
		l.text[s.child] = component{kind: compLiteral, text: name}.written()
		l.children[s.node] = append(l.children[s.node], name)
	}
	for n := range m.nodes {
		nd := &m.nodes[n]
		if nd.any != none {
			l.text[nd.any] = "*"
		}
		if nd.deep != none {
			l.text[nd.deep] = "**"
		}
		l.addGlobs(int32(n), nd.glob, nil, false)
		l.addGlobs(int32(n), nd.suffix, nil, true)
	}
	c.labels[m] = l
	return l
}

// addGlobs takes the wildcard components apart that begin at g. Those of the
// suffix trie are read backwards.
func (l *labels) addGlobs(n, g int32, toks []tok, suffix bool) {
	if g == none {
		return
	}
	nd := &l.m.globs.nodes[g]
	if nd.accept != none {
		whole := append([]tok(nil), toks...)
		if suffix {
			whole = append([]tok{tokAny}, toks...)
		}
		l.globs[n] = append(l.globs[n], whole)
		l.text[nd.accept] = showToks(whole)
	}
	with := func(t ...tok) []tok {
		if suffix {
			return append(t, toks...)
		}
		return append(append([]tok(nil), toks...), t...)
	}
	if nd.one != none {
		l.addGlobs(n, nd.one, with(tokOne), suffix)
	}
	if nd.many != none {
		l.addGlobs(n, nd.many, with(tokAny), suffix)
	}
	for _, e := range l.m.globs.edges[nd.from:nd.to] {
		l.addGlobs(n, e.to, with(keyBytes(e.key)...), suffix)
	}
}

// keyBytes undoes chunkKey.
func keyBytes(key uint32) []tok {
	var out []tok
	for shift := 24; shift >= 0; shift -= 8 {
		if c := key >> shift & 0xff; c != 0 || len(out) > 0 {
			out = append(out, tok(c))
		}
	}
	return out
}

// written is the component in a pattern.
func (c component) written() string { return pattern{c}.String()[1:] }

// pattern writes the pattern that ends at a node.
func (l *labels) pattern(n int32) string {
	text := ""
	for at := n; l.m.nodes[at].parent != none; at = l.m.nodes[at].parent {
		text = "/" + l.text[at] + text
	}
	if text == "" {
		return "/"
	}
	return text
}
