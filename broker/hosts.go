package broker

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"seccomp-broker/rules"
)

const (
	// hostPeriod is how often the host names of rules are looked up. The
	// system's resolver does not tell how long an answer holds.
	hostPeriod = time.Minute
	// hostMemory is how long an address counts after it was last answered: a
	// name service answers with changing parts of longer lists.
	hostMemory = 10 * time.Minute
	// hostPatience bounds one lookup.
	hostPatience = 5 * time.Second
	// hostsAtOnce bounds the lookups under way.
	hostsAtOnce = 16
	// hostAddresses bounds what is remembered of one name.
	hostAddresses = 1024
)

// lookup is a resolver's [net.Resolver.LookupNetIP].
type lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

// hosts knows the addresses of the host names that rules use.
type hosts struct {
	names  []string
	lookup lookup
	notice func(string)
	now    func() time.Time

	known atomic.Pointer[map[netip.Addr][]string] // replaced, never changed
	seen  map[string]map[netip.Addr]time.Time     // when an address was last answered
	told  map[string]bool                         // names that were said to have no address
}

func newHosts(names []string, notice func(string)) *hosts {
	return &hosts{
		names: names, lookup: net.DefaultResolver.LookupNetIP, notice: notice, now: time.Now,
		seen: make(map[string]map[netip.Addr]time.Time), told: make(map[string]bool),
	}
}

// of gives the names that an address belongs to now. Safe for concurrent use;
// the list must not be changed.
func (h *hosts) of(ip netip.Addr) []string {
	known := h.known.Load()
	if known == nil {
		return nil
	}
	return (*known)[ip.Unmap().WithZone("")]
}

// follow looks the names up from time to time until stop is closed.
func (h *hosts) follow(stop <-chan struct{}) {
	tick := time.NewTicker(hostPeriod)
	defer tick.Stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-stop
		cancel()
	}()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			h.refresh(ctx)
		}
	}
}

// refresh looks every name up once. A name that cannot be looked up keeps the
// addresses that it had, as long as they count.
func (h *hosts) refresh(ctx context.Context) {
	answers := make([][]netip.Addr, len(h.names))
	errs := make([]error, len(h.names))
	var wg sync.WaitGroup
	slots := make(chan struct{}, hostsAtOnce)
	for i, name := range h.names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, hostPatience)
			defer cancel()
			answers[i], errs[i] = h.lookup(ctx, "ip", name)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return
	}
	known := make(map[netip.Addr][]string)
	for i, name := range h.names {
		for ip := range h.remember(name, answers[i]) {
			known[ip] = append(known[ip], name)
		}
		h.tell(name, errs[i])
	}
	h.known.Store(&known)
}

// remember adds the addresses of an answer to those that a name has, and takes
// out those that count no more.
func (h *hosts) remember(name string, answer []netip.Addr) map[netip.Addr]time.Time {
	seen := h.seen[name]
	if seen == nil {
		seen = make(map[netip.Addr]time.Time)
		h.seen[name] = seen
	}
	now := h.now()
	for ip, last := range seen {
		if now.Sub(last) > hostMemory {
			delete(seen, ip)
		}
	}
	for _, ip := range answer {
		ip = ip.Unmap().WithZone("")
		if _, ok := seen[ip]; ok || len(seen) < hostAddresses {
			seen[ip] = now
		}
	}
	return seen
}

// tell says once that rules about a name match nothing.
func (h *hosts) tell(name string, err error) {
	if len(h.seen[name]) > 0 {
		h.told[name] = false
		return
	}
	if !h.told[name] {
		h.told[name] = true
		why := "the name service knows none"
		if err != nil {
			why = err.Error()
		}
		h.notice(fmt.Sprintf("rules name the host %s, which has no address now, so they match nothing: %s", name, why))
	}
}

// follower is hosts that are looked up from time to time. nil is one without names.
type follower struct {
	hosts *hosts
	done  chan struct{}
	over  chan struct{}
}

// followHosts looks the host names of rules up, and keeps at it until stop. The
// addresses that before, which has been stopped, has seen of the same names count
// on: a name service does not answer with all of them each time.
func followHosts(names []string, before *follower, notice func(string)) *follower {
	if len(names) == 0 {
		return nil
	}
	f := &follower{hosts: newHosts(slices.Clone(names), notice), done: make(chan struct{}), over: make(chan struct{})}
	if before != nil {
		for _, name := range names {
			if seen := before.hosts.seen[name]; seen != nil {
				f.hosts.seen[name] = maps.Clone(seen)
			}
		}
	}
	f.hosts.refresh(context.Background())
	go func() {
		defer close(f.over)
		f.hosts.follow(f.done)
	}()
	return f
}

// stop ends the look-ups; what is known stays so.
func (f *follower) stop() {
	if f != nil {
		close(f.done)
		<-f.over
	}
}

// ask is for [syscalls.Rules].
func (f *follower) ask() func(netip.Addr) []string {
	if f == nil {
		return nil
	}
	return f.hosts.of
}

// followed are the host names of rules and of the shadow ones.
type followed struct{ policy, shadow *follower }

// followAll follows the names of both. What was followed before has been stopped.
func followAll(policy, shadow *rules.Policy, before followed, notice func(string)) followed {
	f := followed{policy: followHosts(policy.Hosts(), before.policy, notice)}
	if shadow != nil {
		f.shadow = followHosts(shadow.Hosts(), before.shadow, func(string) {})
	}
	return f
}

func (f followed) stop() {
	f.policy.stop()
	f.shadow.stop()
}
