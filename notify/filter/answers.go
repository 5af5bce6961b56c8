package filter

// Test is a test of one argument of a call: (argument & Mask) == Value, with Any
// (argument & Mask) != 0, or with a High that is not 0 whether (argument & Mask) is
// between Value and High.
type Test struct {
	Arg         int // 0 to 5
	Mask, Value uint64
	Any         bool
	High        uint64
}

// Case is an action for the calls whose arguments pass all tests.
type Case struct {
	When   []Test
	Action Action
}

// Answer is what a filter answers to one call: the action of the first case
// that applies, or Otherwise.
type Answer struct {
	Call      Syscall
	Cases     []Case
	Otherwise Action
}

// Answers tells what the filter of the plan answers to every call of the table,
// in the order of numbers. Numbers without a row get [Unknown], and foreign
// architectures are killed. The errors are those of [Compile].
func (s Spec) Answers() ([]Answer, error) {
	p, err := s.resolve()
	if err != nil {
		return nil, err
	}
	calls := Table()
	answers := make([]Answer, 0, len(calls))
	for i, call := range calls {
		answers = append(answers, p.decide(i).answer(call))
	}
	return answers, nil
}

// Unknown is the answer to a number that the table does not know.
func Unknown() Action { return unknownCall }

func (d decision) answer(call Syscall) Answer {
	a := Answer{Call: call, Otherwise: d.otherwise}
	for _, b := range d.branches {
		c := Case{Action: b.action}
		for _, t := range b.when {
			c.When = append(c.When, Test{Arg: t.arg, Mask: t.mask, Value: t.value, Any: t.any, High: t.high})
		}
		a.Cases = append(a.Cases, c)
	}
	return a
}

// To gives the action for these arguments.
func (a *Answer) To(args [6]uint64) Action {
	for _, c := range a.Cases {
		if c.holds(args) {
			return c.Action
		}
	}
	return a.Otherwise
}

func (c *Case) holds(args [6]uint64) bool {
	for _, t := range c.When {
		masked := args[t.Arg] & t.Mask
		switch {
		case t.High != 0 && (masked < t.Value || masked > t.High),
			t.High == 0 && t.Any && masked == 0,
			t.High == 0 && !t.Any && masked != t.Value:
			return false
		}
	}
	return true
}
