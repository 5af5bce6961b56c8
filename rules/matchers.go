package rules

import (
	"cmp"
	"strconv"
)

// matchers are the rules of one scope: those about paths, and those about
// addresses, which are paths of another tree (address_tree.go).
type matchers struct {
	*matcher
	addresses *matcher
	calls     map[string]*matchers // the rules about one system call, by its name; nil without any
}

// builders collect for matchers.
type builders struct {
	paths, addresses *builder
	calls            map[string]builders
}

func newBuilders() builders { return builders{newBuilder(), newBuilder(), map[string]builders{}} }

// add puts in all patterns of a rule, under a number that stands for its rank:
// for the calls that it names, or for all.
func (b builders) add(d *draft, rank int32) {
	for _, name := range d.rule.Calls {
		if _, ok := b.calls[name]; !ok {
			b.calls[name] = newBuilders()
		}
		b.calls[name].put(d, rank)
	}
	if len(d.rule.Calls) == 0 {
		b.put(d, rank)
	}
}

func (b builders) put(d *draft, rank int32) {
	for _, p := range d.patterns {
		b.paths.addRule(p, rank, d.rule, All&^sockets)
		if d.rule.hides() {
			b.paths.addRule(below(p), rank, d.rule, Stat)
		}
	}
	for _, p := range d.excepts {
		b.paths.addExcept(p, rank)
	}
	for _, p := range d.addresses {
		b.addresses.addRule(p, rank, d.rule, sockets)
	}
	for _, p := range d.exceptAddresses {
		b.addresses.addExcept(p, rank)
	}
}

func (b builders) build(ranks []int32) matchers {
	m := matchers{matcher: b.paths.build(ranks), addresses: b.addresses.build(ranks)}
	for name, of := range b.calls {
		if m.calls == nil {
			m.calls = make(map[string]*matchers)
		}
		built := of.build(ranks)
		m.calls[name] = &built
	}
	return m
}

// decide is that of the matcher of paths, with the rules about the call alone.
func (ms *matchers) decide(w *walker, path []byte, q *Query, best *ranks) bool {
	if !ms.matcher.decide(w, path, q, best) {
		return false
	}
	if of := ms.calls[q.Syscall]; of != nil {
		of.matcher.decide(w, path, q, best)
	}
	return true
}

// pathHits appends every rule about paths that matches.
func (ms *matchers) pathHits(list []hit, q *Query) []hit {
	list = ms.hits(list, q.Path, q)
	if of := ms.calls[q.Syscall]; of != nil {
		list = of.hits(list, q.Path, q)
	}
	return list
}

// movesDenied also asks about the addresses of local sockets, which lie in
// directories as files do.
func (ms *matchers) movesDenied(from, to []byte) int32 {
	rule := ms.matcher.movesDenied(from, to)
	a, b := Address{Family: UnixPath, Name: from}, Address{Family: UnixPath, Name: to}
	return stricter(rule, ms.addresses.movesDenied(a.appendTree(nil), b.appendTree(nil)))
}

// sockets are the classes that are about an address.
const sockets = Connect | Bind

// decideAddress is Decide for an address. Every name of an address counts: its
// number, and each host that it belongs to.
func (p *Policy) decideAddress(q *Query, best *ranks) Decision {
	if q.Access&^sockets != 0 {
		return Decision{}
	}
	var w walker
	if !p.global.decideAddress(&w, q, best) {
		return Decision{}
	}
	if q.Scope != nil {
		for _, i := range q.Scope.blocks {
			p.programs[i].decideAddress(&w, q, best)
		}
	}
	return p.strictest(q, best)
}

func (ms *matchers) decideAddress(w *walker, q *Query, best *ranks) bool {
	if !ms.walkAddress(q.Address, w) {
		return false
	}
	ms.addresses.lower(w, q, best)
	if of := ms.calls[q.Syscall]; of != nil {
		of.decideAddress(w, q, best)
	}
	return true
}

// walkAddress leaves in w the states of the address under all its names
// together, so that an exception by one name is one from a rule by another.
func (ms *matchers) walkAddress(a *Address, w *walker) bool {
	var buf [maxTree]byte
	m := ms.addresses
	if !m.walk(a.appendTree(buf[:0]), w) {
		return false
	}
	if a.Family != Inet {
		return true
	}
	for _, host := range a.Hosts {
		var other walker
		if m.walk(a.appendHost(buf[:0], host), &other) {
			w.join(&other)
		}
	}
	return true
}

// addressHits appends every rule about addresses that matches.
func (ms *matchers) addressHits(list []hit, q *Query) []hit {
	var w walker
	if ms.walkAddress(q.Address, &w) {
		list = ms.addresses.hitsAt(list, &w, q)
	}
	if of := ms.calls[q.Syscall]; of != nil {
		list = of.addressHits(list, q)
	}
	return list
}

// Socket is a kind of socket that reaches others without any address, so that
// making one is what has to be permitted.
type Socket struct {
	Family Family // Vsock, Netlink or Packet
	Number uint32 // the protocol of a Netlink socket, unless Any
	Any    bool
}

// Sockets are the kinds of such sockets for which some rule, whatever its
// program, lets an address pass. default = "allow" is not considered.
func (p *Policy) Sockets() []Socket { return p.sockets }

// sockets adds the kinds that a rule permits.
func (d *draft) sockets(kinds map[Socket]bool) {
	if d.rule.Verdict == Deny {
		return
	}
	for _, p := range d.addresses {
		switch p[0].text {
		case treeVsock:
			kinds[Socket{Family: Vsock, Any: true}] = true
		case treePacket:
			kinds[Socket{Family: Packet, Any: true}] = true
		case treeNetlink:
			n, err := strconv.ParseUint(p[1].text, 10, 32)
			kinds[Socket{Netlink, uint32(n), err != nil}] = true
		}
	}
}

func compareSockets(a, b Socket) int {
	return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Number, b.Number))
}

// Hosts are the host names that rules use, in lower case, sorted. Whoever asks
// about an address says which of them it belongs to: Address.Hosts.
func (p *Policy) Hosts() []string { return p.hosts }
