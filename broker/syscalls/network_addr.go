package syscalls

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// maxSockaddr is the size of struct sockaddr_storage, the most that the kernel
// copies: net/socket.c, move_addr_to_kernel.
const maxSockaddr = 128

// Sizes of addresses, and where their parts lie: ip(7), ipv6(7), unix(7).
const (
	sizeInet4   = 16
	sizeInet6   = 24 // without the scope id, as RFC 2133 had it
	sizeUnix    = 110
	unixPathAt  = 2
	sizeVsock   = 16
	sizeNetlink = 12
)

// use is what a call does with an address.
type use uint8

const (
	useConnect use = iota
	useBind
	useSend
)

// access is the class that the use asks for.
func (u use) access() rules.Access {
	if u == useBind {
		return rules.Bind
	}
	return rules.Connect
}

// destination is a decoded address: what the rules judge, and what the kernel
// is given. The two say the same.
type destination struct {
	kind destinationKind
	addr rules.Address // but for destinationPath, whose name is not resolved
	raw  []byte        // what the kernel gets
	path []byte        // of destinationPath, as the target wrote it
}

type destinationKind uint8

const (
	// destinationNone asks for nothing: no address, or one that the kernel
	// refuses or ignores.
	destinationNone     destinationKind = iota
	destinationAddr                     // judged as it is
	destinationPath                     // a local socket's file
	destinationAutobind                 // a local name that the kernel chooses
)

// decodeAddress reads an address as the protocol of the socket does. An errno
// is the one that the kernel answers, without any effect.
func decodeAddress(s *socket, u use, raw []byte) (destination, sys.Errno) {
	switch s.domain {
	case unix.AF_INET, unix.AF_INET6:
		return decodeInet(s, u, raw)
	case unix.AF_UNIX:
		return decodeUnix(s, u, raw)
	case unix.AF_VSOCK:
		return decodeVsock(u, raw)
	case unix.AF_NETLINK:
		return decodeNetlink(s, u, raw)
	case unix.AF_PACKET:
		return destination{kind: destinationAddr, addr: rules.Address{Family: rules.Packet}, raw: raw}, 0
	}
	return destination{}, unix.EACCES
}

func family(raw []byte) int {
	if len(raw) < 2 {
		return -1
	}
	return int(binary.NativeEndian.Uint16(raw))
}

// decodeInet: a socket of the one version may be given an address of the
// other, and AF_UNSPEC means three different things.
func decodeInet(s *socket, u use, raw []byte) (destination, sys.Errno) {
	if u == useSend && s.kind == unix.SOCK_STREAM && !s.fastOpen {
		return destination{}, 0 // tcp_sendmsg does not look at it
	}
	fam := family(raw)
	switch fam {
	case -1:
		return destination{}, unix.EINVAL
	case unix.AF_UNSPEC:
		return decodeUnspecified(s, u, raw)
	case unix.AF_INET:
		return decodeInet4(s, u, raw)
	case unix.AF_INET6:
		if s.domain == unix.AF_INET {
			return destination{}, short(raw, sizeInet4, unix.EAFNOSUPPORT)
		}
		return decodeInet6(s, u, raw)
	}
	if u == useSend && s.domain == unix.AF_INET6 {
		return destination{}, unix.EINVAL
	}
	size := sizeInet4
	if s.domain == unix.AF_INET6 {
		size = sizeInet6
	}
	return destination{}, short(raw, size, unix.EAFNOSUPPORT)
}

// short is EINVAL for an address of less than size bytes, else e.
func short(raw []byte, size int, e sys.Errno) sys.Errno {
	if len(raw) < size {
		return unix.EINVAL
	}
	return e
}

// decodeUnspecified: connect dissolves an association; IPv4 takes it for
// AF_INET when sending, and when binding to every interface; IPv6 sends as if
// there were no address. net/ipv4/udp.c, net/ipv4/af_inet.c, net/ipv6/udp.c.
func decodeUnspecified(s *socket, u use, raw []byte) (destination, sys.Errno) {
	switch {
	case u == useConnect:
		return destination{raw: make([]byte, max(2, min(len(raw), sizeInet4)))}, 0
	case s.fastOpen && s.kind == unix.SOCK_STREAM:
		return destination{}, unix.EOPNOTSUPP
	case s.domain == unix.AF_INET6 && u == useBind:
		return destination{}, short(raw, sizeInet6, unix.EAFNOSUPPORT)
	case s.domain == unix.AF_INET6:
		return destination{}, 0
	case len(raw) < sizeInet4:
		return destination{}, unix.EINVAL
	case u == useBind && !bytes.Equal(raw[4:8], []byte{0, 0, 0, 0}):
		return destination{}, unix.EAFNOSUPPORT
	}
	binary.NativeEndian.PutUint16(raw, unix.AF_INET)
	return decodeInet4(s, u, raw)
}

