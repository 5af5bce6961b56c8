package broker

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"
)

// Loaded are rules, and what they were made of.
type Loaded struct {
	Policy *rules.Policy
	Shadow *rules.Policy // nil without one
	Files  []string      // as they were named
	Links  *Links        // that their paths were resolved with
}

// reloader puts other rules in the place of those in force. Only its own
// goroutine uses it.
type reloader struct {
	cfg        Config
	env        *syscalls.Env
	running    []filter.Answer // of the filter that is in force for ever
	privileged bool
	floor      []string // below which Landlock lets anything be executed; nil without it

	now   Loaded // in force
	past  []*rules.Policy
	hosts followed
	watch *fileWatch
}

// maxPast bounds the policies that are remembered because the program may have
// made something while they were in force.
const maxPast = 64

// newReloader makes ready for reloading. Everything has been set up but not
// started.
func newReloader(cfg Config, env *syscalls.Env, hosts followed) (*reloader, error) {
	r := &reloader{cfg: cfg, env: env, privileged: env.Self.CapEff != 0, now: cfg.Loaded, hosts: hosts}
	r.past = []*rules.Policy{r.now.Policy}
	var err error
	if r.running, err = Plan(cfg.Loaded.Policy, r.privileged).Answers(); err != nil {
		return nil, fmt.Errorf("the syscalls block cannot be compiled: %w", err)
	}
	if r.watch, err = newFileWatch(); err != nil {
		return nil, err
	}
	r.now.Files = distinct(absolute(r.now.Files))
	if err := r.watch.look(r.now.Files); err != nil {
		r.watch.close()
		return nil, err
	}
	return r, nil
}

// follow reloads when the files change and when asked says so, until stop is
// closed.
func (r *reloader) follow(stop, asked <-chan struct{}) {
	defer func() {
		r.watch.close()
		r.hosts.stop()
	}()
	r.watch.follow(stop, asked, r.watch.state(), time.After, r.reload)
}

// maxRounds bounds how often rules are loaded because meanwhile they name other
// files.
const maxRounds = 3

// reload loads the rules and puts them in force, or says why not. It returns the
// state of the files that they were loaded from.
func (r *reloader) reload() []fileState {
	var next Loaded
	var err error
	var state []fileState
	for range maxRounds {
		state = r.watch.state()
		next, err = r.cfg.Reload()
		next.Files = absolute(next.Files)
		files := distinct(next.Files)
		if err != nil { // what they name may be missing
			files = distinct(append(files, r.now.Files...))
		}
		if slices.Equal(files, r.watch.files) {
			break
		}
		if e := r.watch.look(files); e != nil {
			r.cfg.Notice(e.Error())
		}
		if err != nil {
			state = r.watch.state() // its errors are not to be told twice
			break
		}
	}
	if err == nil {
		err = r.take(next)
	}
	if err != nil {
		r.refused(err)
	}
	return state
}

func distinct(files []string) []string {
	list := slices.Clone(files)
	slices.Sort(list)
	return slices.Compact(list)
}

// refused tells that the old rules stay.
func (r *reloader) refused(err error) {
	text := "the rules were not loaded anew, the old ones stay in force"
	if why := err.Error(); why != "" {
		text += ": " + why
	}
	r.cfg.Fail(errors.New(text))
	r.env.Log.Record(&audit.Event{Action: audit.Error, Reason: text})
}

// take puts rules in force, wholly or not at all. Everything that can go wrong, or
// take time, comes before the moment when they are exchanged.
func (r *reloader) take(next Loaded) error {
	if err := r.check(next); err != nil {
		return err
	}
	spec := Plan(next.Policy, r.privileged)
	answers, err := spec.Answers()
	if err != nil {
		return fmt.Errorf("the syscalls block cannot be compiled: %w", err)
	}
	changes := KernelChanges(r.running, answers)
	if err := tooStrict(changes); err != nil {
		return err
	}
	calls, err := emulated(next.Policy, spec, notifiedBeyond(r.running, answers)...)
	if err != nil {
		return err
	}
	r.hosts.stop()
	hosts := followAll(next.Policy, next.Shadow, r.hosts, r.cfg.Notice)
	r.env.Replace(syscalls.Rules{
		Policy: next.Policy, Hosts: hosts.policy.ask(), Emulated: calls,
		Shadow: next.Shadow, ShadowHosts: hosts.shadow.ask(),
	})
	r.hosts, r.now = hosts, next
	if r.past = append(r.past, next.Policy); len(r.past) > maxPast {
		r.past = r.past[:maxPast+1]
	}
	r.tell(changes)
	return nil
}

// tell says that new rules are in force, and what of them is not.
func (r *reloader) tell(changes []KernelChange) {
	text := "the rules were loaded anew and are in force"
	var rest []string
	for _, k := range changes {
		rest = append(rest, k.String())
	}
	rest = append(rest, r.floorDiffers()...)
	if len(rest) > 0 {
		text += "; what the kernel decides stays until the command is started anew: " + strings.Join(rest, "; ")
	}
	r.cfg.Notice(text)
	r.env.Log.Record(&audit.Event{Action: audit.Note, Reason: text})
}

// floorDiffers compares Landlock's places with those that the new rules would
// have had.
func (r *reloader) floorDiffers() []string {
	floor := execFloor(r.now.Policy, r.cfg.Path)
	switch {
	case reflect.DeepEqual(floor, r.floor) || len(floor)+len(r.floor) == 0:
		return nil
	case len(r.floor) == 0:
		return []string{"there is no Landlock domain behind exec"}
	case len(floor) == 0:
		return []string{"nothing can be executed outside of " + strings.Join(r.floor, " ")}
	}
	var list []string
	outside := func(place string, floor []string) bool {
		return !slices.ContainsFunc(floor, func(f string) bool { return below(place, f) })
	}
	for _, place := range floor {
		if outside(place, r.floor) {
			list = append(list, "nothing can be executed below "+place)
		}
	}
	for _, place := range r.floor {
		if outside(place, floor) {
			list = append(list, "the Landlock domain behind exec still reaches "+place)
		}
	}
	return list
}

// tooStrict is why rules cannot come into force on a filter that does not refuse
// what theirs would.
func tooStrict(changes []KernelChange) error {
	var list []string
	for _, k := range changes {
		if k.Stricter {
			list = append(list, k.String())
		}
	}
	if len(list) == 0 {
		return nil
	}
	return fmt.Errorf("they need a filter that refuses more than the one that the command was started with; start the command anew: %s", strings.Join(list, "; "))
}

// notifiedBeyond are the calls that the running filter notifies, and that the next
// one would answer otherwise, at least sometimes.
func notifiedBeyond(running, next []filter.Answer) []string {
	var names []string
	for i, a := range running {
		notifies := a.Otherwise.Kind == filter.Notify ||
			slices.ContainsFunc(a.Cases, func(c filter.Case) bool { return c.Action.Kind == filter.Notify })
		if notifies && (!reflect.DeepEqual(a.Cases, next[i].Cases) || a.Otherwise != next[i].Otherwise) {
			names = append(names, a.Call.Name)
		}
	}
	return names
}
