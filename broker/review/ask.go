package review

import (
	"fmt"

	"seccomp-broker/rules"
)

// step is one query that the engine would make.
type step struct {
	path    string
	address *rules.Address
	access  rules.Access
	second  bool // about the second path
}

// Part is what the rules say of one subject of a call.
type Part struct {
	Path    string         // "" for an address
	Address *rules.Address // or nil
	Access  rules.Access   // what was asked
	Second  bool           // about the call's second path
	rules.Decision
	Matches []rules.Decision // every rule that matches, strictest first
	Default rules.Verdict    // of the policy, for classes that no rule matches
	Closed  bool             // no rule is about any address, so that all are refused
	Note    string           // why, where no rule and no default says it
}

// Subject is the path or the address, as audit records have them.
func (p *Part) Subject() string {
	if p.Address != nil && p.Path == "" {
		return p.Address.String()
	}
	return p.Path
}

// Answer is what becomes of a call under a policy that is enforced. Its own
// Part is the one that decided: the first that is not allowed, or else the
// first.
type Answer struct {
	Part
	// Parts are all, in the order in which the engine asks. It stops at the
	// first that is not allowed; the others are asked for the reader.
	Parts []Part
	// Errno is what the call answers; 0 for what is done, or served.
	Errno int
}

const (
	errnoEACCES = 13
	errnoENOENT = 2
)

// Ask puts the question to a policy. The error says what is wrong with it.
func Ask(p *rules.Policy, q *Question) (Answer, error) {
	return (&asker{policy: p, explain: true}).ask(q)
}

// asker is how a policy is asked.
type asker struct {
	policy  *rules.Policy
	call    string // that asks, or ""
	scope   *rules.Scope
	exec    *rules.Scope // of what is to be executed
	explain bool         // fill Part.Matches in
	// explicit is [rules.Query.Explicit].
	explicit int

	answer Answer
}

func (k *asker) ask(q *Question) (Answer, error) {
	steps, err := q.steps()
	if err != nil {
		return Answer{}, err
	}
	k.prepare(q)
	for _, s := range steps {
		k.add(s)
	}
	k.addWhole(q)
	a := &k.answer
	if len(a.Parts) == 0 {
		a.Parts = []Part{{Path: q.Path, Decision: rules.Decision{Verdict: rules.Allow}, Note: "nothing is asked of the rules"}}
	}
	a.Part = a.Parts[0]
	for _, part := range a.Parts {
		if part.Verdict != rules.Allow {
			a.Part = part
			break
		}
	}
	a.Errno = errnoOf(a.Decision)
	return *a, nil
}

// prepare settles what holds for all steps: who calls, and with what.
func (k *asker) prepare(q *Question) {
	if isCall(q.Call) {
		k.call = q.Call
	}
	if q.Program != "" {
		k.scope = k.policy.Program([]byte(q.Program))
	}
	k.exec = k.scope
	if k.policy.HasArgv() {
		var argv [][]byte // nil is unknown: rules that deny hold
		if q.Argv != nil {
			argv = [][]byte{{}} // what the kernel makes of none: execve(2)
			for i, word := range q.Argv {
				argv = append(argv[:i:i], []byte(word))
			}
		}
		k.exec = k.policy.WithArgv(k.scope, argv)
	}
}

// add asks one step, and before it, where rules hide anything, whether the
// place may be known at all.
func (k *asker) add(s step) {
	if s.address == nil && s.access != rules.Stat && k.policy.Classes()&rules.Stat != 0 {
		seen := s
		seen.access = rules.Stat
		part := k.part(seen, 0)
		if part.Verdict != rules.Allow && !(part.Verdict == rules.Emulate && part.Rule.Emulate.Errno == 0) {
			k.answer.Parts = append(k.answer.Parts, part)
		}
	}
	k.answer.Parts = append(k.answer.Parts, k.part(s, k.explicit))
}

func (k *asker) part(s step, explicit int) Part {
	q := rules.Query{Access: s.access, Path: []byte(s.path), Address: s.address, Scope: k.scope, Explicit: explicit, Syscall: k.call}
	if s.access == rules.Exec {
		q.Scope = k.exec
	}
	part := Part{Path: s.path, Address: s.address, Access: s.access, Second: s.second, Decision: k.policy.Decide(&q),
		Default: k.policy.DefaultFor(s.access), Closed: s.address != nil && k.policy.NetworkClosed()}
	if k.explain {
		part.Matches = k.policy.Explain(&q)
	}
	return part
}

// addWhole adds what the rules say of a call that gives a file a new name,
// beyond its two names.
func (k *asker) addWhole(q *Question) {
	if q.Path2 == "" {
		return
	}
	if q.Call != "link" && q.Call != "linkat" {
		if !q.Directory {
			return
		}
		if rule := k.policy.MovesDenied([]byte(q.Path), []byte(q.Path2), k.scope); rule != nil {
			d := rules.Decision{Verdict: rules.Deny, Access: rules.Remove, Rule: rule}
			k.answer.Parts = append(k.answer.Parts, Part{Path: q.Path, Access: rules.Remove, Decision: d,
				Matches: []rules.Decision{d}, Note: "the directory holds paths that this rule guards"})
		}
		return
	}
	for _, access := range []rules.Access{rules.Write, rules.Attr, rules.Exec} {
		to := rules.Query{Access: access, Path: []byte(q.Path2), Scope: k.scope, Syscall: k.call}
		if k.policy.Widens(to, []byte(q.Path)) {
			from := k.part(step{path: q.Path, access: access}, 0)
			from.Decision = rules.Decision{Verdict: rules.Deny, Access: access}
			from.Note = "the new name would allow what the old one does not"
			k.answer.Parts = append(k.answer.Parts, from)
			return
		}
	}
}

// errnoOf is what a call answers after the decision; 0 where it goes through or
// something else is served.
func errnoOf(d rules.Decision) int {
	switch {
	case d.Verdict == rules.Allow:
		return 0
	case d.Verdict == rules.Emulate:
		return d.Rule.Emulate.Errno
	case d.Rule != nil && d.Rule.Errno != 0:
		return d.Rule.Errno
	case d.Access == rules.Stat:
		return errnoENOENT
	}
	return errnoEACCES
}

// RuleText names the rule of a decision and where it is written.
func RuleText(d rules.Decision) string {
	if d.Rule == nil {
		return "no rule"
	}
	return fmt.Sprintf("%q at %s:%d", d.Rule.Name, d.Rule.File, d.Rule.Line)
}
