package filter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Spec is a syscall plan. Every entry is the kernel's name of a call or an
// @group; the zero Spec allows @default and notifies nothing.
type Spec struct {
	// Notify become notifications, whatever their arguments; of a group that
	// lifts a condition, only with the arguments that the condition refuses.
	// Naming connect, bind, sendto, sendmsg or sendmmsg has the meaning of
	// Network.
	Notify []string
	// Allow is the complete list of what the kernel lets pass; empty stands for
	// @default. A conditional call that is named here loses its condition, a
	// call that comes with a group keeps it unless the group is its Lift.
	// Mediated and Never calls are errors here; a group may hold Never calls,
	// they stay refused.
	Allow []string
	// Deny are refused. Of two Denials for one call, the one by name beats the
	// one by group, else the first wins. For groups that lift a condition as
	// with Notify.
	Deny []Denial
	// Kill end the process. For groups that lift a condition as with Notify.
	Kill []string
	// Network tells that the supervisor judges addresses: connect, bind, listen,
	// sendmsg, sendmmsg, and sendto with an address, become notifications, and
	// internet and local sockets of the stream and datagram types can be had. So
	// do setsockopt and ioctl where they reach the network without an address.
	// Otherwise connect and bind are refused and only local stream and
	// seqpacket sockets can be had.
	Network bool
	// Sockets are further kinds that can be had then.
	Sockets []Socket
	// Securebits has prctl(PR_SET_SECUREBITS) notified where it is allowed.
	Securebits bool
	// Emulate are calls that are answered without being done, in order.
	Emulate []Emulation
}

// Socket is a kind of socket: socket(2).
type Socket struct {
	Domain   int // AF_*
	Protocol int // or AnyProtocol
}

// AnyProtocol stands for every protocol of a domain.
const AnyProtocol = -1

// Denial refuses a call or a @group.
type Denial struct {
	Name  string
	Errno int // one of errno(3), positive; 0 stands for EPERM
}

// plan is a Spec with its names resolved to table indices.
type plan struct {
	network bool
	secbits bool
	sockets []Socket
	notify  scope
	allow   scope
	kill    scope
	deny    map[int]int // errno by call
	partly  map[int]int // errno by call, for the part that a group lifts
	emulate map[int][]branch
}

// scope is a set of calls, and of calls of which only the liftable part is meant.
type scope struct {
	whole, part map[int]bool
}

// member is a call that an entry means.
type member struct {
	index int
	part  bool // only the part that the group lifts
}

// members resolves one entry.
func members(entry string) ([]member, error) {
	if i, ok := byName[entry]; ok {
		return []member{{index: i}}, nil
	}
	list, ok := groups[entry]
	if !ok {
		return nil, unknown(entry)
	}
	found := make([]member, 0, len(list))
	for _, i := range list {
		found = append(found, member{index: i})
	}
	return append(found, liftedBy(entry)...), nil
}

func liftedBy(group string) []member {
	var found []member
	for i, s := range table {
		if s.Lift == group {
			found = append(found, member{i, true})
		}
	}
	return found
}

func unknown(entry string) error {
	if Known("@" + entry) {
		return fmt.Errorf("%q is a group: write %q", entry, "@"+entry)
	}
	if bare := strings.TrimPrefix(entry, "@"); bare != entry && Known(bare) {
		return fmt.Errorf("%q is not a group: write %q", entry, bare)
	}
	if strings.HasPrefix(entry, "@") {
		return fmt.Errorf("unknown group %q; the groups are %s", entry, strings.Join(Groups(), " "))
	}
	return fmt.Errorf("unknown system call %q", entry)
}

