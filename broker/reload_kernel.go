package broker

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"
)

// KernelChange is something that the filter of one policy answers by itself, and
// that of another policy otherwise. A filter that is in force cannot be changed.
type KernelChange struct {
	Calls         []string
	Before, After filter.Action
	// Sometimes says that it is so only for some arguments.
	Sometimes bool
	// Stricter says that the other policy's filter would refuse, or ask about,
	// what this one lets pass, or kill where it refuses. Also where nobody can tell.
	Stricter bool
}

// String is for people.
func (k KernelChange) String() string {
	const most = 8
	names := k.Calls
	more := ""
	if len(names) > most {
		names, more = names[:most], fmt.Sprintf(" and %d more", len(names)-most)
	}
	some := ""
	if k.Sometimes {
		some = " with some arguments"
	}
	return fmt.Sprintf("%s%s%s: %s now, %s then", strings.Join(names, " "), more, some, InWords(k.Before), InWords(k.After))
}

// InWords says what a filter answers, for people.
func InWords(a filter.Action) string {
	switch a.Kind {
	case filter.Allow, filter.Log:
		return "allowed"
	case filter.Notify:
		return "decided by rules"
	case filter.KillProcess, filter.KillThread:
		return "killed"
	case filter.Errno:
		if a.Errno == 0 {
			return "answered as done"
		}
		return "refused with " + rules.ErrnoName(a.Errno)
	case filter.Invalid:
		return "undecided"
	}
	return a.String()
}

// strictness orders what a filter can answer.
func strictness(k filter.Kind) int {
	switch k {
	case filter.Allow, filter.Log:
		return 0
	case filter.Notify:
		return 1
	case filter.Errno:
		return 2
	}
	return 3
}

// KernelChanges finds what a filter with the answers running does otherwise than
// one with the answers next, and what a broker cannot make good: a call that is
// notified it can let run, or refuse.
func KernelChanges(running, next []filter.Answer) []KernelChange {
	var list []KernelChange
	for i := range running {
		for _, pair := range differing(&running[i], &next[i]) {
			same := func(k KernelChange) bool {
				return k.Before == pair.Before && k.After == pair.After && k.Sometimes == pair.Sometimes
			}
			if at := slices.IndexFunc(list, same); at >= 0 {
				list[at].Calls = append(list[at].Calls, running[i].Call.Name)
				continue
			}
			pair.Calls = []string{running[i].Call.Name}
			list = append(list, pair)
		}
	}
	slices.SortStableFunc(list, func(a, b KernelChange) int {
		return cmp.Compare(strictness(b.After.Kind), strictness(a.After.Kind))
	})
	return list
}

// maxTried bounds the combinations of conditions that are tried for one call.
const maxTried = 20_000

// differing gives the pairs of actions that the two answers have for the same
// arguments.
func differing(running, next *filter.Answer) []KernelChange {
	if reflect.DeepEqual(running.Cases, next.Cases) && running.Otherwise == next.Otherwise {
		return nil
	}
	var list []KernelChange
	always := true
	differ := false
	for _, args := range argumentsFor(running.Cases, next.Cases) {
		a, b := running.To(args), next.To(args)
		if a == b {
			always = false
			continue
		}
		differ = true
		if a.Kind == filter.Notify && b.Kind != filter.KillProcess {
			continue
		}
		k := KernelChange{Before: a, After: b, Stricter: strictness(b.Kind) > strictness(a.Kind)}
		if !slices.ContainsFunc(list, func(x KernelChange) bool { return x.Before == a && x.After == b }) {
			list = append(list, k)
		}
	}
	if !differ && !sameCases(running, next) {
		return []KernelChange{{Sometimes: true, Stricter: true}}
	}
	for i := range list {
		list[i].Sometimes = !always || len(list) > 1
	}
	return list
}

// sameCases reports whether two answers have the same cases in any order, which
// no arguments have told apart.
func sameCases(a, b *filter.Answer) bool {
	in := func(x filter.Case, list []filter.Case) bool {
		return slices.ContainsFunc(list, func(y filter.Case) bool { return reflect.DeepEqual(x, y) })
	}
	for _, x := range a.Cases {
		if !in(x, b.Cases) {
			return false
		}
	}
	for _, y := range b.Cases {
		if !in(y, a.Cases) {
			return false
		}
	}
	return a.Otherwise == b.Otherwise
}

// argumentsFor gives arguments that fulfil every case of the two lists, every two
// cases of them together where that can be, and none.
func argumentsFor(a, b []filter.Case) [][6]uint64 {
	all := append(slices.Clone(a), b...)
	whens := [][]filter.Test{nil}
	for _, c := range all {
		whens = append(whens, c.When)
		for i := range c.When { // just beside it
			whens = append(whens, beside(c.When, i)...)
		}
	}
	var list [][6]uint64
	for _, x := range whens {
		for _, y := range whens {
			if len(list) >= maxTried {
				return list
			}
			for _, base := range [...]uint64{0, ^uint64(0)} {
				args := [6]uint64{base, base, base, base, base, base}
				fulfil(&args, x)
				fulfil(&args, y)
				list = append(list, args)
			}
		}
	}
	return list
}

// beside gives the tests with the values around that of one of them.
func beside(when []filter.Test, i int) [][]filter.Test {
	t := when[i]
	var list [][]filter.Test
	for _, v := range [...]uint64{t.Value + 1, t.Value - 1, t.High, t.High + 1} {
		other := slices.Clone(when)
		other[i] = filter.Test{Arg: t.Arg, Mask: t.Mask, Value: v & t.Mask}
		list = append(list, other)
	}
	return list
}

// fulfil sets the arguments so that they pass the tests, as long as these do not
// contradict one another.
func fulfil(args *[6]uint64, when []filter.Test) {
	for _, t := range when {
		value := t.Value
		if t.Any {
			value = t.Mask & -t.Mask
		}
		args[t.Arg] = args[t.Arg]&^t.Mask | value&t.Mask
	}
}

// tellShadow says what of the shadow rules no call will show, because the kernel
// would decide it.
func tellShadow(cfg Config, env *syscalls.Env) {
	if cfg.Shadow == nil {
		return
	}
	privileged := env.Self.CapEff != 0
	running, err := Plan(cfg.Policy, privileged).Answers()
	next, err2 := Plan(cfg.Shadow, privileged).Answers()
	if err := errors.Join(err, err2); err != nil {
		cfg.Notice("shadow rules: " + err.Error())
		return
	}
	for _, k := range KernelChanges(running, next) {
		cfg.Notice("not seen while they are shadow rules, since the kernel decides it: " + k.String())
	}
}
