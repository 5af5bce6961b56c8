package filter

import "slices"

// maxMeetings bounds the comparisons of cubes for one pair of answers: half a second.
const maxMeetings = 20_000_000

// Pairs gives the different pairs of actions that two answers to a call have for the
// same arguments, without order. It is exact; false says that this would take too
// long to tell.
func Pairs(a, b *Answer) (list [][2]Action, ok bool) {
	m := &meeting{left: maxMeetings}
	as, bs := listed(a), listed(b)
	for i := range as {
		for j := range bs {
			pair := [2]Action{as[i].action, bs[j].action}
			if slices.Contains(list, pair) {
				continue
			}
			if m.both(as[:i+1], bs[:j+1]) {
				list = append(list, pair)
			}
			if m.left < 0 {
				return nil, false
			}
		}
	}
	return list, true
}

// listedCase is a case as cubes.
type listedCase struct {
	cubes  []Cube
	action Action
}

// listed gives the cases in order, and at the end what is otherwise.
func listed(a *Answer) []listedCase {
	var list []listedCase
	for _, c := range a.Cases {
		list = append(list, listedCase{Cubes(c.When), c.Action})
	}
	return append(list, listedCase{[]Cube{{}}, a.Otherwise})
}

// meeting is a search for common arguments.
type meeting struct{ left int }

// both reports whether there are arguments for which the last case of each list is the
// first that applies.
func (m *meeting) both(as, bs []listedCase) bool {
	x, y := len(as)-1, len(bs)-1
	for _, c := range as[x].cubes {
		for _, d := range bs[y].cubes {
			if m.left--; m.left < 0 {
				return false
			}
			if e, meet := c.And(d); meet && m.outside(e, [2][]listedCase{as[:x], bs[:y]}) {
				return true
			}
		}
	}
	return false
}

// outside reports whether c has arguments that no case of the lists applies to.
func (m *meeting) outside(c Cube, lists [2][]listedCase) bool {
	for i := range lists {
		for n, e := range lists[i] {
			for _, d := range e.cubes {
				if m.left--; m.left < 0 {
					return false
				}
				if _, meet := c.And(d); !meet {
					continue
				}
				rest := lists
				for k := range i {
					rest[k] = nil // gone through
				}
				rest[i] = lists[i][n:]
				return slices.ContainsFunc(c.Without(nil, d), func(part Cube) bool { return m.outside(part, rest) })
			}
		}
	}
	return true
}
