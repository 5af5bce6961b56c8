package rules

import "slices"

// Emulation is what an emulate rule answers in place of the kernel. Exactly one
// of the six is meant: the content when HasContent, File when not "", Errno when
// not 0, the value when HasValue, To when not nil, or the fields of Answer.
type Emulation struct {
	Content    []byte // shared: must not be changed
	HasContent bool
	File       string // canonical path on the host, as it was when the rules were loaded
	Errno      int

	// Value is what the call returns, without being done.
	Value    int64
	HasValue bool
	// To is where a socket is connected to, or a datagram sent, instead.
	To *Address
	// Answer are the fields of the structure that uname or sysinfo gives.
	Answer []Field

	// When are the conditions on the call's arguments, all of which must hold.
	When []Condition
}

// Field is one field of an answer that a rule gives.
type Field struct {
	Name   string
	Text   string // of uname
	Number uint64 // of sysinfo: bytes, seconds or processes
}

// Condition is a condition on one argument: it holds if one of Any does.
type Condition struct {
	Name string // as written
	Any  []Range
}

// Range is a test of a register: (argument & Mask) is in Low to High.
type Range struct {
	Arg             int // of the call, 0 to 5
	Mask, Low, High uint64
}

// Holds reports whether the arguments of a call pass the test.
func (r Range) Holds(args *[6]uint64) bool {
	v := args[r.Arg] & r.Mask
	return r.Low <= v && v <= r.High
}

// Holds reports whether the arguments of a call fulfil all conditions.
func (em *Emulation) Holds(args *[6]uint64) bool {
	for i := range em.When {
		if !slices.ContainsFunc(em.When[i].Any, func(r Range) bool { return r.Holds(args) }) {
			return false
		}
	}
	return true
}

// Served tells the emulations that let a call go on with something else in
// place of what it named.
func (em *Emulation) Served() bool { return em.Errno == 0 && !em.HasValue }

// CallRule is a rule about a system call as such, whatever it names.
type CallRule struct {
	*Rule
	// Scoped tells that it holds only for some executables, so that only
	// Policy.Decide can tell whether it does.
	Scoped bool

	program int32
}

// CallRules are the rules about one call, which names no path and no address,
// in the order in which they are asked: the first that holds is the answer.
// The caller must not change them.
func (p *Policy) CallRules(call string) []CallRule { return p.callRules[call] }

// EmulatedCalls are the calls that such rules are about, sorted.
func (p *Policy) EmulatedCalls() []string {
	var names []string
	for name := range p.callRules {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// decideCall is Decide for a call as such.
func (p *Policy) decideCall(q *Query) Decision {
	for _, r := range p.callRules[q.Syscall] {
		if r.holds(q) {
			return Decision{Verdict: r.Verdict, Rule: r.Rule}
		}
	}
	return Decision{Verdict: Allow}
}

func (r *CallRule) holds(q *Query) bool {
	if r.Scoped && (q.Scope == nil || !slices.Contains(q.Scope.blocks, r.program)) {
		return false
	}
	return r.Emulate.Holds(q.Args)
}

// explainCall is Explain for a call as such.
func (p *Policy) explainCall(q *Query) []Decision {
	var out []Decision
	for _, r := range p.callRules[q.Syscall] {
		if r.holds(q) {
			out = append(out, Decision{Verdict: r.Verdict, Rule: r.Rule})
		}
	}
	return out
}

// aboutCall tells a query about a call as such.
func (q *Query) aboutCall() bool { return q.Access == 0 && q.Syscall != "" && q.Args != nil }

// isCall tells the rules that name calls and nothing that they act on.
func (r *Rule) isCall() bool { return r.Access == 0 && len(r.Calls) > 0 }

// callRule is one of them while rules are gathered.
type callRule struct {
	number  int32
	program int // index of the program block, or -1
}

// rankCalls sorts the rules about calls by rank.
func (c *compiled) rankCalls(list []callRule, ranks []int32) {
	slices.SortFunc(list, func(x, y callRule) int { return int(ranks[x.number]) - int(ranks[y.number]) })
	for _, r := range list {
		rule := c.rules[ranks[r.number]]
		for _, name := range rule.Calls {
			if c.callRules == nil {
				c.callRules = map[string][]CallRule{}
			}
			c.callRules[name] = append(c.callRules[name], CallRule{rule, r.program >= 0, int32(r.program)})
		}
	}
}
