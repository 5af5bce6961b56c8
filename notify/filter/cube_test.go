package filter

import (
	"math/rand/v2"
	"testing"
)

func (c Cube) has(args [ArgCount]uint64) bool {
	for i, mask := range c.Mask {
		if args[i]&mask != c.Value[i] {
			return false
		}
	}
	return true
}

// Arguments are in exactly one part of an answer, and it has the action that the
// answer gives to them.
func TestPartsAreTheAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for name, s := range specs {
		plan, err := s.resolve()
		if err != nil {
			t.Fatal(err)
		}
		for i, call := range table {
			d := plan.decide(i)
			answer := d.answer(call)
			checkParts(t, name, &answer, d.samples(r))
		}
	}
	ranges := []Case{
		{[]Test{{Arg: 0, Mask: 0xffffffff, Value: 3, High: 12}}, notify},
		{[]Test{{Arg: 0, Mask: 0xff0, Value: 0x11, High: 0x45}, {Arg: 1, Mask: 6, Any: true}}, kill},
		{[]Test{{Arg: 0, Mask: ^uint64(0), Value: 0x10}}, allow},
		{nil, fails(1)},
	}
	answer := Answer{Cases: ranges, Otherwise: allow}
	var args [][ArgCount]uint64
	for v := range uint64(0x100) {
		args = append(args, [ArgCount]uint64{v, v % 8}, [ArgCount]uint64{v | 1<<40, 6})
	}
	checkParts(t, "ranges", &answer, args)
}

// The pairs of two answers are those that some arguments get.
func TestPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	actions := []Action{allow, notify, kill, fails(1), fails(2)}
	random := func() *Answer {
		a := &Answer{Otherwise: actions[r.IntN(len(actions))]}
		for range r.IntN(5) {
			c := Case{Action: actions[r.IntN(len(actions))]}
			for range r.IntN(3) {
				test := Test{Arg: r.IntN(2), Mask: []uint64{3, 5, 7}[r.IntN(3)]}
				switch r.IntN(3) {
				case 0:
					test.Any = true
				case 1:
					test.Value = r.Uint64() & 7
				default:
					test.Value, test.High = r.Uint64()&3, r.Uint64()&3+4
				}
				c.When = append(c.When, test)
			}
			a.Cases = append(a.Cases, c)
		}
		return a
	}
	for range 3000 {
		a, b := random(), random()
		want := map[[2]Action]bool{}
		for v := range uint64(64) { // no test looks at another bit
			args := [ArgCount]uint64{v & 7, v >> 3}
			want[[2]Action{a.To(args), b.To(args)}] = true
		}
		got, ok := Pairs(a, b)
		if !ok || len(got) != len(want) {
			t.Fatalf("%+v and %+v: %v, want %v", a, b, got, want)
		}
		for _, pair := range got {
			if !want[pair] {
				t.Fatalf("%+v and %+v: %v, want %v", a, b, got, want)
			}
		}
	}
}

func checkParts(t *testing.T, name string, a *Answer, samples [][ArgCount]uint64) {
	t.Helper()
	parts, ok := a.Parts()
	if !ok {
		t.Fatalf("%s: %s has too many parts", name, a.Call.Name)
	}
	for _, args := range samples {
		n := 0
		for _, p := range parts {
			if !p.Cube.has(args) {
				continue
			}
			n++
			if want := a.To(args); p.Action != want {
				t.Fatalf("%s: %s%x: %v, want %v", name, a.Call.Name, args, p.Action, want)
			}
		}
		if n != 1 {
			t.Fatalf("%s: %s%x is in %d parts", name, a.Call.Name, args, n)
		}
	}
}

// What would be taken apart without end is not.
func TestTooManyParts(t *testing.T) {
	var a Answer
	for i := range uint64(maxParts) {
		a.Cases = append(a.Cases, Case{[]Test{{Arg: int(i % ArgCount), Mask: ^uint64(0), Value: i * 0x9e3779b97f4a7c15}}, notify})
	}
	if parts, ok := a.Parts(); ok {
		t.Errorf("%d parts", len(parts))
	}
}
