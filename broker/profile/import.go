package profile

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Imported is the kernel part of a policy that lets pass at most what a profile
// does.
type Imported struct {
	// Allow is what the syscalls block lets pass beyond @default.
	Allow []string
	// Deny holds what it refuses of @default, by errno.
	Deny map[int][]string
	// Kill ends the process.
	Kill []string
	// Mediated are the calls that the profile lets pass or hands to an agent,
	// and that rules about paths and addresses decide here.
	Mediated []string
	// Network tells that the profile lets programs connect or bind: rules about
	// addresses decide here.
	Network bool
	// Stricter are the calls of which less passes than the profile allows, with
	// the reason.
	Stricter []Note
	// told says that the agent is told of changes of SECBIT_NOROOT and the like, as
	// the broker has itself told of them.
	told bool
}

// Note is a remark about a call.
type Note struct{ Call, Why string }

// Import translates a profile. What the rule language cannot say (conditions on
// arguments) becomes stricter, never looser.
func Import(p *specs.LinuxSeccomp) (*Imported, error) {
	if err := check(p); err != nil {
		return nil, err
	}
	connect, bind := meaningOf(p, "connect"), meaningOf(p, "bind")
	told := meaningOf(p, "prctl")
	in := &Imported{Deny: map[int][]string{}, Network: !connect.never() || !bind.never(), told: told.notifies()}
	plain, err := filter.Spec{Network: in.Network, Securebits: in.told}.Answers()
	if err != nil {
		return nil, err
	}
	for i := range plain {
		m := meaningOf(p, plain[i].Call.Name)
		in.add(&plain[i], &m)
	}
	in.Allow = fold(in.Allow)
	return in, in.verify(p)
}

// add decides about one call. usual is what the filter answers without a word of
// the rules.
func (in *Imported) add(usual *filter.Answer, m *meaning) {
	name := usual.Call.Name
	all, none := m.always(filter.Allow), m.never()
	switch usual.Call.Disposition {
	case filter.Never:
		if !none {
			in.stricter(name, "always refused: "+usual.Call.Reason)
		}
	case filter.Mediated:
		in.mediated(name, m, none)
	case filter.Refused:
		switch {
		case all:
			in.Allow = append(in.Allow, name)
		case !none:
			in.stricter(name, "the profile allows it for some arguments only: refused")
		case m.kills():
			in.Kill = append(in.Kill, name)
		}
	default:
		in.usual(usual, m)
	}
}

// usual decides about a call of @default.
func (in *Imported) usual(usual *filter.Answer, m *meaning) {
	name := usual.Call.Name
	switch {
	case m.kills():
		in.Kill = append(in.Kill, name)
	case m.never():
		in.deny(name, m.otherwise)
	case covers(m, usual):
		if m.notifies() && mediable()[name] {
			in.Mediated = append(in.Mediated, name)
		}
		if exceeds(m, usual) {
			in.stricter(name, "some arguments are refused or judged all the same")
		}
	case m.notifies():
		in.asked(name)
	default:
		in.stricter(name, "the profile's conditions cannot be written: refused")
		in.deny(name, filter.Unknown())
	}
}

// asked is about a call of @default that the profile hands to an agent: only one
// that rules can be about may go there.
func (in *Imported) asked(name string) {
	if mediable()[name] {
		in.Mediated = append(in.Mediated, name)
		return
	}
	in.stricter(name, "an agent would decide about it: refused")
	in.deny(name, filter.Unknown())
}

// mediable are the calls that rules can be about.
var mediable = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, c := range syscalls.Table(true) {
		names[c.Name] = true
	}
	return names
})

func (in *Imported) mediated(name string, m *meaning, none bool) {
	switch {
	case m.kills():
		in.Kill = append(in.Kill, name)
	case none:
		in.deny(name, m.otherwise)
	case m.always(filter.Allow), m.always(filter.Notify):
		in.Mediated = append(in.Mediated, name)
	default:
		in.stricter(name, "the profile's conditions cannot be written: refused")
		in.deny(name, filter.Unknown())
	}
}

func (in *Imported) deny(name string, a filter.Action) {
	errno := a.Errno
	if a.Kind != filter.Errno || errno == 0 {
		errno = filter.Unknown().Errno
	}
	in.Deny[errno] = append(in.Deny[errno], name)
}

func (in *Imported) stricter(name, why string) {
	in.Stricter = append(in.Stricter, Note{name, why})
}

// Plan is the plan that the imported rules make, where rules name every class.
func (in *Imported) Plan() filter.Spec {
	s := filter.Spec{Allow: append([]string{"@default"}, in.Allow...), Kill: in.Kill, Notify: in.Mediated, Network: in.Network, Securebits: in.told}
	for _, errno := range slices.Sorted(maps.Keys(in.Deny)) {
		for _, name := range in.Deny[errno] {
			s.Deny = append(s.Deny, filter.Denial{Name: name, Errno: errno})
		}
	}
	return s
}

// verify compares the result with the profile, call by call: an import that let
// pass more would be a trap.
func (in *Imported) verify(p *specs.LinuxSeccomp) error {
	answers, err := in.Plan().Answers()
	if err != nil {
		return fmt.Errorf("the profile's calls cannot be put into rules: %w", err)
	}
	for i := range answers {
		a := &answers[i]
		m := meaningOf(p, a.Call.Name)
		if !covers(&m, a) {
			return fmt.Errorf("%s would pass where the profile refuses it", a.Call.Name)
		}
	}
	return nil
}

// fold writes a group for the calls that are all of it.
func fold(names []string) []string {
	has := map[string]bool{}
	for _, n := range names {
		has[n] = true
	}
	members := foldable()
	for _, g := range slices.Sorted(maps.Keys(members)) {
		list := members[g]
		if slices.ContainsFunc(list, func(n string) bool { return !has[n] }) {
			continue
		}
		for _, n := range list {
			delete(has, n)
		}
		has[g] = true
	}
	return slices.Sorted(maps.Keys(has))
}

// foldable are the groups that stand for several calls and for nothing else, with
// those calls: one that lifts the refused part of others would allow that, too.
var foldable = sync.OnceValue(func() map[string][]string {
	table := filter.Table()
	members := map[string][]string{}
	for _, s := range table {
		for _, g := range s.Groups {
			members[g] = append(members[g], s.Name)
		}
	}
	maps.DeleteFunc(members, func(_ string, calls []string) bool { return len(calls) < 2 })
	for _, s := range table {
		delete(members, s.Lift)
	}
	return members
})
