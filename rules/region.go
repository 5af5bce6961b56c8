package rules

import (
	"slices"
	"strings"
)

// Region is a set of canonical paths: those that match one of its patterns and
// none of its exceptions. Addresses are regions of the tree that
// address_tree.go describes. The zero value is empty. Regions do not change and
// are safe for concurrent use.
type Region struct {
	in, out []pattern
}

// ParseRegion gives the paths that one written pattern matches, its literal
// beginning taken as it stands.
func ParseRegion(written string) (Region, error) {
	list, err := parsePattern(written)
	return Region{in: list}, err
}

// PathRegion is the one canonical path.
func PathRegion(path string) Region {
	p := pattern{}
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if name != "" {
			p = append(p, component{kind: compLiteral, text: name})
		}
	}
	return Region{in: []pattern{p}}
}

// Without is the region less what the others match, their exceptions not
// considered.
func (r Region) Without(others ...Region) Region {
	out := slices.Clone(r.out)
	for _, o := range others {
		out = append(out, o.in...)
	}
	return Region{r.in, out}
}

// Empty says that no pattern is left.
func (r Region) Empty() bool { return len(r.in) == 0 }

// Each gives the region pattern by pattern.
func (r Region) Each() []Region {
	list := make([]Region, len(r.in))
	for i := range r.in {
		list[i] = Region{r.in[i : i+1], r.out}
	}
	return list
}

// String lists the patterns.
func (r Region) String() string {
	list := make([]string, len(r.in))
	for i, p := range r.in {
		list[i] = p.String()
	}
	return strings.Join(list, ", ")
}

// Below is the region with everything under it.
func (r Region) Below() Region {
	b := Region{out: r.out}
	for _, p := range r.in {
		b.in = append(b.in, below(p))
	}
	return b
}

// Parents are the directories that the region's paths lie in, "/" left out, as
// far as patterns can tell: for `/a/**/b` also all that is under /a.
func (r Region) Parents() Region {
	var up Region
	for _, p := range r.in {
		for n := 1; n <= len(p); n++ {
			if n < len(p) || p[n-1].kind == compDeep {
				up.in = append(up.in, p[:n])
			}
		}
	}
	return up
}

// Holders are the directories that a listing has to read to show where the
// region begins.
func (r Region) Holders() Region {
	var up Region
	for _, p := range r.in {
		if n := len(p); n > 0 && p[n-1].kind == compDeep {
			p = p[:n-1]
		}
		if n := len(p); n > 0 {
			up.in = append(up.in, p[:n-1])
		}
	}
	return up
}

// AnyHost says whether a pattern of the tree of addresses leaves the host of an
// internet address open.
func (r Region) AnyHost() bool {
	return slices.ContainsFunc(r.in, func(p pattern) bool {
		return len(p) > 1 && (p[0].text == treeIPv4 || p[0].text == treeIPv6) && (p[1].kind == compDeep ||
			!slices.ContainsFunc(p[1:min(len(p), 1+ipv4Digits)], func(c component) bool { return c.kind != compAny }))
	})
}

// AnySocket says whether a pattern of the tree of addresses covers all local
// sockets with a path.
func (r Region) AnySocket() bool {
	return slices.ContainsFunc(r.in, func(p pattern) bool {
		return len(p) == 2 && p[0].text == treePath && p[1].kind == compDeep
	})
}

// HostNames are the hosts that patterns of the tree of addresses name.
func (r Region) HostNames() []string {
	var names []string
	for _, p := range r.in {
		if len(p) > 1 && p[0].text == treeHost && !slices.Contains(names, p[1].text) {
			names = append(names, p[1].text)
		}
	}
	return names
}

// Literals are the paths of patterns without wildcards.
func (r Region) Literals() []string {
	var list []string
	for _, p := range r.in {
		if p.literalPrefix() == len(p) {
			list = append(list, p.literal())
		}
	}
	return list
}

