package filter

import mathbits "math/bits"

// ArgCount is how many arguments a system call has.
const ArgCount = 6

// Cube is a set of arguments: those with argument & Mask == Value, for each.
type Cube struct{ Mask, Value [ArgCount]uint64 }

// order says which bit is split off first. It makes no difference to what is
// described, but to how many cubes that takes: what conditions test has much in
// common at one end or at the other.
type order func(bits uint64) uint64

func lowest(v uint64) uint64  { return v & -v }
func highest(v uint64) uint64 { return 1 << (mathbits.Len64(v) - 1) }

// And gives the arguments in both cubes, and false where there are none.
func (c Cube) And(d Cube) (Cube, bool) {
	for i := range c.Mask {
		if (c.Value[i]^d.Value[i])&c.Mask[i]&d.Mask[i] != 0 {
			return Cube{}, false
		}
		c.Mask[i] |= d.Mask[i]
		c.Value[i] |= d.Value[i]
	}
	return c, true
}

// Without appends the arguments of c that are not in d, as disjoint cubes: for each
// bit that only d settles, those that have the other value there and agree with d
// before it.
func (c Cube) Without(rest []Cube, d Cube) []Cube { return c.without(rest, d, lowest) }

func (c Cube) without(rest []Cube, d Cube, first order) []Cube {
	if _, meet := c.And(d); !meet {
		return append(rest, c)
	}
	for i := range c.Mask {
		for settled := d.Mask[i] &^ c.Mask[i]; settled != 0; {
			bit := first(settled)
			settled &^= bit
			other := c
			other.Mask[i] |= bit
			other.Value[i] |= ^d.Value[i] & bit
			rest = append(rest, other)
			c.Mask[i] |= bit
			c.Value[i] |= d.Value[i] & bit
		}
	}
	return rest
}

// Cubes gives the arguments that pass all tests, as disjoint cubes.
func Cubes(tests []Test) []Cube { return cubesOf(tests, lowest) }

func cubesOf(tests []Test, first order) []Cube {
	set := []Cube{{}}
	for _, t := range tests {
		var next []Cube
		for _, c := range set {
			for _, d := range testCubes(t, first) {
				if both, ok := c.And(d); ok {
					next = append(next, both)
				}
			}
		}
		set = next
	}
	return set
}

func testCubes(t Test, first order) []Cube {
	if t.High != 0 {
		return rangeCubes(t)
	}
	var c Cube
	c.Mask[t.Arg], c.Value[t.Arg] = t.Mask, t.Value
	switch {
	case !t.Any && t.Value&^t.Mask != 0: // no argument passes it
		return nil
	case !t.Any:
		return []Cube{c}
	}
	c.Value[t.Arg] = 0
	return Cube{}.without(nil, c, first)
}

// rangeCubes covers a range with blocks of a power of two, each at a multiple of
// its size, as networks cover a range of addresses.
func rangeCubes(t Test) []Cube {
	var set []Cube
	for low := t.Value; low <= t.High; {
		size := uint64(1)
		for low&size == 0 && low+(size<<1)-1 <= t.High {
			size <<= 1
		}
		var c Cube
		c.Mask[t.Arg] = t.Mask &^ (size - 1)
		c.Value[t.Arg] = low
		if low&^t.Mask == 0 { // else the mask lets no argument be there
			set = append(set, c)
		}
		low += size
	}
	return set
}

// Part is the action for some arguments.
type Part struct {
	Cube   Cube
	Action Action
}

// maxParts bounds what an answer is taken apart into. The largest that people write
// need a few hundred.
const maxParts = 4096

// Parts takes the order out of an answer: disjoint parts that cover all arguments, few
// of them. False where that would be too many.
func (a *Answer) Parts() ([]Part, bool) {
	parts, ok := a.partsBy(lowest)
	if other, fine := a.partsBy(highest); fine && (!ok || len(other) < len(parts)) {
		return other, true
	}
	return parts, ok
}

func (a *Answer) partsBy(first order) ([]Part, bool) {
	left, next := []Cube{{}}, []Cube(nil)
	var parts []Part
	for _, c := range a.Cases {
		for _, d := range cubesOf(c.When, first) {
			next = next[:0]
			for _, l := range left {
				if both, ok := l.And(d); ok {
					parts = append(parts, Part{both, c.Action})
				}
				next = l.without(next, d, first)
				if len(parts)+len(next) > maxParts {
					return nil, false
				}
			}
			left, next = next, left
		}
	}
	for _, l := range left {
		parts = append(parts, Part{l, a.Otherwise})
	}
	return parts, true
}
