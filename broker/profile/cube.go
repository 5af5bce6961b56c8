package profile

import (
	"math/bits"

	"seccomp-broker/notify/filter"
)

// argCount is how many arguments a system call has.
const argCount = 6

// cube is a set of arguments: those with argument & mask == value, for each.
type cube struct{ mask, value [argCount]uint64 }

// whole is the mask of an argument that is tested as a whole.
const whole = ^uint64(0)

// order says which bit is split off first. It makes no difference to what is
// described, but to how many cubes that takes: what conditions test has much in
// common at one end or at the other.
type order func(bits uint64) uint64

func lowest(v uint64) uint64  { return v & -v }
func highest(v uint64) uint64 { return 1 << (bits.Len64(v) - 1) }

// and gives the arguments in both cubes, and false where there are none.
func (c cube) and(d cube) (cube, bool) {
	for i := range c.mask {
		if (c.value[i]^d.value[i])&c.mask[i]&d.mask[i] != 0 {
			return cube{}, false
		}
		c.mask[i] |= d.mask[i]
		c.value[i] |= d.value[i]
	}
	return c, true
}

// without appends the arguments of c that are not in d, as disjoint cubes: for each
// bit that only d settles, those that have the other value there and agree with d
// before it.
func (c cube) without(rest []cube, d cube, first order) []cube {
	if _, meet := c.and(d); !meet {
		return append(rest, c)
	}
	for i := range c.mask {
		for settled := d.mask[i] &^ c.mask[i]; settled != 0; {
			bit := first(settled)
			settled &^= bit
			other := c
			other.mask[i] |= bit
			other.value[i] |= ^d.value[i] & bit
			rest = append(rest, other)
			c.mask[i] |= bit
			c.value[i] |= d.value[i] & bit
		}
	}
	return rest
}

// cubesOf gives the arguments that pass all tests, as disjoint cubes.
func cubesOf(tests []filter.Test, first order) []cube {
	set := []cube{{}}
	for _, t := range tests {
		var next []cube
		for _, c := range set {
			for _, d := range testCubes(t, first) {
				if both, ok := c.and(d); ok {
					next = append(next, both)
				}
			}
		}
		set = next
	}
	return set
}

func testCubes(t filter.Test, first order) []cube {
	if t.High != 0 {
		return rangeCubes(t)
	}
	var c cube
	c.mask[t.Arg], c.value[t.Arg] = t.Mask, t.Value
	if !t.Any {
		return []cube{c}
	}
	c.value[t.Arg] = 0
	return cube{}.without(nil, c, first)
}

// rangeCubes covers a range with blocks of a power of two, each at a multiple of
// its size, as networks cover a range of addresses.
func rangeCubes(t filter.Test) []cube {
	var set []cube
	for low := t.Value; low <= t.High; {
		size := uint64(1)
		for low&size == 0 && size <= t.High && low+(size<<1)-1 <= t.High {
			size <<= 1
		}
		var c cube
		c.mask[t.Arg] = t.Mask &^ (size - 1)
		c.value[t.Arg] = low
		if low&^t.Mask == 0 { // else the mask lets no argument be there
			set = append(set, c)
		}
		low += size
	}
	return set
}

// part is the action for some arguments.
type part struct {
	cube   cube
	action filter.Action
}

// partition takes the order out of an answer: disjoint parts that cover all
// arguments, few of them.
func partition(a *filter.Answer) []part {
	parts := partitionBy(a, lowest)
	if other := partitionBy(a, highest); len(other) < len(parts) {
		return other
	}
	return parts
}

func partitionBy(a *filter.Answer, first order) []part {
	left, next := []cube{{}}, []cube(nil)
	var parts []part
	for _, c := range a.Cases {
		for _, d := range cubesOf(c.When, first) {
			next = next[:0]
			for _, l := range left {
				if both, ok := l.and(d); ok {
					parts = append(parts, part{both, c.Action})
				}
				next = l.without(next, d, first)
			}
			left, next = next, left
		}
	}
	for _, l := range left {
		parts = append(parts, part{l, a.Otherwise})
	}
	return parts
}
