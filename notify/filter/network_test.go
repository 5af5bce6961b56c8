package filter

import (
	"testing"

	"golang.org/x/sys/unix"
)

const fastOpen = unix.MSG_FASTOPEN

// Where nobody judges addresses, nothing that has one passes.
func TestNetworkUnjudged(t *testing.T) {
	eacces := fails(unix.EACCES)
	for _, s := range []Spec{
		{}, {Notify: []string{"@file", "socket", "socketpair", "listen"}},
		{Allow: []string{"@default", "socket", "socketpair", "sendto", "sendmsg", "sendmmsg"}},
	} {
		p := mustCompile(t, s)
		rest := allow
		if len(s.Notify) > 0 {
			rest = notify
		}
		cases := []argCase{
			{"connect", nil, eacces},
			{"bind", nil, eacces},
			{"sendto", []uint64{3, 1, 1, 0, 0, 16}, allow},
			{"sendto", []uint64{3, 1, 1, 0, 1, 16}, eacces},
			{"sendto", []uint64{3, 1, 1, 0, high, 16}, eacces},
			{"sendto", []uint64{3, 1, 1, 0, 1 << 63}, eacces},
			{"sendto", []uint64{3, 1, 1, fastOpen, 0}, eacces},
			{"sendto", []uint64{3, 1, 1, fastOpen | high | 1, 0}, eacces},
			{"sendmsg", []uint64{3, 1, unix.MSG_NOSIGNAL}, allow},
			{"sendmsg", []uint64{3, 1, fastOpen}, eacces},
			{"sendmsg", []uint64{3, 1, fastOpen | unix.MSG_NOSIGNAL | high}, eacces},
			{"sendmmsg", []uint64{3, 1, fastOpen, 0}, allow},
			{"sendmmsg", []uint64{3, 1, 1, fastOpen | high}, eacces},
		}
		for _, call := range []string{"socket", "socketpair"} {
			cases = append(cases,
				argCase{call, []uint64{1, 1}, rest},
				argCase{call, []uint64{1, 5}, rest},
				argCase{call, []uint64{1 | high, 1 | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK | high}, rest},
				argCase{call, []uint64{1, 2}, eacces}, // datagrams name their destination
				argCase{call, []uint64{1, 2 | unix.SOCK_CLOEXEC}, eacces},
				argCase{call, []uint64{1, 3}, eacces}, // unix_create makes it a datagram socket
				argCase{call, []uint64{1, 0x15}, rest},
				argCase{call, []uint64{2, 1}, eacces},
				argCase{call, []uint64{2 | high, 2}, eacces},
				argCase{call, []uint64{10, 2}, eacces},
				argCase{call, []uint64{16, 3}, eacces},
				argCase{call, []uint64{0, 1}, eacces},
				argCase{call, []uint64{high, 1}, eacces})
		}
		checkCases(t, p, cases)
	}
}

func TestNetworkMediated(t *testing.T) {
	eacces := fails(unix.EACCES)
	plans := []Spec{{Network: true}, {Notify: []string{"@network"}}, {Network: true, Allow: []string{"@default", "socket"}}}
	for _, name := range networkTriggers {
		plans = append(plans, Spec{Notify: []string{name}})
	}
	for _, s := range plans {
		p := mustCompile(t, s)
		rest := allow
		if len(s.Notify) > 0 && s.Notify[0] == "@network" {
			rest = notify
		}
		checkCases(t, p, []argCase{
			{"connect", nil, notify},
			{"bind", nil, notify},
			{"listen", []uint64{3, 5}, notify},
			{"sendmsg", []uint64{3, 1, 0}, notify},
			{"sendmsg", []uint64{3, 1, fastOpen}, notify},
			{"sendmmsg", []uint64{3, 1, 1, 0}, notify},
			{"sendto", []uint64{3, 1, 1, 0, 0}, allow},
			{"sendto", []uint64{3, 1, 1, 0, 1}, notify},
			{"sendto", []uint64{3, 1, 1, 0, high}, notify},
			{"sendto", []uint64{3, 1, 1, fastOpen | high, 0}, notify},
			{"socket", []uint64{1, 2}, rest},
			{"socket", []uint64{2, 1 | unix.SOCK_CLOEXEC, 6}, rest},
			{"socket", []uint64{2, 1, 262}, rest}, // IPPROTO_MPTCP, Go's first choice to listen
			{"socket", []uint64{10 | high, 2 | high, 17}, rest},
			{"socket", []uint64{2, 1, 132}, eacces},
			{"socket", []uint64{2, 1, 132 | high}, eacces},
			{"socket", []uint64{2, 5, 0}, eacces}, // SCTP again
			{"socket", []uint64{2, 3, 255}, eacces},
			{"socket", []uint64{16, 3, 0}, eacces},
			{"socket", []uint64{17, 3, 0}, eacces},
			{"socketpair", []uint64{1, 2}, allow},
			{"socketpair", []uint64{2, 1}, eacces},
		})
	}
}

