package filter

import (
	"slices"

	"golang.org/x/sys/unix"
)

const (
	typeMask     = 0xf // SOCK_TYPE_MASK: the rest are SOCK_CLOEXEC and SOCK_NONBLOCK
	protocolSCTP = unix.IPPROTO_SCTP

	// The forms of RFC 2292: linux/in6.h.
	rthdr2292      = 5 // IPV6_2292RTHDR
	pktOptions2292 = 6 // IPV6_2292PKTOPTIONS
)

// noSocket answers EACCES, which socket(2) documents for a refused type.
// EAFNOSUPPORT would be gentler to a resolver that probes for IPv6, but sends
// the reader of the message to the kernel's configuration, not to the rules.
var (
	noSocket  = outcome{unmediated, unix.EACCES}
	noAddress = outcome{unmediated, unix.EACCES}
	asks      = outcome{effect: notified}
)

// networkCalls become notifications as soon as one of networkTriggers is
// notified: an address is decided in all of them or nowhere. listen is here
// because on an unbound internet socket it binds an ephemeral port by itself.
// sendto is a matter of its guard.
var (
	networkTriggers = []string{"connect", "bind", "sendto", "sendmsg", "sendmmsg"}
	networkCalls    = []string{"connect", "bind", "listen", "sendmsg", "sendmmsg"}
)

// unjudgedNetwork holds while no supervisor judges addresses. Local stream and
// seqpacket sockets remain: unix_stream_sendmsg refuses a destination and
// unix_seqpacket_sendmsg ignores it, so an unjudged sendmsg can only reach the
// other end of a socketpair. A datagram socket could reach anybody.
var unjudgedNetwork = map[string]guard{
	"socket":     {clauses: localStreams(), otherwise: noSocket},
	"socketpair": {clauses: localStreams(), otherwise: noSocket},
	// sendto(int, void *, size_t, unsigned int flags, sockaddr *, int).
	"sendto": {clauses: []clause{
		when(noAddress, anyOf(3, unix.MSG_FASTOPEN)), // connects
		when(pass, null(4)),
	}, otherwise: noAddress},
	"sendmsg":  {clauses: []clause{when(noAddress, anyOf(2, unix.MSG_FASTOPEN))}},
	"sendmmsg": {clauses: []clause{when(noAddress, anyOf(3, unix.MSG_FASTOPEN))}},
}

func localStreams() []clause {
	return []clause{
		when(pass, is(0, unix.AF_UNIX), bits(1, typeMask, unix.SOCK_STREAM)),
		when(pass, is(0, unix.AF_UNIX), bits(1, typeMask, unix.SOCK_SEQPACKET)),
	}
}

// openNetwork holds while a supervisor judges addresses. Only sockets whose
// every address goes through the calls it judges can be had: not SCTP, which
// binds and connects by setsockopt(2), not raw and packet sockets, which carry
// addresses in their payload, and not netlink, where a plain write(2) reaches
// the kernel.
var openNetwork = map[string]guard{
	"socket": {clauses: []clause{
		when(pass, is(0, unix.AF_UNIX)),
		when(noSocket, is(2, protocolSCTP)),
		when(pass, is(0, unix.AF_INET), bits(1, typeMask, unix.SOCK_STREAM)),
		when(pass, is(0, unix.AF_INET), bits(1, typeMask, unix.SOCK_DGRAM)),
		when(pass, is(0, unix.AF_INET6), bits(1, typeMask, unix.SOCK_STREAM)),
		when(pass, is(0, unix.AF_INET6), bits(1, typeMask, unix.SOCK_DGRAM)),
	}, otherwise: noSocket},
	"socketpair": {clauses: []clause{when(pass, is(0, unix.AF_UNIX))}, otherwise: noSocket},
	"sendto": {clauses: []clause{
		when(asks, anyOf(3, unix.MSG_FASTOPEN)),
		when(pass, null(4)),
	}, otherwise: asks},
	// setsockopt(int, int level, int name, …): a source route makes packets take
	// a way past hosts that no rule has seen.
	"setsockopt": {clauses: []clause{
		when(lifted, is(1, unix.IPPROTO_IP), is(2, unix.IP_OPTIONS)),
		when(lifted, is(1, unix.IPPROTO_IPV6), is(2, unix.IPV6_RTHDR)),
		when(lifted, is(1, unix.IPPROTO_IPV6), is(2, rthdr2292)),
		when(lifted, is(1, unix.IPPROTO_IPV6), is(2, pktOptions2292)),
	}},
}