func decodeInet4(s *socket, u use, raw []byte) (destination, sys.Errno) {
	if len(raw) < sizeInet4 {
		return destination{}, unix.EINVAL
	}
	ip := raw[4:8]
	if u != useBind && bytes.Equal(ip, []byte{0, 0, 0, 0}) {
		own := s.boundTo()
		if !own.Is4() || own.IsUnspecified() {
			own = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		copy(ip, own.AsSlice())
	}
	return destination{kind: destinationAddr, raw: raw, addr: rules.Address{
		Family: rules.Inet, IP: netip.AddrFrom4([4]byte(ip)), Port: uint32(binary.BigEndian.Uint16(raw[2:])),
	}}, 0
}

// decodeInet6. The unspecified address to connect to is the machine itself,
// as in [decodeInet4]; it is written out, so that what is judged is what is
// connected to. net/ipv6/tcp_ipv6.c, net/ipv6/datagram.c.
func decodeInet6(s *socket, u use, raw []byte) (destination, sys.Errno) {
	if len(raw) < sizeInet6 {
		return destination{}, unix.EINVAL
	}
	ip := netip.AddrFrom16([16]byte(raw[8:24]))
	if u != useBind && ip.Unmap().IsUnspecified() {
		loopback := netip.IPv6Loopback()
		if own := s.boundTo(); own.Is4() || ip.Is4In6() {
			loopback = netip.MustParseAddr("::ffff:127.0.0.1")
			if ip.Is4In6() && own.Is4() && !own.IsUnspecified() {
				loopback = netip.AddrFrom16(own.As16())
			}
		}
		ip = loopback
		copy(raw[8:24], ip.AsSlice())
	}
	return destination{kind: destinationAddr, raw: raw, addr: rules.Address{
		Family: rules.Inet, IP: ip.Unmap(), Port: uint32(binary.BigEndian.Uint16(raw[2:])),
	}}, 0
}

// decodeUnix follows unix_validate_addr, unix_mkname_bsd and the callers of
// these in net/unix/af_unix.c.
func decodeUnix(s *socket, u use, raw []byte) (destination, sys.Errno) {
	fam := family(raw)
	switch {
	case u == useSend && len(raw) == 0, u == useSend && s.kind == unix.SOCK_SEQPACKET:
		return destination{}, 0 // no address, or one that is not looked at
	case u == useSend && s.kind == unix.SOCK_STREAM:
		return destination{raw: make([]byte, 2)}, 0 // any is EISCONN or EOPNOTSUPP
	case u == useConnect && s.kind == unix.SOCK_DGRAM && fam == unix.AF_UNSPEC:
		return destination{raw: make([]byte, 2)}, 0
	case u == useBind && len(raw) == unixPathAt && fam == unix.AF_UNIX:
		name := rules.Address{Family: rules.UnixAbstract, Name: []byte("#autobind")}
		return destination{kind: destinationAutobind, addr: name, raw: raw}, 0
	case len(raw) <= unixPathAt || len(raw) > sizeUnix || fam != unix.AF_UNIX:
		return destination{}, unix.EINVAL
	case raw[unixPathAt] == 0:
		name := rules.Address{Family: rules.UnixAbstract, Name: raw[unixPathAt+1:]}
		return destination{kind: destinationAddr, addr: name, raw: raw}, 0
	}
	path := raw[unixPathAt:]
	if end := bytes.IndexByte(path, 0); end >= 0 {
		path = path[:end]
	}
	return destination{kind: destinationPath, raw: raw, path: path}, 0
}

// decodeVsock: net/vmw_vsock/vsock_addr.c, vsock_addr_cast.
func decodeVsock(u use, raw []byte) (destination, sys.Errno) {
	switch {
	case len(raw) < sizeVsock:
		return destination{}, unix.EFAULT
	case family(raw) == unix.AF_UNSPEC && u == useConnect:
		return destination{raw: make([]byte, sizeVsock)}, 0
	case family(raw) != unix.AF_VSOCK:
		return destination{}, unix.EAFNOSUPPORT
	}
	return destination{kind: destinationAddr, raw: raw, addr: rules.Address{
		Family: rules.Vsock, Port: binary.NativeEndian.Uint32(raw[4:]), Number: binary.NativeEndian.Uint32(raw[8:]),
	}}, 0
}

// decodeNetlink: the protocol is the socket's; who is addressed within it does
// not matter to rules. net/netlink/af_netlink.c.
func decodeNetlink(s *socket, u use, raw []byte) (destination, sys.Errno) {
	switch {
	case u == useSend && len(raw) == 0:
		return destination{}, 0
	case u == useConnect && family(raw) == unix.AF_UNSPEC:
		return destination{raw: make([]byte, 2)}, 0
	case len(raw) < sizeNetlink || family(raw) != unix.AF_NETLINK:
		return destination{}, unix.EINVAL
	}
	return destination{kind: destinationAddr, raw: raw, addr: rules.Address{
		Family: rules.Netlink, Number: uint32(s.protocol),
	}}, 0
}
