package rules

import (
	"bytes"
	"cmp"
	"slices"
)

// Difference is a set of queries that two policies answer differently for the
// same two reasons.
type Difference struct {
	// Access are the classes for which it is so.
	Access Access
	// Program is an executable while which runs it is so; "" for all that no
	// program block names.
	Program string
	// Call is the system call of which it is so, where rules name it; "" for all.
	Call string
	// Argv are arguments with which it is so; nil where they do not matter.
	Argv []string
	// Before and After are the two decisions; their classes are not set.
	Before, After Decision
	// BeforePatterns and AfterPatterns are the patterns of the two rules that
	// match in these places, canonical; of rules about addresses all that are
	// written. They are empty for a default.
	BeforePatterns, AfterPatterns []string
	// Examples are subjects for which the two policies really decide so.
	Examples []Example
}

// Example is one subject of a Difference: a path, or an address.
type Example struct {
	Path    string
	Address *Address
}

// String is the path, or the address as in [Address.String].
func (e Example) String() string {
	if e.Address != nil {
		return e.Address.String()
	}
	return e.Path
}

// Differences is what Compare found.
type Differences struct {
	List []Difference
	// Whole says that everything was compared; otherwise the patterns overlap in
	// more ways than the bounds allow for, and there may be more differences.
	Whole bool
}

// Bounds of one comparison.
const (
	maxProduct  = 400_000   // places, all in all
	maxCompared = 2_000_000 // states of the search for names, all in all
	maxRunners  = 200       // combinations of program blocks
	maxExamples = 3
	maxRegions  = 8 // patterns shown of one rule
)

// Compare finds what two policies answer differently, for paths, addresses and
// the executables that program blocks tell apart. It walks both policies'
// matchers together, over one representative of all names that no pattern tells
// apart, and asks both policies about each place: every difference it reports
// has an example that they really decide so.
//
// It leaves aside the mode, the calls that the kernel decides and the emulation
// of calls as such. Of arguments it tries those that each argv of a rule asks
// for, and of host names each alone.
func Compare(before, after *Policy) Differences {
	c := &comparison{before: before, after: after, found: map[diffKey]*Difference{}, whole: true}
	c.classes = before.classes | after.classes
	if before.deflt != after.deflt {
		c.classes = All
	}
	if before.DefaultFor(sockets) != after.DefaultFor(sockets) {
		c.classes |= sockets
	}
	for _, run := range c.runners() {
		c.compareFor(run)
	}
	d := Differences{Whole: c.whole}
	for _, k := range c.order {
		d.List = append(d.List, *c.found[k])
	}
	slices.SortStableFunc(d.List, func(x, y Difference) int {
		return cmp.Or(cmp.Compare(x.Program, y.Program), cmp.Compare(x.Call, y.Call), cmp.Compare(len(x.Argv), len(y.Argv)),
			-cmp.Compare(x.After.Verdict, y.After.Verdict), cmp.Compare(x.Access, y.Access), cmp.Compare(x.Examples[0].String(), y.Examples[0].String()))
	})
	return d
}

// comparison is the state of one Compare.
type comparison struct {
	before, after *Policy
	classes       Access
	found         map[diffKey]*Difference
	order         []diffKey
	states        int
	letters       int
	whole         bool
	names         namer
	labels        map[*matcher]*labels
}

// diffKey is what makes differences one: the same reasons.
type diffKey struct {
	program, call, argv string
	before, after       reason
}

// reason is a decision without its class.
type reason struct {
	verdict Verdict
	rule    *Rule
}

func reasonOf(d Decision) reason { return reason{d.Verdict, d.Rule} }

// runner is one executable that the policies tell apart, with the arguments of
// what it executes, or the call that it makes where rules name it.
type runner struct {
	exe  string
	argv []string
	call string

	before, after *Scope
}

// compareFor compares what holds while one executable runs.
func (c *comparison) compareFor(run runner) {
	if run.argv != nil { // only what is executed has arguments
		c.comparePaths(run, c.classes&Exec)
		return
	}
	classes := c.classes
	if run.call != "" {
		classes &= mediatedCalls()[run.call]
	}
	if classes&^sockets != 0 {
		c.comparePaths(run, classes&^sockets)
	}
	if classes&sockets != 0 {
		c.compareAddresses(run)
	}
}