// socketOptions are asked about where a supervisor judges addresses, which may
// let none pass: it can only tell which address was meant if the socket for it
// can be made, and this is what such a socket does without one. Joining a
// multicast group sends reports of it to the network, and so does a new address
// of an interface; routes, ARP and netfilter are for programs with a network:
// ip(7), netdevice(7), arp(7). A mask takes neighbours together, which an exported
// profile can say.
var socketOptions = map[string][]clause{
	"setsockopt": {
		when(asks, is(1, unix.IPPROTO_IP), is(2, unix.IP_ADD_MEMBERSHIP)),
		when(asks, is(1, unix.IPPROTO_IP), is(2, unix.IP_ADD_SOURCE_MEMBERSHIP)),
		when(asks, is(1, unix.IPPROTO_IP), is(2, unix.MCAST_JOIN_GROUP)),
		when(asks, is(1, unix.IPPROTO_IP), is(2, unix.MCAST_JOIN_SOURCE_GROUP)),
		when(asks, is(1, unix.IPPROTO_IP), bits(2, ^uint32(1), setIPTables)),
		when(asks, is(1, unix.IPPROTO_IP), bits(2, ^uint32(1), setARPTables)),
		when(asks, is(1, unix.IPPROTO_IP), bits(2, ^uint32(1), setBridgeTables)),
		when(asks, is(1, unix.IPPROTO_IP), bits(2, ^uint32(15), setVirtualServers)),
		when(asks, is(1, unix.IPPROTO_IPV6), is(2, unix.IPV6_JOIN_GROUP)),
		when(asks, is(1, unix.IPPROTO_IPV6), is(2, unix.IPV6_JOIN_ANYCAST)),
		when(asks, is(1, unix.IPPROTO_IPV6), is(2, unix.MCAST_JOIN_GROUP)),
		when(asks, is(1, unix.IPPROTO_IPV6), is(2, unix.MCAST_JOIN_SOURCE_GROUP)),
		when(asks, is(1, unix.IPPROTO_IPV6), bits(2, ^uint32(1), setIPTables)),
	},
	// Those of inet_ioctl and inet6_ioctl: net/ipv4/af_inet.c.
	"ioctl": {
		when(asks, is(1, unix.SIOCADDRT)),
		when(asks, bits(1, ^uint32(1), unix.SIOCDELRT)),      // and SIOCRTMSG
		when(asks, bits(1, ^uint32(3), unix.SIOCSIFFLAGS)),   // to SIOCGIFDSTADDR
		when(asks, bits(1, ^uint32(3), unix.SIOCSIFDSTADDR)), // to SIOCGIFNETMASK
		when(asks, is(1, unix.SIOCSIFNETMASK)),
		when(asks, bits(1, ^uint32(1), unix.SIOCSIFPFLAGS)), // and SIOCGIFPFLAGS
		when(asks, is(1, unix.SIOCDIFADDR)),
		when(asks, is(1, unix.SIOCDARP)),
		when(asks, bits(1, ^uint32(1), unix.SIOCGARP)), // and SIOCSARP
	},
}

// The first of the options that set the tables of netfilter, which come in pairs,
// and of the sixteen that set virtual servers: include/uapi/linux/netfilter_*,
// include/uapi/linux/ip_vs.h.
const (
	setIPTables       = 64   // IPT_SO_SET_REPLACE, IP6T_SO_SET_REPLACE
	setARPTables      = 96   // ARPT_SO_SET_REPLACE
	setBridgeTables   = 128  // EBT_SO_SET_ENTRIES
	setVirtualServers = 1152 // IP_VS_SO_SET_NONE
)

// socketGuard is openNetwork's for socket, with further kinds.
func socketGuard(more []Socket) guard {
	g := openNetwork["socket"]
	g.clauses = slices.Clone(g.clauses)
	for _, s := range more {
		checks := []check{is(0, uint32(s.Domain))}
		if s.Protocol != AnyProtocol {
			checks = append(checks, is(2, uint32(s.Protocol)))
		}
		g.clauses = append(g.clauses, when(pass, checks...))
	}
	return g
}

// guardOf finds the guard of a call where nobody judges addresses, if arguments
// split it.
func guardOf(name string) (guard, bool) {
	if g, ok := guards[name]; ok {
		return g, true
	}
	g, ok := unjudgedNetwork[name]
	return g, ok
}

// guard is that of a call under the plan, or the zero guard.
func (p *plan) guard(name string) guard {
	switch {
	case !p.network:
		g, _ := guardOf(name)
		return g
	case name == "socket":
		return socketGuard(p.sockets)
	}
	g, ok := guards[name]
	if !ok {
		g = openNetwork[name]
	}
	g.clauses = slices.Concat(g.clauses, socketOptions[name])
	return g
}