// SpelledTo leaves the patterns that spell n components or more.
func (r Region) SpelledTo(n int) Region {
	out := Region{out: r.out}
	for _, p := range r.in {
		if (Region{in: []pattern{p}}).Spelled() >= n {
			out.in = append(out.in, p)
		}
	}
	return out
}

// Spelled is how many components come before the first `**` of every pattern;
// a large number where none has one. See Query.Explicit.
func (r Region) Spelled() int {
	n := int(explicitAll)
	for _, p := range r.in {
		if i := slices.IndexFunc(p, func(c component) bool { return c.kind == compDeep }); i >= 0 {
			n = min(n, i)
		}
	}
	return n
}

// meets says whether p can match a path of r, as far as literal components at
// the beginning tell.
func (r Region) meets(p pattern) bool {
	return slices.ContainsFunc(r.in, func(q pattern) bool { return !apart(p, q) })
}

// apart says that the literal beginnings differ: nothing matches both.
func apart(p, q pattern) bool {
	for i := 0; ; i++ {
		switch {
		case i == len(p) && i == len(q):
			return false
		case i == len(p):
			return q[i].kind != compDeep
		case i == len(q):
			return p[i].kind != compDeep
		case p[i].kind == compLiteral && q[i].kind == compLiteral:
			if p[i].text != q[i].text {
				return true
			}
		case p[i].kind == compDeep || q[i].kind == compDeep:
			return false
		}
	}
}

// Bounds of one search. Patterns that people write stay far below; others
// could need exponentially many states.
const (
	maxJoint   = 5_000   // sets of patterns under way
	maxWork    = 400_000 // components that names are compared with
	maxLetters = 200_000 // steps of the search for names, all in all
	maxTuples  = 20_000  // of patterns, one of each union, that are searched by themselves
)

// Finding is the outcome of a search.
type Finding struct {
	Path  string // one that fits, "" where there is none
	Found bool
	Sure  bool // false: the search was given up, and nothing was found
}

// Witness looks for a path that is in one region at least of every element of
// in, and in no region of out. The answer is exact, but for bounds on the
// length of paths and names. The search is along the states that all patterns
// together can be in, with one representative of the names that no pattern
// tells apart; it is made for each choice of one pattern of every element of in,
// since few patterns have few states.
func Witness(in [][]Region, out []Region) Finding {
	var choices [][]Region
	tuples := 1
	for _, union := range in {
		var each []Region
		for _, r := range union {
			each = append(each, r.Each()...)
		}
		choices = append(choices, each)
		tuples = min(tuples*len(each), maxTuples+1)
	}
	if tuples > maxTuples {
		return newSearch(in, out).run()
	}
	all := Finding{Sure: true}
	var choose func(chosen [][]Region) bool
	choose = func(chosen [][]Region) bool {
		if n := len(chosen); n < len(choices) {
			return slices.ContainsFunc(choices[n], func(r Region) bool {
				if n > 0 && !slices.ContainsFunc(r.in, chosen[0][0].meets) {
					return false
				}
				return choose(append(chosen[:n:n], []Region{r}))
			})
		}
		f := newSearch(chosen, out).run()
		if f.Found {
			all = f
			return true
		}
		all.Sure = all.Sure && f.Sure
		return false
	}
	choose(nil)
	return all
}

// CoveredBy says whether every path of r is in one of the others; false where
// that could not be decided.
func (r Region) CoveredBy(others ...Region) bool {
	f := Witness([][]Region{{r}}, others)
	return f.Sure && !f.Found
}

// Common gives a path that both hold.
func (r Region) Common(other Region) (string, bool) {
	f := Witness([][]Region{{r}, {other}}, nil)
	return f.Path, f.Found
}

// Has says whether path, which is canonical, is in the region.
func (r Region) Has(path string) bool {
	return PathRegion(path).CoveredBy(r)
}
