package rules

import (
	"encoding/binary"
	"slices"
	"strings"
)

// search is one run of Witness.
type search struct {
	patterns []pattern   // of all regions
	globs    [][]letters // their wildcard components
	work     int         // components that names have been compared with
	in       [][]span    // of each element, its regions
	out      []span
	names    namer
	tooMany  bool
}

// span is a region as indices of search.patterns: from..keep match, keep..to
// are exceptions.
type span struct{ from, keep, to int }

// joint is a set of positions of every pattern: how many components of it a
// path has gone through. A `**` is gone through any number of times.
type joint [][]uint16

func newSearch(in [][]Region, out []Region) *search {
	s := &search{}
	// What cannot meet the narrowest part plays no role.
	var focus Region
	for i, union := range in {
		var all Region
		for _, r := range union {
			all.in = append(all.in, r.in...)
		}
		if i == 0 || len(all.in) < len(focus.in) {
			focus = all
		}
	}
	for _, union := range in {
		s.in = append(s.in, s.addAll(union, focus))
	}
	s.out = s.addAll(out, focus)
	return s
}

func (s *search) addAll(list []Region, focus Region) []span {
	var spans []span
	for _, r := range list {
		sp := span{from: len(s.patterns)}
		s.addPatterns(r.in, focus)
		sp.keep = len(s.patterns)
		if sp.keep == sp.from {
			continue
		}
		s.addPatterns(r.out, focus)
		sp.to = len(s.patterns)
		spans = append(spans, sp)
	}
	return spans
}

func (s *search) addPatterns(list []pattern, focus Region) {
	for _, p := range list {
		if focus.meets(p) {
			s.patterns = append(s.patterns, p)
			globs := make([]letters, len(p))
			for i, c := range p {
				if c.kind == compGlob {
					globs[i] = newLetters(c.toks)
				}
			}
			s.globs = append(s.globs, globs)
		}
	}
}

// run walks the joint states breadth first, so that the path is a short one.
func (s *search) run() Finding {
	type step struct {
		at   joint
		path string
	}
	start := make(joint, len(s.patterns))
	for i, p := range s.patterns {
		start[i] = closure(p, []uint16{0})
	}
	queue := []step{{start, ""}}
	seen := map[string]bool{start.key(): true}
	for len(queue) > 0 {
		st := queue[0]
		queue = queue[1:]
		if s.wanted(st.at) {
			return Finding{Path: max(st.path, "/"), Found: true, Sure: true}
		}
		if !s.alive(st.at) {
			continue
		}
		for _, name := range s.namesAt(st.at) {
			next := s.step(st.at, name)
			key := next.key()
			if seen[key] {
				continue
			}
			if len(seen) >= maxJoint || s.work > maxWork {
				return Finding{}
			}
			seen[key] = true
			queue = append(queue, step{next, st.path + "/" + name})
		}
	}
	return Finding{Sure: !s.tooMany}
}

