package profile

import (
	"fmt"
	"slices"

	"seccomp-broker/notify/filter"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// operators are the comparisons of a profile: seccomp_rule_add(3).
var operators = map[specs.LinuxSeccompOperator]bool{
	specs.OpNotEqual: true, specs.OpLessThan: true, specs.OpLessEqual: true, specs.OpEqualTo: true,
	specs.OpGreaterEqual: true, specs.OpGreaterThan: true, specs.OpMaskedEqual: true,
}

// action is what a rule answers. Runtimes answer EPERM where no errno is given.
func action(a specs.LinuxSeccompAction, errno, deflt *uint) (filter.Action, error) {
	switch a {
	case specs.ActAllow, specs.ActLog: // what is logged is let pass
		return filter.Action{Kind: filter.Allow}, nil
	case specs.ActNotify:
		return filter.Action{Kind: filter.Notify}, nil
	case specs.ActKill, specs.ActKillProcess, specs.ActKillThread, specs.ActTrap:
		return filter.Action{Kind: filter.KillProcess}, nil
	case specs.ActErrno, specs.ActTrace: // without a tracer ENOSYS: seccomp(2)
		n := uint(unix.EPERM)
		switch {
		case a == specs.ActTrace:
			n = uint(unix.ENOSYS)
		case errno != nil:
			n = *errno
		case deflt != nil:
			n = *deflt
		}
		if n > 4095 {
			return filter.Action{}, fmt.Errorf("%d is not an error number; see errno(3)", n)
		}
		return filter.Action{Kind: filter.Errno, Errno: int(n)}, nil
	}
	return filter.Action{}, fmt.Errorf("there is no action %q", a)
}

// meaning is what a profile says of one call.
type meaning struct {
	otherwise filter.Action // of a rule without conditions, or the default
	rules     []condition
}

// condition is a rule about some arguments of a call.
type condition struct {
	action filter.Action
	when   []filter.Cube // disjoint
	exact  bool          // cubes can say when; else there are none
}

// meaningOf gathers the rules about a call. One without conditions drops all
// others, as libseccomp does.
func meaningOf(p *specs.LinuxSeccomp, name string) meaning {
	m := meaning{}
	m.otherwise, _ = action(p.DefaultAction, p.DefaultErrnoRet, nil) // see check
	for _, s := range p.Syscalls {
		if !slices.Contains(s.Names, name) {
			continue
		}
		then, _ := action(s.Action, s.ErrnoRet, p.DefaultErrnoRet)
		if len(s.Args) == 0 {
			return meaning{otherwise: then}
		}
		c := condition{action: then}
		c.when, c.exact = ruleCubes(s.Args)
		m.rules = append(m.rules, c)
	}
	return m
}

// refusing is the least strictness with which a call does not happen.
const refusing = 2

// strictness orders answers by what they let happen.
func strictness(a filter.Action) int {
	switch a.Kind {
	case filter.Allow:
		return 0
	case filter.Notify:
		return 1
	case filter.Errno:
		return refusing
	}
	return refusing + 1
}

// maxCubes bounds what one call's conditions are taken apart into. The largest of
// an exported profile, ioctl's under rules about addresses, needs a thousand.
const maxCubes = 4096

// ruleCubes gives the arguments to which a rule applies, and false where cubes
// cannot say it: comparisons by order, and two of one argument, of which runtimes
// take either.
func ruleCubes(conditions []specs.LinuxSeccompArg) ([]filter.Cube, bool) {
	set := []filter.Cube{{}}
	var seen [filter.ArgCount]bool
	for _, a := range conditions {
		if seen[a.Index] {
			return nil, false
		}
		seen[a.Index] = true
		test := filter.Test{Arg: int(a.Index), Mask: whole, Value: a.Value}
		switch a.Op {
		case specs.OpEqualTo, specs.OpNotEqual:
		case specs.OpMaskedEqual:
			test.Mask, test.Value = a.Value, a.ValueTwo&a.Value
		default:
			return nil, false
		}
		cubes := filter.Cubes([]filter.Test{test})
		if a.Op == specs.OpNotEqual {
			cubes = filter.Cube{}.Without(nil, cubes[0])
		}
		if len(set)*len(cubes) > maxCubes {
			return nil, false
		}
		var next []filter.Cube
		for _, c := range set {
			for _, d := range cubes {
				if both, ok := c.And(d); ok {
					next = append(next, both)
				}
			}
		}
		set = next
	}
	return set, true
}
