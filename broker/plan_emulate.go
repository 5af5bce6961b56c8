package broker

import (
	"fmt"
	"slices"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// maxBranches bounds what the conditions of one rule become in the filter, where
// a program has 4096 instructions. Beyond it the broker looks at them.
const maxBranches = 32

// emulations are the rules about calls as such. What the kernel can answer by
// itself it does: an errno, or success with the result 0.
func emulations(p *rules.Policy) []filter.Emulation {
	var list []filter.Emulation
	for _, name := range p.EmulatedCalls() {
		for _, r := range p.CallRules(name) {
			em := r.Emulate
			e := filter.Emulation{Name: name, Errno: em.Errno}
			tests, exact := conjunctions(em.When)
			if r.Scoped || em.HasValue && em.Value != 0 || len(em.Answer) > 0 || !exact {
				e.Notify, e.Errno = true, 0
			}
			for _, when := range tests {
				e.When = when
				list = append(list, e)
			}
		}
	}
	return list
}

// conjunctions writes conditions out as lists of tests, one of which must hold
// altogether. exact is false where the filter cannot make the tests, and asks
// whatever the arguments are.
func conjunctions(when []rules.Condition) (list [][]filter.Test, exact bool) {
	list = [][]filter.Test{nil}
	for _, c := range when {
		var longer [][]filter.Test
		for _, r := range c.Any {
			test := filter.Test{Arg: r.Arg, Mask: r.Mask, Value: r.Low}
			if r.High != r.Low {
				test.High = r.High
			}
			if test.High != 0 && r.Mask > 1<<32-1 {
				return [][]filter.Test{nil}, false
			}
			for _, before := range list {
				longer = append(longer, append(before[:len(before):len(before)], test))
			}
		}
		if list = longer; len(list) > maxBranches {
			return [][]filter.Test{nil}, false
		}
	}
	return list, true
}

// emulated are the calls that the broker may have to answer as such, with what
// the filter of the plan would do with them if no rule did. others are calls that
// another filter notifies, to which the plan's might have answered by itself.
func emulated(p *rules.Policy, spec filter.Spec, others ...string) ([]syscalls.Emulated, error) {
	names := append(p.EmulatedCalls(), others...)
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	spec.Emulate = nil
	answers, err := spec.Answers()
	if err != nil {
		return nil, fmt.Errorf("the syscalls block cannot be compiled: %w", err)
	}
	byName := make(map[string]filter.Answer, len(answers))
	for _, a := range answers {
		byName[a.Call.Name] = a
	}
	list := make([]syscalls.Emulated, 0, len(names))
	for _, name := range names {
		a := byName[name]
		list = append(list, syscalls.Emulated{Name: name, Number: a.Call.Number, Otherwise: otherwise(a)})
	}
	return list, nil
}

func otherwise(a filter.Answer) func([6]uint64) (syscalls.Fate, sys.Errno) {
	return func(args [6]uint64) (syscalls.Fate, sys.Errno) {
		switch action := a.To(args); action.Kind {
		case filter.Allow:
			return syscalls.Runs, 0
		case filter.Errno:
			return syscalls.Fails, sys.Errno(action.Errno)
		case filter.Notify:
			return syscalls.Judged, 0
		}
		return syscalls.Fails, unix.EPERM // would have been killed
	}
}
