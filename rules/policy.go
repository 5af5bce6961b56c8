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
	global   matchers
	programs []matchers // one a program block
	progs    *matcher   // which program blocks hold for an executable; rank = index of programs
	scopes   scopeCache

	conditions []condition // of rules with argv; their matchers are among programs
	blocks     bool        // there are program blocks

	calls   Syscalls
	deflt   Verdict
	shows   bool // some rule permits the class stat
	classes Access
	reach   map[Prefix]Access
	hosts   []string // that rules name, sorted
	sockets []Socket // that rules permit besides those for everybody
	tests   []*Test

	callRules map[string][]CallRule // about calls as such, by name; in order of rank
}

// Decide answers q. It allocates nothing unless more than 32 patterns are
// under way at once in one path, takes no locks, and keeps nothing of q. A
// malformed query (see Query) is denied with the zero Decision.
func (p *Policy) Decide(q *Query) Decision {
	if q.aboutCall() && (q.Scope == nil || q.Scope.owner == p.compiled) {
		return p.decideCall(q)
	}
	if q.Access == 0 || q.Access&^All != 0 || q.Scope != nil && q.Scope.owner != p.compiled {
		return Decision{}
	}
	var best ranks
	for i := range best {
		best[i] = math.MaxInt32
	}
	if q.Address != nil {
		return p.decideAddress(q, &best)
	}
	var w walker
	if !p.global.decide(&w, q.Path, q, &best) {
		return Decision{}
	}
	if q.Scope != nil {
		for _, i := range q.Scope.blocks {
			p.programs[i].decide(&w, q.Path, q, &best)
		}
	}
	return p.strictest(q, &best)
}

// ranks are the strictest rules found so far, by class.
type ranks [classCount]int32

// decide lowers best, by class, to the strictest rule of m that matches path,
// which is q's or stands for an address of q.
func (m *matcher) decide(w *walker, path []byte, q *Query, best *ranks) bool {
	if !m.walk(path, w) {
		return false
	}
	m.lower(w, q, best)
	return true
}

// lower is decide for the states that w ended in.
func (m *matcher) lower(w *walker, q *Query, best *ranks) {
	explicit := int32(min(max(q.Explicit, 0), int(explicitAll)))
	for left := uint16(q.Access); left != 0; left &= left - 1 {
		i := bits.TrailingZeros16(left)
		best[i] = m.best(w, 1<<i, explicit, best[i])
		if i == statClass && q.Explicit <= 0 {
			m.onTheWay(w, best)
		}
	}
}

// strictest picks among the classes. Of equally strict ones a rule comes
// before the default, which has no reason to show, and then the first class.
func (p *Policy) strictest(q *Query, best *ranks) Decision {
	d := Decision{Verdict: math.MaxUint8}
	for left := uint16(q.Access); left != 0; left &= left - 1 {
		i := bits.TrailingZeros16(left)
		v, rule := p.without(i, q), (*Rule)(nil)
		switch best[i] {
		case math.MaxInt32:
		case wayRank:
			v = Allow
		default:
			rule = p.rules[best[i]]
			v = rule.Verdict
		}
		if v < d.Verdict || v == d.Verdict && rule != nil && (d.Rule == nil || rule.Alert && !d.Rule.Alert) {
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
	if q.aboutCall() {
		return p.explainCall(q)
	}
	var hits []hit
	collect := func(ms *matchers) {
		if q.Address != nil {
			hits = ms.addressHits(hits, q)
			return
		}
		hits = ms.pathHits(hits, q)
	}
	collect(&p.global)
	if q.Scope != nil {
		for _, i := range q.Scope.blocks {
			collect(&p.programs[i])
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

// hit is a rule that matches, for one class.
type hit struct {
	rule  int32
	class Access
}

// hits appends every rule of m that matches path.
func (m *matcher) hits(list []hit, path []byte, q *Query) []hit {
	var w walker
	if m.walk(path, &w) {
		list = m.hitsAt(list, &w, q)
	}
	return list
}

// hitsAt is hits for the states that w ended in.
func (m *matcher) hitsAt(list []hit, w *walker, q *Query) []hit {
	for _, n := range w.all() {
		nd := &m.nodes[n]
		for _, e := range m.entries[nd.acceptFrom:nd.acceptTo] {
			if !e.denies && int(nd.explicit) < q.Explicit || e.hasExcept && m.excepted(w, e.rule) {
				continue
			}
			for left := uint16(q.Access & e.access); left != 0; left &= left - 1 {
				list = append(list, hit{e.rule, 1 << bits.TrailingZeros16(left)})
			}
		}
	}
	return list
}

// Mode says whether refusals are carried out or only reported.
func (p *Policy) Mode() Mode { return p.mode }

// WithMode gives the same policy in another mode. Scopes of the one are valid
// for the other.
func (p *Policy) WithMode(m Mode) *Policy { return &Policy{p.compiled, m} }

// Default is the verdict where no rule matches: Deny or Allow.
func (p *Policy) Default() Verdict { return p.deflt }

// DefaultFor is the verdict about classes of which no rule matches, the strictest
// of them. default = "allow" alone opens no network: see NetworkClosed.
func (p *Policy) DefaultFor(classes Access) Verdict {
	if classes&sockets != 0 && p.NetworkClosed() {
		return Deny
	}
	return p.deflt
}

// NetworkClosed reports whether no rule names connect or bind. Then every address
// is refused, whatever the default says.
func (p *Policy) NetworkClosed() bool { return p.classes&sockets == 0 }

// Syscalls gives the system calls that the kernel is to decide alone.
func (p *Policy) Syscalls() Syscalls {
	return Syscalls{slices.Clone(p.calls.Allow), slices.Clone(p.calls.Deny), slices.Clone(p.calls.Kill)}
}

// Rules gives every rule, strictest first.
func (p *Policy) Rules() []*Rule { return slices.Clone(p.rules) }

// Classes is the union of the classes that any rule names.
func (p *Policy) Classes() Access { return p.classes }
