package profile

import (
	"slices"

	"seccomp-broker/notify/filter"
)

// always reports whether the profile answers so, whatever the arguments.
func (m *meaning) always(kind filter.Kind) bool {
	return !m.some(func(a filter.Action) bool { return a.Kind != kind })
}

// notifies reports whether an agent decides for some arguments.
func (m *meaning) notifies() bool {
	return m.some(func(a filter.Action) bool { return a.Kind == filter.Notify })
}

// never reports whether the call passes for no arguments, and is not handed to an
// agent either.
func (m *meaning) never() bool {
	return !m.some(func(a filter.Action) bool { return strictness(a) < refusing })
}

// some reports whether an answer of the profile to some arguments is such.
func (m *meaning) some(is func(filter.Action) bool) bool {
	return is(m.otherwise) || slices.ContainsFunc(m.rules, func(c condition) bool { return is(c.action) })
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
	for _, r := range m.rules {
		switch {
		case strictness(r.action) > strict:
			// What is stricter must not meet the cube, as far as can be told.
			if !r.exact || meetsAny(left, r.when) {
				return false
			}
		case r.exact:
			left = subtract(left, r.when)
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
	for _, r := range m.rules {
		if beyond = subtract(beyond, r.when); len(beyond) > maxCubes {
			return true
		}
		if strictness(r.action) < refusing && (!r.exact || len(subtract(r.when, passing)) > 0) {
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
	left, next := slices.Clone(list), []cube(nil)
	for _, d := range others {
		if len(left) > maxCubes {
			break
		}
		next = next[:0]
		for _, c := range left {
			next = c.without(next, d, lowest)
		}
		left, next = next, left
	}
	return left
}
