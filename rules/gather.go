package rules

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// gathered is what has been read of a policy. Patterns go into the matchers at
// once, under a number that becomes a rank when all rules are known: kept until
// then, the patterns of large policies take more memory than everything else.
type gathered struct {
	rules    []*Rule // in the order read
	global   builders
	programs []builders  // one a program block
	blocks   [][]pattern // for which executables each of them holds
	shows    bool
	classes  Access
	reach    map[Prefix]Access
	hosts    map[string]bool
	sockets  map[Socket]bool

	conditions  []condition
	conditionOf map[conditionKey]int32
	named       bool // there are program blocks

	callRules []callRule // about calls as such

	judged int // diagnostics that have been looked at
	failed bool
}

// add takes a rule in. After an error there will be no policy, and nothing is
// taken in any more.
func (g *gathered) add(d *draft, diags hcl.Diagnostics) {
	for ; g.judged < len(diags); g.judged++ {
		g.failed = g.failed || diags[g.judged].Severity == hcl.DiagError
	}
	if g.failed {
		return
	}
	if g.rules == nil {
		g.global = newBuilders()
		g.reach, g.hosts, g.sockets = map[Prefix]Access{}, map[string]bool{}, map[Socket]bool{}
	}
	number := int32(len(g.rules))
	g.rules = append(g.rules, d.rule)
	if d.rule.isCall() {
		g.callRules = append(g.callRules, callRule{number, d.program})
		return
	}
	g.classes |= d.rule.Access
	g.shows = g.shows || d.rule.shows()
	b := g.global
	switch {
	case d.argv != nil:
		b = g.programs[g.condition(d)]
	case d.program >= 0:
		b = g.programs[d.program]
	}
	b.add(d, number)
	for _, p := range d.patterns {
		g.addReach(p, d.rule)
	}
	for _, h := range d.hosts {
		g.hosts[h] = true
	}
	d.sockets(g.sockets)
}

// addProgram begins a program block and gives its index.
func (g *gathered) addProgram(executables []pattern) int {
	g.blocks = append(g.blocks, executables)
	g.programs = append(g.programs, newBuilders())
	return len(g.programs) - 1
}

// policy ranks the rules and builds the matchers. It uses everything up.
func (g *gathered) policy(s settings, calls Syscalls) *Policy {
	c := &compiled{calls: calls, deflt: Deny, shows: g.shows, classes: g.classes, reach: g.reach}
	mode := Enforce
	if s.mode != nil {
		mode = *s.mode
	}
	if s.deflt != nil {
		c.deflt = *s.deflt
	}
	order := g.order()
	ranks := make([]int32, len(order))
	c.rules = make([]*Rule, len(order))
	for rank, number := range order {
		ranks[number] = int32(rank)
		c.rules[rank] = g.rules[number]
	}
	c.rankCalls(g.callRules, ranks)
	c.hosts = slices.Sorted(maps.Keys(g.hosts))
	c.sockets = slices.SortedFunc(maps.Keys(g.sockets), compareSockets)
	if g.rules == nil {
		g.global = newBuilders()
	}
	c.global = g.global.build(ranks)
	for _, b := range g.programs {
		c.programs = append(c.programs, b.build(ranks))
	}
	c.progs = buildPrograms(g.blocks)
	c.conditions, c.blocks = g.conditions, g.named
	return &Policy{c, mode}
}

// order gives the numbers of the rules by rank.
func (g *gathered) order() []int32 {
	order := make([]int32, len(g.rules))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(x, y int32) int { return compareRules(g.rules[x], g.rules[y]) })
	return order
}

// buildPrograms makes the matcher that tells which program blocks hold.
func buildPrograms(programs [][]pattern) *matcher {
	b := newBuilder()
	for i, patterns := range programs {
		for _, p := range patterns {
			b.addRule(p, int32(i), &Rule{Access: Exec, Verdict: Allow}, Exec)
		}
	}
	return b.build(nil)
}

// compareRules puts the stricter rule first. What follows settles which of
// equally strict rules is named, and never by the order of files or rules as
// given: the same set of rules gives the same answers.
func compareRules(a, b *Rule) int {
	return cmp.Or(
		cmp.Compare(a.Verdict, b.Verdict),
		alertFirst(a, b),
		cmp.Compare(a.Errno, b.Errno),
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Name, b.Name),
	)
}

// alertFirst names, of equally strict rules, one that somebody wants to be told of.
func alertFirst(a, b *Rule) int {
	switch {
	case a.Alert == b.Alert:
		return 0
	case a.Alert:
		return -1
	}
	return 1
}
