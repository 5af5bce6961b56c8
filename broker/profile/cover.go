package profile

import (
	"seccomp-broker/notify/filter"
)

// always reports whether the profile answers so, whatever the arguments.
func (m *meaning) always(kind filter.Kind) bool {
	for _, s := range m.rules {
		if a, _ := action(s.Action, s.ErrnoRet, m.errno); a.Kind != kind {
			return false
		}
	}
	return m.otherwise.Kind == kind
}

// notifies reports whether an agent decides for some arguments.
func (m *meaning) notifies() bool {
	for _, s := range m.rules {
		if a, _ := action(s.Action, s.ErrnoRet, m.errno); a.Kind == filter.Notify {
			return true
		}
	}
	return m.otherwise.Kind == filter.Notify
}

// never reports whether the call passes for no arguments, and is not handed to an
// agent either.
func (m *meaning) never() bool {
	for _, s := range m.rules {
		if a, _ := action(s.Action, s.ErrnoRet, m.errno); strictness(a) < refusing {
			return false
		}
	}
	return strictness(m.otherwise) >= refusing
}

// kills reports whether every use of the call ends the process.
func (m *meaning) kills() bool { return m.always(filter.KillProcess) }

// covers reports whether the profile lets pass all that the answer does, and hands
// to an agent, or lets pass, all that the answer hands to one. It is exact but for a
// profile that compares a register by order: that counts as not covered.
func covers(m *meaning, a *filter.Answer) bool {
	for _, p := range partition(a) {
		if s := strictness(p.action); s < refusing && !m.grants(p.cube, s) {
			return false
		}
	}
	return true
}

// grants reports whether the profile is at most so strict about all arguments of
// the cube.
func (m *meaning) grants(c cube, strict int) bool {
	left := []cube{c}
	for _, s := range m.rules {
		a, _ := action(s.Action, s.ErrnoRet, m.errno)
		set, exact := ruleCubes(s.Args)
		switch {
		case strictness(a) > strict:
			// What is stricter must not meet the cube, as far as can be told.
			if !exact || meetsAny(left, set) {
				return false
			}
		case exact:
			left = subtract(left, set)
		}
		if len(left) > maxCubes {
			return false
		}
	}
	return len(left) == 0 || strictness(m.otherwise) <= strict
}

// exceeds reports whether the profile lets pass more than the answer does, or may.
func exceeds(m *meaning, a *filter.Answer) bool {
	var passing []cube
	for _, p := range partition(a) {
		if strictness(p.action) < refusing {
			passing = append(passing, p.cube)
		}
	}
	beyond := []cube{{}}
	for _, s := range m.rules {
		set, exact := ruleCubes(s.Args)
		if beyond = subtract(beyond, set); len(beyond) > maxCubes {
			return true
		}
		if a, _ := action(s.Action, s.ErrnoRet, m.errno); strictness(a) < refusing && (!exact || len(subtract(set, passing)) > 0) {
			return true
		}
	}
	return strictness(m.otherwise) < refusing && len(subtract(beyond, passing)) > 0
}

func meetsAny(list, others []cube) bool {
	for _, c := range list {
		for _, d := range others {
			if _, meet := c.and(d); meet {
				return true
			}
		}
	}
	return false
}

// subtract gives what is in no cube of others. It ends early, with too much, when
// that are more than maxCubes.
func subtract(list, others []cube) []cube {
	for _, d := range others {
		if len(list) > maxCubes {
			break
		}
		var rest []cube
		for _, c := range list {
			rest = append(rest, c.without(d, lowest)...)
		}
		list = rest
	}
	return list
}
