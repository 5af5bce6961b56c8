package rules

import "slices"

// PatternIndex tells which patterns of rules match a path, for reports about a
// policy. It is not safe for concurrent use, and no part of any decision.
type PatternIndex struct {
	p *Policy
	c comparison // for its labels

	ranks map[*Rule]int32
	of    map[*Rule][]string
}

// PatternIndex makes an index of the patterns about paths.
func (p *Policy) PatternIndex() *PatternIndex {
	x := &PatternIndex{p: p, ranks: make(map[*Rule]int32, len(p.rules)), of: make(map[*Rule][]string)}
	for rank, r := range p.rules {
		x.ranks[r] = int32(rank)
	}
	for _, m := range x.matchers() {
		for n := range m.nodes {
			for _, e := range m.entries[m.nodes[n].acceptFrom:m.nodes[n].acceptTo] {
				r := p.rules[e.rule]
				if r.hides() && e.access&^Stat == 0 {
					continue // what is below a hidden place is so by itself
				}
				if text := x.c.labelsOf(m).pattern(int32(n)); !slices.Contains(x.of[r], text) {
					x.of[r] = append(x.of[r], text)
				}
			}
		}
	}
	return x
}

func (x *PatternIndex) matchers() []*matcher {
	var list []*matcher
	add := func(ms *matchers) {
		list = append(list, ms.matcher)
		for _, of := range ms.calls {
			list = append(list, of.matcher)
		}
	}
	add(&x.p.global)
	for i := range x.p.programs {
		add(&x.p.programs[i])
	}
	return list
}

// Of gives the patterns of a rule, canonical: symlinks at their beginning are
// resolved, braces expanded.
func (x *PatternIndex) Of(r *Rule) []string { return x.of[r] }

// Matching gives those of a rule's patterns that match a canonical path.
func (x *PatternIndex) Matching(r *Rule, path string) []string {
	rank, ok := x.ranks[r]
	if !ok {
		return nil
	}
	var list []string
	for _, m := range x.matchers() {
		var w walker
		if !m.walk([]byte(path), &w) {
			return nil
		}
		for _, n := range w.all() {
			for _, e := range m.entries[m.nodes[n].acceptFrom:m.nodes[n].acceptTo] {
				if text := x.c.labelsOf(m).pattern(n); e.rule == rank && !slices.Contains(list, text) {
					list = append(list, text)
				}
			}
		}
	}
	return list
}
