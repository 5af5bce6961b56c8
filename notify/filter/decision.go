package filter

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// defaultErrno is the answer of a Denial that names none.
const defaultErrno = int(unix.EPERM)

// unknownCall answers numbers without a row, as a kernel without the call does.
var unknownCall = Action{Errno, int(unix.ENOSYS)}

// decision is the answer to one call: that of the first branch whose checks
// all hold, or otherwise.
type decision struct {
	branches  []branch
	otherwise Action
}

type branch struct {
	when   []check
	action Action
}

// decide joins a row, its guard and the plan.
func (p *plan) decide(index int) decision {
	s := table[index]
	if s.Disposition == Never {
		return p.withEmulations(index, guard{}, decision{otherwise: Action{Errno, s.Errno}})
	}
	g := p.guard(s.Name)
	d := decision{otherwise: p.action(index, g.otherwise)}
	for _, c := range g.clauses {
		d.branches = append(d.branches, branch{c.when, p.action(index, c.then)})
	}
	d = p.withEmulations(index, g, d)
	// A last branch that answers like the remainder is no branch.
	for n := len(d.branches); n > 0 && d.branches[n-1].action == d.otherwise; n-- {
		d.branches = d.branches[:n-1]
	}
	return d
}

// action gives an outcome its place in the order never, kill, deny, notify,
// allow, refused.
func (p *plan) action(index int, o outcome) Action {
	errno, denied := p.deny[index]
	switch {
	case o.effect == fixed:
		return refusal(o.errno)
	case p.kill.whole[index] || o.effect == part && p.kill.part[index]:
		return Action{Kind: KillProcess}
	case denied:
		return Action{Errno, errno}
	}
	switch o.effect {
	case unmediated:
		return refusal(o.errno)
	case notified:
		return Action{Kind: Notify}
	case told:
		a := p.restAction(index)
		if a.Kind == Allow && p.secbits {
			return Action{Kind: Notify}
		}
		return a
	case part:
		return p.partAction(index, o)
	default:
		return p.restAction(index)
	}
}

func (p *plan) partAction(index int, o outcome) Action {
	errno, denied := p.partly[index]
	switch {
	case denied:
		return Action{Errno, errno}
	case p.notify.whole[index] || p.notify.part[index]:
		return Action{Kind: Notify}
	case p.allow.part[index]:
		return Action{Kind: Allow}
	default:
		return refusal(o.errno)
	}
}

func (p *plan) restAction(index int) Action {
	switch {
	case p.notify.whole[index]:
		return Action{Kind: Notify}
	case p.allow.whole[index]:
		return Action{Kind: Allow}
	default:
		return Action{Errno, table[index].Errno}
	}
}

func refusal(errno syscall.Errno) Action { return Action{Errno, int(errno)} }
