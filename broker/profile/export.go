// Package profile translates between a policy's kernel part and the seccomp
// profiles of container runtimes.
//
// A profile says which calls the kernel lets pass, refuses, ends the process
// for, or hands to an agent (SCMP_ACT_NOTIFY). Which paths and addresses the agent
// then allows is not in it: it has the rules for that.
package profile

import (
	"cmp"
	"fmt"
	"slices"

	"seccomp-broker/notify/filter"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Listener is who gets the notifications.
type Listener struct {
	// Path of the agent's socket. Empty leaves it to the runtime's own hook.
	Path string
	// Metadata is passed on to the agent with the descriptor.
	Metadata string
}

// Export gives the profile of a plan, for x86-64 alone: the runtime's filter
// kills calls of other architectures. The errors are those of [filter.Compile].
//
// Every condition is written as a set of masked comparisons that do not overlap,
// one for an argument: libseccomp refuses two in one rule, and takes rules for the
// same call in no certain order. Arguments that would take many of them only to be
// refused get the errno of the default, ENOSYS. Conditions that would take thousands of
// rules are an error.
func Export(plan filter.Spec, to Listener) (*specs.LinuxSeccomp, error) {
	answers, err := plan.Answers()
	if err != nil {
		return nil, err
	}
	b := builder{unconditional: map[filter.Action][]string{}}
	for i := range answers {
		if err := b.add(&answers[i]); err != nil {
			return nil, err
		}
	}
	unknown := filter.Unknown()
	errno := uint(unknown.Errno)
	return &specs.LinuxSeccomp{
		DefaultAction:    specs.ActErrno,
		DefaultErrnoRet:  &errno,
		Architectures:    []specs.Arch{specs.ArchX86_64},
		ListenerPath:     to.Path,
		ListenerMetadata: to.Metadata,
		Syscalls:         b.rules(),
	}, nil
}

// whole is the mask of an argument that is tested as a whole.
const whole = ^uint64(0)

// builder collects the rules of a profile.
type builder struct {
	unconditional map[filter.Action][]string
	conditional   []specs.LinuxSyscall
}

func (b *builder) add(a *filter.Answer) error {
	if len(a.Cases) == 0 {
		b.unconditional[a.Otherwise] = append(b.unconditional[a.Otherwise], a.Call.Name)
		return nil
	}
	if rules, yes := wholeArgument(a); yes {
		for _, r := range rules {
			b.rule(a.Call.Name, r.action, []specs.LinuxSeccompArg{r.arg})
		}
		return nil
	}
	parts, ok := a.Parts()
	if !ok {
		return fmt.Errorf("the conditions on %s would take too many rules; name fewer values in its emulate blocks", a.Call.Name)
	}
	count := map[filter.Action]int{}
	for _, p := range parts {
		count[p.Action]++
	}
	for _, p := range parts {
		if count[p.Action] <= maxRefusals || !refuses(p.Action) {
			b.rule(a.Call.Name, p.Action, comparisons(p.Cube))
		}
	}
	return nil
}

// maxRefusals bounds the rules that only say with which errno some arguments of a
// call are refused. Beyond it the profile's default refuses them: a filter has at
// most 4,096 instructions.
const maxRefusals = 16

func refuses(a filter.Action) bool { return a.Kind == filter.Errno && a.Errno != 0 }

// rule adds a rule with conditions, unless the profile's default says the same.
func (b *builder) rule(name string, a filter.Action, args []specs.LinuxSeccompArg) {
	if a == filter.Unknown() {
		return
	}
	s := syscallOf(a, name)
	s.Args = args
	b.conditional = append(b.conditional, s)
}

// rules are those without conditions, the most frequent action first, then the
// others.
func (b *builder) rules() []specs.LinuxSyscall {
	var list []specs.LinuxSyscall
	for a, names := range b.unconditional {
		if a == filter.Unknown() {
			continue
		}
		slices.Sort(names)
		list = append(list, syscallOf(a, names...))
	}
	slices.SortFunc(list, func(x, y specs.LinuxSyscall) int {
		return cmp.Or(cmp.Compare(len(y.Names), len(x.Names)), cmp.Compare(x.Names[0], y.Names[0]))
	})
	return append(list, b.conditional...)
}

func syscallOf(a filter.Action, names ...string) specs.LinuxSyscall {
	s := specs.LinuxSyscall{Names: names}
	switch a.Kind {
	case filter.Allow:
		s.Action = specs.ActAllow
	case filter.Notify:
		s.Action = specs.ActNotify
	case filter.Errno:
		errno := uint(a.Errno)
		s.Action, s.ErrnoRet = specs.ActErrno, &errno
	case filter.KillProcess:
		s.Action = specs.ActKillProcess
	default:
		panic(fmt.Sprintf("a plan never answers %s", a)) // see filter.decision
	}
	return s
}

// argRule is an action for one condition.
type argRule struct {
	arg    specs.LinuxSeccompArg
	action filter.Action
}

// wholeArgument is the short form of an answer that one value of a whole register
// decides: equal and not equal. Cubes would need a rule for each of its 64 bits.
func wholeArgument(a *filter.Answer) ([]argRule, bool) {
	if len(a.Cases) != 1 || len(a.Cases[0].When) != 1 {
		return nil, false
	}
	c := a.Cases[0]
	t := c.When[0]
	if t.Any || t.Mask != whole {
		return nil, false
	}
	arg := specs.LinuxSeccompArg{Index: uint(t.Arg), Value: t.Value, Op: specs.OpEqualTo}
	other := arg
	other.Op = specs.OpNotEqual
	return []argRule{{arg, c.Action}, {other, a.Otherwise}}, true
}

// comparisons writes a cube down.
func comparisons(c filter.Cube) []specs.LinuxSeccompArg {
	var list []specs.LinuxSeccompArg
	for i, mask := range c.Mask {
		switch mask {
		case 0:
		case whole:
			list = append(list, specs.LinuxSeccompArg{Index: uint(i), Value: c.Value[i], Op: specs.OpEqualTo})
		default:
			list = append(list, specs.LinuxSeccompArg{Index: uint(i), Value: mask, ValueTwo: c.Value[i], Op: specs.OpMaskedEqual})
		}
	}
	return list
}
