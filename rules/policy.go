package rules

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Policy is a compiled set of rules. It never changes and is safe for use by
// any number of goroutines without locks.
type Policy struct {
	*compiled
	mode Mode
}

// compiled is what policies that differ only in mode share.
type compiled struct {
	rules    []*Rule // strictest first; the index is the rank matchers use
	global   *matcher
	programs []*matcher // one a program block
	progs    *matcher   // which program blocks hold for an executable; rank = index of programs
	scopes   scopeCache
	calls    Syscalls
	deflt    Verdict
	classes  Access
	reach    map[Prefix]Access
}

// Decide answers q. It allocates nothing unless more than 32 patterns are
// under way at once in one path, takes no locks, and keeps nothing of q. A
// malformed query (see Query) is denied with the zero Decision.
func (p *Policy) Decide(q *Query) Decision {
	if q.Access == 0 || q.Access&^All != 0 || q.Scope != nil && q.Scope.owner != p.compiled {
		return Decision{}
	}
	var w walker
	var best [classCount]int32
	for i := range best {
		best[i] = math.MaxInt32
	}
	if !p.global.decide(&w, q, &best) {
		return Decision{}
	}
	if q.Scope != nil {
		for _, i := range q.Scope.blocks {
			p.programs[i].decide(&w, q, &best)
		}
	}
	return p.strictest(q, &best)
}

// decide lowers best, by class, to the strictest rule of m that matches.
func (m *matcher) decide(w *walker, q *Query, best *[classCount]int32) bool {
	if !m.walk(q.Path, w) {
		return false
	}
	explicit := int32(min(max(q.Explicit, 0), int(explicitAll)))
	for left := uint16(q.Access); left != 0; left &= left - 1 {
		i := bits.TrailingZeros16(left)
		best[i] = m.best(w, 1<<i, explicit, best[i])
	}
	return true
}

// strictest picks among the classes. Of equally strict ones a rule comes
// before the default, which has no reason to show, and then the first class.
func (p *Policy) strictest(q *Query, best *[classCount]int32) Decision {
	deflt := p.deflt
	if q.Explicit > 0 {
		deflt = Deny // a default spells nothing
	}
	d := Decision{Verdict: math.MaxUint8}
	for left := uint16(q.Access); left != 0; left &= left - 1 {
		i := bits.TrailingZeros16(left)
		v, rule := deflt, (*Rule)(nil)
		if best[i] != math.MaxInt32 {
			rule = p.rules[best[i]]
			v = rule.Verdict
		}
		if v < d.Verdict || v == d.Verdict && d.Rule == nil && rule != nil {
			d = Decision{Verdict: v, Access: 1 << i, Rule: rule}
		}
	}
	return d
}

// Explain gives every rule that matches q, once for each class it matched for,
// in order of strictness; it walks the same matcher as Decide. Where the query
// is malformed or nothing matches it gives nothing: Decide then says why.
func (p *Policy) Explain(q *Query) []Decision {
	if q.Access&^All != 0 || q.Scope != nil && q.Scope.owner != p.compiled {
		return nil
	}
	type hit struct {
		rule  int32
		class Access
	}
	var hits []hit
	collect := func(m *matcher) {
		var w walker
		if !m.walk(q.Path, &w) {
			return
		}
		for _, n := range w.all() {
			nd := &m.nodes[n]
			for _, e := range m.entries[nd.acceptFrom:nd.acceptTo] {
				if !e.denies && int(nd.explicit) < q.Explicit || e.hasExcept && m.excepted(&w, e.rule) {
					continue
				}
				for left := uint16(q.Access & e.access); left != 0; left &= left - 1 {
					hits = append(hits, hit{e.rule, 1 << bits.TrailingZeros16(left)})
				}
			}
		}
	}
	collect(p.global)
	if q.Scope != nil {
		for _, i := range q.Scope.blocks {
			collect(p.programs[i])
		}
	}
	slices.SortFunc(hits, func(x, y hit) int {
		return cmp.Or(cmp.Compare(x.rule, y.rule), cmp.Compare(x.class, y.class))
	})
	var out []Decision
	for _, h := range slices.Compact(hits) {
		r := p.rules[h.rule]
		out = append(out, Decision{Verdict: r.Verdict, Access: h.class, Rule: r})
	}
	return out
}

// Mode says whether refusals are carried out or only reported.
func (p *Policy) Mode() Mode { return p.mode }

// WithMode gives the same policy in another mode. Scopes of the one are valid
// for the other.
func (p *Policy) WithMode(m Mode) *Policy { return &Policy{p.compiled, m} }

// Default is the verdict where no rule matches: Deny or Allow.
func (p *Policy) Default() Verdict { return p.deflt }

// Syscalls gives the system calls that the kernel is to decide alone.
func (p *Policy) Syscalls() Syscalls {
	return Syscalls{slices.Clone(p.calls.Allow), slices.Clone(p.calls.Deny), slices.Clone(p.calls.Kill)}
}

// Rules gives every rule, strictest first.
func (p *Policy) Rules() []*Rule { return slices.Clone(p.rules) }

// Classes is the union of the classes that any rule names.
func (p *Policy) Classes() Access { return p.classes }
