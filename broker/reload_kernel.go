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

// differing gives the pairs of actions that the two answers have for the same
// arguments. Answers that cannot be compared are taken for stricter.
func differing(running, next *filter.Answer) []KernelChange {
	if reflect.DeepEqual(running.Cases, next.Cases) && running.Otherwise == next.Otherwise {
		return nil
	}
	pairs, ok := filter.Pairs(running, next)
	if !ok {
		return []KernelChange{{Sometimes: true, Stricter: true}}
	}
	var list []KernelChange
	always := true
	for _, pair := range pairs {
		a, b := pair[0], pair[1]
		switch {
		case a == b:
			always = false
		case a.Kind == filter.Notify && b.Kind != filter.KillProcess: // the broker makes that good
		default:
			list = append(list, KernelChange{Before: a, After: b, Stricter: strictness(b.Kind) > strictness(a.Kind)})
		}
	}
	for i := range list {
		list[i].Sometimes = !always || len(list) > 1
	}
	return list
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