// closure adds what follows each `**`, which may stand for nothing.
func closure(p pattern, at []uint16) []uint16 {
	for i := 0; i < len(at); i++ {
		if n := at[i]; int(n) < len(p) && p[n].kind == compDeep && !slices.Contains(at, n+1) {
			at = append(at, n+1)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

func (j joint) key() string {
	var b []byte
	for _, at := range j {
		for _, n := range at {
			b = binary.BigEndian.AppendUint16(b, n)
		}
		b = binary.BigEndian.AppendUint16(b, 1<<16-1)
	}
	return string(b)
}

func (s *search) accepts(j joint, i int) bool {
	at := j[i]
	return len(at) > 0 && int(at[len(at)-1]) == len(s.patterns[i])
}

// holds says whether the path so far is in the region.
func (s *search) holds(j joint, sp span) bool {
	is := false
	for i := sp.from; i < sp.keep && !is; i++ {
		is = s.accepts(j, i)
	}
	for i := sp.keep; i < sp.to && is; i++ {
		is = !s.accepts(j, i)
	}
	return is
}

func (s *search) wanted(j joint) bool {
	inside := func(sp span) bool { return s.holds(j, sp) }
	for _, union := range s.in {
		if !slices.ContainsFunc(union, inside) {
			return false
		}
	}
	return !slices.ContainsFunc(s.out, inside)
}

// alive says whether a longer path can still be in every element of in.
func (s *search) alive(j joint) bool {
	for _, union := range s.in {
		if !slices.ContainsFunc(union, func(sp span) bool {
			return slices.ContainsFunc(j[sp.from:sp.keep], func(at []uint16) bool { return len(at) > 0 })
		}) {
			return false
		}
	}
	return true
}

func (s *search) step(j joint, name string) joint {
	next := make(joint, len(j))
	s.work += len(j)
	for i, at := range j {
		if len(at) == 0 {
			continue
		}
		p := s.patterns[i]
		s.work += len(at)
		var to []uint16
		for _, n := range at {
			switch {
			case int(n) == len(p):
			case p[n].kind == compDeep:
				to = append(to, n)
			case p[n].kind == compAny, p[n].kind == compLiteral && p[n].text == name,
				p[n].kind == compGlob && s.globs[i][n].match(name):
				to = append(to, n+1)
			}
		}
		next[i] = closure(p, to)
	}
	return next
}

// namesAt gives one name for each way in which names move the joint state: each
// literal that is waited for, and what wildcards tell apart among the others.
func (s *search) namesAt(j joint) []string {
	var literals []string
	globs := make(map[string][]tok)
	for i, at := range j {
		p := s.patterns[i]
		for _, n := range at {
			if int(n) == len(p) {
				continue
			}
			switch c := p[n]; c.kind {
			case compLiteral:
				literals = append(literals, c.text)
			case compGlob:
				globs[showToks(c.toks)] = c.toks
			}
		}
	}
	slices.Sort(literals)
	literals = slices.Compact(literals)
	names, ok := s.names.names(globs, literals)
	s.tooMany = s.tooMany || !ok
	return append(literals, names...)
}

// letters is a wildcard component, character by character.
type letters []letter

type letter struct {
	tok  tok // tokOne, tokAny, or 0 for text
	text string
}

func newLetters(toks []tok) letters {
	var g letters
	for i := 0; i < len(toks); {
		if toks[i] >= 256 {
			g = append(g, letter{tok: toks[i]})
			i++
			continue
		}
		end := i
		for end < len(toks) && toks[end] < 256 {
			end++
		}
		for text := literalText(toks[i:end]); text != ""; {
			_, size := chunkKey([]byte(text))
			g = append(g, letter{text: strings.Clone(text[:size])})
			text = text[size:]
		}
		i = end
	}
	return g
}

// match says whether the component matches one name.
func (g letters) match(name string) bool {
	at := g.start()
	for len(name) > 0 && len(at) > 0 {
		_, size := chunkKey([]byte(name))
		at, name = g.step(at, name[:size]), name[size:]
	}
	return len(name) == 0 && g.done(at)
}

func (g letters) start() []uint16 { return g.close([]uint16{0}) }

func (g letters) close(at []uint16) []uint16 {
	for i := 0; i < len(at); i++ {
		if n := at[i]; int(n) < len(g) && g[n].tok == tokAny && !slices.Contains(at, n+1) {
			at = append(at, n+1)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

func (g letters) step(at []uint16, char string) []uint16 {
	var to []uint16
	for _, n := range at {
		switch {
		case int(n) == len(g):
		case g[n].tok == tokAny:
			to = append(to, n)
		case g[n].tok == tokOne || g[n].text == char:
			to = append(to, n+1)
		}
	}
	return g.close(to)
}

func (g letters) done(at []uint16) bool { return len(at) > 0 && int(at[len(at)-1]) == len(g) }
