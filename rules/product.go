package rules

import (
	"encoding/binary"
	"slices"
	"strings"
)

// track is one matcher in the walk of a product, and the states that it is in.
type track struct {
	m         *matcher
	side      int // 0 before, 1 after
	cur, stay []int32
}

func newTrack(m *matcher, side int) track {
	var w walker
	m.enter(w.next(), &w.stay, 0)
	w.turn()
	return track{m, side, sorted(w.cur()), sorted(&w.stay)}
}

func sorted(s *stateSet) []int32 {
	list := s.all()
	slices.Sort(list)
	return list
}

func (t *track) states() []int32 { return append(slices.Clone(t.cur), t.stay...) }

// step goes over one component, as [matcher.walk] does.
func (t *track) step(name string) track {
	var w walker
	for _, n := range t.cur {
		w.cur().add(n)
	}
	for _, n := range t.stay {
		w.stay.addOnce(n)
	}
	if len(t.cur) > 0 {
		t.m.step(&w, []byte(name))
	}
	return track{t.m, t.side, sorted(w.cur()), sorted(&w.stay)}
}

// spot is a place in the product: the states of all matchers, and a shortest
// way there.
type spot struct {
	tracks []track
	up     *spot
	name   string
	depth  int
}

// path writes the way from component number from on.
func (p *spot) path(from int) string {
	parts := p.parts()[from:]
	if len(parts) == 0 {
		return "/"
	}
	return "/" + strings.Join(parts, "/")
}

func (p *spot) parts() []string {
	list := make([]string, p.depth)
	for at := p; at.up != nil; at = at.up {
		list[at.depth-1] = at.name
	}
	return list
}

func (p *spot) key(byDepth bool) string {
	var b []byte
	if byDepth {
		b = append(b, byte(p.depth))
	}
	for _, t := range p.tracks {
		for _, set := range [][]int32{t.cur, t.stay} {
			b = binary.AppendUvarint(b, uint64(len(set)))
			for _, n := range set {
				b = binary.AppendUvarint(b, uint64(n))
			}
		}
	}
	return string(b)
}

// over gives the place one component further.
func (p *spot) over(name string) *spot {
	next := &spot{up: p, name: name, depth: p.depth + 1, tracks: make([]track, len(p.tracks))}
	for i := range p.tracks {
		next.tracks[i] = p.tracks[i].step(name)
	}
	return next
}

// live says that some matcher still waits for a component.
func (p *spot) live() bool {
	return slices.ContainsFunc(p.tracks, func(t track) bool { return len(t.cur) > 0 })
}

// product walks several matchers together, breadth first.
type product struct {
	c *comparison
	// names gives one name for each way in which names move the place.
	names func(*spot) []string
	// depth, when positive, is how many components there are: places are told
	// apart by it and shown only there.
	depth int
}

func (p *product) walk(tracks []track, show func(*spot)) {
	start := &spot{tracks: tracks}
	p.walkFrom(start, show)
}

func (p *product) walkFrom(start *spot, show func(*spot)) {
	queue := []*spot{start}
	seen := map[string]bool{start.key(p.depth > 0): true}
	end := start.depth + p.depth
	for len(queue) > 0 {
		at := queue[0]
		queue[0] = nil
		queue = queue[1:]
		if p.depth == 0 || at.depth == end {
			show(at)
		}
		// Where nothing is waited for any more, all that follows is alike; but
		// the first component of all is gone over, for the defaults.
		dead := p.depth == 0 && at != start && !at.live()
		if p.depth > 0 && at.depth == end || dead || at.depth >= maxDeepPlace {
			continue
		}
		for _, name := range p.names(at) {
			next := at.over(name)
			key := next.key(p.depth > 0)
			if seen[key] {
				continue
			}
			if p.c.states++; p.c.states > maxProduct {
				p.c.whole = false
				return
			}
			seen[key] = true
			queue = append(queue, next)
		}
	}
}

// maxDeepPlace bounds a way; a path of more components would be longer than
// PATH_MAX with names that patterns tell apart.
const maxDeepPlace = maxPath / 2

// pathNames are names of files.
func (c *comparison) pathNames(p *spot) []string {
	literals, globs := c.waited(p)
	names := c.withNames(slices.Clone(literals), globs, freshName)
	if len(globs) > 0 {
		readable(p, names[len(literals):])
	}
	return names
}

// withNames adds to literals a name for each set of globs that a name can
// match, where there are none a name that is no literal.
func (c *comparison) withNames(literals []string, globs map[string][]tok, fresh func(map[string]bool) string) []string {
	if len(globs) == 0 {
		known := make(map[string]bool, len(literals))
		for _, l := range literals {
			known[l] = true
		}
		return append(literals, fresh(known))
	}
	if c.letters > maxCompared {
		c.whole = false
		return literals
	}
	c.names.used = 0
	names, ok := c.names.names(globs, literals)
	c.letters += c.names.used
	c.whole = c.whole && ok
	return append(literals, names...)
}

// readable replaces names that begin with a dot, or are a mere ending, by others
// that lead to the same place: they are examples for people.
func readable(p *spot, names []string) []string {
	for i, name := range names {
		if !strings.HasPrefix(name, ".") && len(name) > 1 {
			continue
		}
		for _, nicer := range []string{"x", "x" + name, name + "x"} {
			if !slices.Contains(names, nicer) && p.over(nicer).key(false) == p.over(name).key(false) {
				names[i] = nicer
				break
			}
		}
	}
	return names
}

// freshName is a name that is none of those known.
func freshName(known map[string]bool) string {
	name := "x"
	for known[name] {
		name += "x"
	}
	return name
}

// waited are the literals and wildcard components that some matcher waits for.
func (c *comparison) waited(p *spot) (literals []string, globs map[string][]tok) {
	globs = make(map[string][]tok)
	for i := range p.tracks {
		t := &p.tracks[i]
		l := c.labelsOf(t.m)
		for _, n := range t.cur {
			for _, e := range l.children[n] {
				literals = append(literals, e)
			}
			for _, g := range l.globs[n] {
				globs[showToks(g)] = g
			}
		}
	}
	slices.Sort(literals)
	return slices.Compact(literals), globs
}
