package filter

import (
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Emulation answers a call in place of the kernel, for arguments that pass all
// tests. It beats everything in a [Spec] but Kill and Deny, and what the filter
// refuses whatever the plan says. Of several for one call the first that applies
// wins.
type Emulation struct {
	Name string // a call that is neither mediated nor a group
	When []Test
	// Notify leaves the answer to the supervisor. Otherwise it is Errno; 0 makes
	// the call succeed with the result 0.
	Notify bool
	Errno  int
}

// Emulable says why a known call cannot be made to look as if it had succeeded,
// or be answered by a supervisor; nil when it can.
func Emulable(name string) error {
	i, ok := byName[name]
	if !ok && Known(name) {
		return fmt.Errorf("%s is a group; name each call", name)
	}
	if !ok {
		return unknown(name)
	}
	switch s := table[i]; s.Disposition {
	case Never:
		return fmt.Errorf("%s is refused whatever the rules say: %s", name, s.Reason)
	case Mediated:
		return fmt.Errorf("%s is mediated; write an emulate block about what it names", name)
	}
	return nil
}

// emulated resolves one Emulation.
func (p *plan) emulated(e Emulation) error {
	i, ok := byName[e.Name]
	answersErrno := !e.Notify && e.Errno != 0
	if err := Emulable(e.Name); err != nil && (!ok || table[i].Disposition != Never || !answersErrno) {
		return fmt.Errorf("emulate: %w", err)
	}
	if answersErrno && unix.ErrnoName(syscall.Errno(e.Errno)) == "" {
		return fmt.Errorf("emulate: %s: %d is not an error number; see errno(3)", e.Name, e.Errno)
	}
	b := branch{action: Action{Errno, e.Errno}}
	if e.Notify {
		b.action = Action{Kind: Notify}
	}
	for _, t := range e.When {
		c, err := t.check()
		if err != nil {
			return fmt.Errorf("emulate: %s: %w", e.Name, err)
		}
		b.when = append(b.when, c)
	}
	if p.emulate == nil {
		p.emulate = map[int][]branch{}
	}
	p.emulate[i] = append(p.emulate[i], b)
	return nil
}

// check is the test as the instructions make it.
func (t Test) check() (check, error) {
	c := check{arg: t.Arg, mask: t.Mask, value: t.Value, any: t.Any}
	switch {
	case t.Arg < 0 || t.Arg > 5:
		return c, fmt.Errorf("there is no argument %d", t.Arg)
	case t.High == 0 || t.High == t.Value:
		return c, nil
	case t.Mask > low || t.Any:
		return c, fmt.Errorf("a range is compared within the lower 32 bits, not within %#x", t.Mask)
	}
	c.high = t.High
	return c, nil
}

// withEmulations puts the emulations of a call into the answer to it: before what
// the plan would do with it, and behind what holds whatever a plan says, and what
// it kills and denies.
func (p *plan) withEmulations(index int, g guard, d decision) decision {
	list := p.emulate[index]
	_, denied := p.deny[index]
	if len(list) == 0 || denied || p.kill.whole[index] {
		return d
	}
	var before []branch
	for _, c := range g.clauses {
		_, denied := p.partly[index]
		if c.then.effect == fixed || c.then.effect == part && (denied || p.kill.part[index]) {
			before = append(before, branch{c.when, p.action(index, c.then)})
		}
	}
	for i, b := range list {
		if len(b.when) == 0 { // nothing behind it is reached
			return decision{slices.Concat(before, list[:i]), b.action}
		}
	}
	return decision{slices.Concat(before, list, d.branches), d.otherwise}
}