func (c *comparison) comparePaths(run runner, classes Access) {
	tracks := c.tracks(run, func(ms *matchers) *matcher { return ms.matcher })
	p := product{c: c, names: c.pathNames}
	p.walk(tracks, func(st *spot) {
		path := st.path(0)
		for class := Access(1); class <= All; class <<= 1 {
			if classes&class != 0 {
				c.judge(run, &Query{Access: class, Path: []byte(path)}, Example{Path: path}, st)
			}
		}
	})
}

// tracks are the matchers that hold for a runner, each at its root.
func (c *comparison) tracks(run runner, of func(*matchers) *matcher) []track {
	var list []track
	one := func(ms *matchers, side int) {
		list = append(list, newTrack(of(ms), side))
		if about := ms.calls[run.call]; about != nil {
			list = append(list, newTrack(of(about), side))
		}
	}
	add := func(p *Policy, s *Scope, side int) {
		one(&p.global, side)
		if s != nil {
			for _, i := range s.blocks {
				one(&p.programs[i], side)
			}
		}
	}
	add(c.before, run.before, 0)
	add(c.after, run.after, 1)
	return list
}

// judge asks both policies, and keeps what differs.
func (c *comparison) judge(run runner, q *Query, at Example, st *spot) {
	q.Syscall = run.call
	qb, qa := *q, *q
	qb.Scope, qa.Scope = run.before, run.after
	b, a := c.before.Decide(&qb), c.after.Decide(&qa)
	if alike(b, a) {
		return
	}
	key := diffKey{run.exe, run.call, argvKey(run.argv), reasonOf(b), reasonOf(a)}
	if c.isGeneral(key, q.Access) {
		return
	}
	d := c.found[key]
	if d == nil {
		d = &Difference{Program: run.exe, Call: run.call, Argv: run.argv, Before: b, After: a}
		d.Before.Access, d.After.Access = 0, 0
		c.found[key] = d
		c.order = append(c.order, key)
	}
	d.Access |= q.Access
	if len(d.Examples) < maxExamples && !slices.ContainsFunc(d.Examples, func(e Example) bool { return e.String() == at.String() }) {
		d.Examples = append(d.Examples, at)
	}
	d.BeforePatterns = c.regions(d.BeforePatterns, st, 0, b.Rule, at.Address != nil)
	d.AfterPatterns = c.regions(d.AfterPatterns, st, 1, a.Rule, at.Address != nil)
}

// isGeneral says that a difference has been found for all programs, all calls or
// all arguments already.
func (c *comparison) isGeneral(key diffKey, class Access) bool {
	known := func(k diffKey) bool {
		d := c.found[k]
		return k != key && d != nil && d.Access&class != 0
	}
	wider := key
	wider.argv, wider.call = "", ""
	if known(wider) {
		return true
	}
	wider.program = ""
	if known(wider) {
		return true
	}
	wider.argv, wider.call = key.argv, key.call
	return known(wider)
}

// alike says that a program cannot tell the two decisions apart.
func alike(b, a Decision) bool {
	if b.Verdict != a.Verdict {
		return false
	}
	switch {
	case b.Verdict == Emulate:
		return sameEmulation(b.Rule.Emulate, a.Rule.Emulate)
	case b.Verdict == Deny:
		return denyErrno(b) == denyErrno(a)
	}
	return true
}

func denyErrno(d Decision) int {
	if d.Rule == nil {
		return 0
	}
	return d.Rule.Errno
}

func sameEmulation(x, y *Emulation) bool {
	sameTo := x.To == y.To || x.To != nil && y.To != nil && x.To.String() == y.To.String()
	return x.HasContent == y.HasContent && bytes.Equal(x.Content, y.Content) && x.File == y.File && x.Errno == y.Errno &&
		x.HasValue == y.HasValue && x.Value == y.Value && sameTo && slices.Equal(x.Answer, y.Answer)
}

// regions adds the patterns of a rule that match at st.
func (c *comparison) regions(list []string, st *spot, side int, rule *Rule, address bool) []string {
	switch {
	case rule == nil || len(list) >= maxRegions:
		return list
	case address:
		return rule.Addresses[:min(len(rule.Addresses), maxRegions)]
	}
	p := []*Policy{c.before, c.after}[side]
	rank := int32(slices.Index(p.rules, rule))
	for _, t := range st.tracks {
		if t.side != side {
			continue
		}
		for _, n := range t.states() {
			nd := &t.m.nodes[n]
			for _, e := range t.m.entries[nd.acceptFrom:nd.acceptTo] {
				if e.rule != rank {
					continue
				}
				if text := c.labelsOf(t.m).pattern(n); len(list) < maxRegions && !slices.Contains(list, text) {
					list = append(list, text)
				}
			}
		}
	}
	return list
}