// Further kinds of sockets can be had where the plan says so, and never a way
// past hosts that nobody judges.
func TestNetworkSockets(t *testing.T) {
	eacces, eperm := fails(unix.EACCES), fails(unix.EPERM)
	p := mustCompile(t, Spec{Network: true, Sockets: []Socket{{unix.AF_NETLINK, 0}, {unix.AF_VSOCK, AnyProtocol}}})
	checkCases(t, p, []argCase{
		{"socket", []uint64{16, 3, 0}, allow},
		{"socket", []uint64{16 | high, 2 | unix.SOCK_CLOEXEC, high}, allow},
		{"socket", []uint64{16, 3, 16}, eacces},
		{"socket", []uint64{40, 1, 0}, allow},
		{"socket", []uint64{40, 1, 7}, allow},
		{"socket", []uint64{17, 3, 0}, eacces},
		{"socket", []uint64{2, 1, 132}, eacces},
		{"socket", []uint64{2, 1, 0}, allow},
		{"setsockopt", []uint64{3, 0, 4}, eperm},           // IP_OPTIONS
		{"setsockopt", []uint64{3, high, 4 | high}, eperm}, //
		{"setsockopt", []uint64{3, 41, 57}, eperm},         // IPV6_RTHDR
		{"setsockopt", []uint64{3, 41, 5}, eperm},          // IPV6_2292RTHDR
		{"setsockopt", []uint64{3, 41, 6}, eperm},          // IPV6_2292PKTOPTIONS
		{"setsockopt", []uint64{3, 0, 1}, allow},
		{"setsockopt", []uint64{3, 1, 4}, allow},
		{"setsockopt", []uint64{3, 41, 26}, allow},
	})
	closed := mustCompile(t, Spec{Sockets: []Socket{{unix.AF_NETLINK, 0}}})
	checkCases(t, closed, []argCase{{"socket", []uint64{16, 3, 0}, eacces}})
}

// What an internet socket does to the network without any address is asked about,
// and nothing else of setsockopt and ioctl.
func TestSocketOptions(t *testing.T) {
	p, unjudged := mustCompile(t, Spec{Network: true}), mustCompile(t, Spec{})
	var cases []argCase
	option := func(want Action, level uint64, names ...uint64) {
		for _, name := range names {
			cases = append(cases, argCase{"setsockopt", []uint64{3, level, name}, want}, argCase{"setsockopt", []uint64{3, level | high, name | high}, want})
		}
	}
	option(notify, 0, 35, 39, 42, 46, 64, 65, 96, 97, 128, 129, 1152, 1167)
	option(notify, 41, 20, 27, 42, 46, 64, 65)
	option(allow, 0, 1, 2, 11, 34, 36, 40, 41, 43, 45, 47, 50, 63, 66, 95, 98, 127, 130, 1151, 1168)
	option(allow, 41, 1, 19, 21, 25, 26, 28, 67, 80)
	option(allow, 1, 2, 20, 35)
	option(allow, 6, 1, 30, 35)
	option(allow, 17, 1, 35)
	for _, cmd := range []uint64{0x890b, 0x890c, 0x890d, 0x8914, 0x8915, 0x8916, 0x8917, 0x8918, 0x8919, 0x891a, 0x891b, 0x891c, 0x8934, 0x8935, 0x8936, 0x8953, 0x8954, 0x8955, 0x8916 | high} {
		cases = append(cases, argCase{"ioctl", []uint64{3, cmd}, notify})
	}
	for _, cmd := range []uint64{0x8905, 0x8906, 0x8910, 0x8912, 0x8913, 0x891d, 0x8927, 0x8933, 0x8937, 0x8952, 0x8956, 0x5411, 0x541b} {
		cases = append(cases, argCase{"ioctl", []uint64{3, cmd}, allow})
	}
	checkCases(t, p, cases)
	for i := range cases { // there are no sockets that they could be for
		cases[i].want = allow
	}
	checkCases(t, unjudged, cases)
}

// Kill and Deny go before what the network's rules say.
func TestNetworkDenied(t *testing.T) {
	for _, s := range []Spec{{}, {Network: true}} {
		s.Deny, s.Kill = []Denial{{"@network", int(unix.ENETDOWN)}}, []string{"sendto"}
		p := mustCompile(t, s)
		checkCases(t, p, []argCase{
			{"socket", []uint64{1, 1}, fails(unix.ENETDOWN)},
			{"socket", []uint64{2, 1}, fails(unix.ENETDOWN)},
			{"connect", nil, fails(unix.ENETDOWN)},
			{"sendmsg", []uint64{1, 1, fastOpen}, fails(unix.ENETDOWN)},
			{"sendto", []uint64{1, 1, 1, fastOpen, 1}, kill},
			{"sendto", []uint64{1, 1, 1, 0, 0}, kill},
			{"socketpair", []uint64{1, 1}, allow},
		})
	}
}
