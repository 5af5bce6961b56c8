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
// profile that compares a register by order, and for answers of too many parts: those
// count as not covered.
func covers(m *meaning, a *filter.Answer) bool {
	parts, ok := a.Parts()
	for _, p := range parts {
		if s := strictness(p.Action); s < refusing && !m.grants(p.Cube, s) {
			return false
		}
	}
	return ok
}

// grants reports whether the profile is at most so strict about all arguments of
// the cube.
func (m *meaning) grants(c filter.Cube, strict int) bool {
	left := []filter.Cube{c}
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
	var passing []filter.Cube
	parts, ok := a.Parts()
	if !ok {
		return true
	}
	for _, p := range parts {
		if strictness(p.Action) < refusing {
			passing = append(passing, p.Cube)
		}
	}
	beyond := []filter.Cube{{}}
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

func meetsAny(list, others []filter.Cube) bool {
	for _, c := range list {
		for _, d := range others {
			if _, meet := c.And(d); meet {
				return true
			}
		}
	}
	return false
}

// subtract gives what is in no cube of others. It ends early, with too much, when
// that are more than maxCubes.
func subtract(list, others []filter.Cube) []filter.Cube {
	left, next := slices.Clone(list), []filter.Cube(nil)
	for _, d := range others {
		if len(left) > maxCubes {
			break
		}
		next = next[:0]
		for _, c := range left {
			next = c.Without(next, d)
		}
		left, next = next, left
	}
	return left
}