// resolve checks a Spec wholly and reports all its errors.
func (s Spec) resolve() (*plan, error) {
	allow := s.Allow
	if len(allow) == 0 {
		allow = []string{"@default"}
	}
	p := &plan{network: s.Network, secbits: s.Securebits, sockets: s.Sockets}
	var errs [5]error
	p.allow, errs[0] = allowed(allow)
	p.notify, errs[1] = p.notified(s.Notify)
	errs[2] = p.denied(s.Deny)
	p.kill, errs[3] = collect("kill", s.Kill)
	for _, e := range s.Emulate {
		errs[4] = errors.Join(errs[4], p.emulated(e))
	}
	return p, errors.Join(errs[:]...)
}

func allowed(entries []string) (scope, error) {
	set := scope{map[int]bool{}, map[int]bool{}}
	var errs []error
	for _, entry := range entries {
		found, err := members(entry)
		if err == nil {
			err = allowable(entry, found)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("allow: %w", err))
			continue
		}
		for _, m := range found {
			set.whole[m.index] = true
			if m.part || table[m.index].Name == entry {
				set.part[m.index] = true
			}
		}
	}
	return set, errors.Join(errs...)
}

// Allowable says why a known call or group cannot stand in [Spec.Allow]; nil
// when it can.
func Allowable(entry string) error {
	found, err := members(entry)
	if err != nil {
		return err
	}
	return allowable(entry, found)
}

// allowable refuses what the kernel can not be told to let pass.
func allowable(entry string, found []member) error {
	var mediated []string
	for _, m := range found {
		s := table[m.index]
		if s.Disposition == Mediated {
			mediated = append(mediated, s.Name)
		}
		if s.Disposition == Never && s.Name == entry {
			return fmt.Errorf("%s can not be allowed: %s", entry, s.Reason)
		}
	}
	switch {
	case len(mediated) == 0:
		return nil
	case mediated[0] == entry:
		return fmt.Errorf("%s is mediated; write an allow block instead", entry)
	default:
		slices.Sort(mediated)
		return fmt.Errorf("%s holds mediated calls (%s); write an allow block instead",
			entry, strings.Join(mediated, " "))
	}
}

func (p *plan) notified(entries []string) (scope, error) {
	set, err := collect("notify", entries)
	for _, name := range networkTriggers {
		p.network = p.network || set.whole[byName[name]]
	}
	if p.network {
		for _, name := range networkCalls {
			set.whole[byName[name]] = true
		}
		// Without an address there is nothing to judge: its guard decides.
		delete(set.whole, byName["sendto"])
	}
	return set, err
}

func (p *plan) denied(denials []Denial) error {
	p.deny, p.partly = map[int]int{}, map[int]int{}
	var errs []error
	for _, byGroup := range []bool{false, true} {
		for _, d := range denials {
			if strings.HasPrefix(d.Name, "@") == byGroup {
				errs = append(errs, p.denyOne(d))
			}
		}
	}
	return errors.Join(errs...)
}

func (p *plan) denyOne(d Denial) error {
	found, err := members(d.Name)
	if err != nil {
		return fmt.Errorf("deny: %w", err)
	}
	// Not every number that fits: 512 to 516 would make the kernel restart the
	// call (include/linux/errno.h).
	if d.Errno != 0 && unix.ErrnoName(syscall.Errno(d.Errno)) == "" {
		return fmt.Errorf("deny: %s: %d is not an error number; see errno(3)", d.Name, d.Errno)
	}
	errno := d.Errno
	if errno == 0 {
		errno = defaultErrno
	}
	for _, m := range found {
		set := p.deny
		if m.part {
			set = p.partly
		}
		if _, ok := set[m.index]; !ok {
			set[m.index] = errno
		}
	}
	return nil
}

// collect gathers the calls that a list of entries means.
func collect(list string, entries []string) (scope, error) {
	set := scope{map[int]bool{}, map[int]bool{}}
	var errs []error
	for _, entry := range entries {
		found, err := members(entry)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", list, err))
		}
		for _, m := range found {
			if m.part {
				set.part[m.index] = true
			} else {
				set.whole[m.index] = true
			}
		}
	}
	return set, errors.Join(errs...)
}
