package broker

import (
	"fmt"
	"slices"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Plan derives the filter's plan from a policy: what the kernel allows,
// refuses or kills by itself, and which calls it notifies. privileged says
// that targets may be able to change their identity.
func Plan(p *rules.Policy, privileged bool) filter.Spec {
	var spec filter.Spec
	named, cut := p.Classes(), cutOff(p)
	for _, call := range syscalls.Table(false) {
		if call.Wanted(named) && (call.Access&addresses == 0 || !cut) {
			spec.Notify = append(spec.Notify, call.Name)
		}
	}
	for _, s := range p.Sockets() {
		spec.Sockets = append(spec.Sockets, socketOf(s))
	}
	s := p.Syscalls()
	for _, c := range s.Allow {
		spec.Allow = append(spec.Allow, c.Name)
	}
	for _, c := range s.Deny {
		spec.Deny = append(spec.Deny, filter.Denial{Name: c.Name, Errno: c.Errno})
	}
	for _, c := range s.Kill {
		spec.Kill = append(spec.Kill, c.Name)
	}
	spec.Emulate = emulations(p)
	if privileged {
		watchIdentities(&spec)
	}
	return spec
}

// watchIdentities has the changes of identity notified that the plan lets be
// made. The broker lets all of them pass.
func watchIdentities(spec *filter.Spec) {
	plain := *spec
	plain.Emulate = nil
	answers, err := plain.Answers()
	if err != nil {
		return // which compiling says, with the rule
	}
	allowed := map[string]bool{}
	for _, a := range answers {
		allowed[a.Call.Name] = a.Otherwise.Kind == filter.Allow
	}
	for _, call := range syscalls.IdentityCalls() {
		if allowed[call] {
			spec.Notify = append(spec.Notify, call)
		}
	}
	spec.Securebits = true
}

// addresses are the classes of calls that name an address.
const addresses = rules.Connect | rules.Bind

// cutOff reports whether a policy leaves the network to the kernel, which then
// refuses it without a record: it says that connect and bind are to be refused
// there, and no rule names an address.
func cutOff(p *rules.Policy) bool {
	if !p.NetworkClosed() {
		return false
	}
	calls := p.Syscalls()
	refused := map[string]bool{}
	for _, c := range slices.Concat(calls.Deny, calls.Kill) {
		refused[c.Name] = true
	}
	for _, name := range []string{"connect", "bind"} {
		call, _ := filter.ByName(name)
		byGroup := func(group string) bool { return refused[group] }
		if !refused[name] && !slices.ContainsFunc(call.Groups, byGroup) {
			return false
		}
	}
	return true
}

// socketOf translates a kind of socket of the rules' into the filter's.
func socketOf(k rules.Socket) filter.Socket {
	s := filter.Socket{Protocol: filter.AnyProtocol}
	switch k.Family {
	case rules.Vsock:
		s.Domain = unix.AF_VSOCK
	case rules.Packet:
		s.Domain = unix.AF_PACKET
	case rules.Netlink:
		s.Domain = unix.AF_NETLINK
		if !k.Any {
			s.Protocol = int(k.Number)
		}
	}
	return s
}

// movers are the calls that can give a process another root directory or
// another view of the mounts.
var movers = []string{"chroot", "pivot_root", "unshare", "setns", "clone", "mount", "move_mount"}

// fixedRoot reports whether no target under this plan can get another root
// or mount namespace.
func fixedRoot(spec filter.Spec) bool {
	lifted := map[string]bool{}
	for _, name := range spec.Allow {
		lifted[name] = true
	}
	for _, name := range movers {
		call, ok := filter.ByName(name)
		if !ok || lifted[name] {
			return false
		}
		for _, group := range call.Groups {
			if group != "@default" && lifted[group] {
				return false
			}
		}
	}
	return true
}

// compile is Plan and its filter, with an error that says what to do.
func compile(spec filter.Spec) (filter.Program, error) {
	program, err := filter.Compile(spec)
	if err != nil {
		return nil, fmt.Errorf("the syscalls block cannot be compiled: %w", err)
	}
	return program, nil
}
