package rules

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Family is the kind of a socket address. The zero value is none.
type Family uint8

// The kinds of addresses that rules tell apart.
const (
	Inet         Family = iota + 1 // IPv4 or IPv6
	UnixPath                       // a local socket in the file system
	UnixAbstract                   // a local socket with an abstract name: unix(7)
	Vsock                          // vsock(7)
	Netlink                        // netlink(7)
	Packet                         // packet(7)
)

// Address is what a socket is bound or connected to. A zero Address is no
// address: every query about it is denied.
type Address struct {
	Family Family

	// IP of an Inet address. One that is mapped into IPv6 (::ffff:10.0.0.1) is
	// matched as the IPv4 address that it stands for; a zone does not matter.
	IP netip.Addr
	// Port of an Inet address, where it has 16 bits, or of a Vsock address.
	Port uint32
	// Name of a UnixPath, canonical as Query.Path is, or of a UnixAbstract,
	// any bytes, without the NUL that the kernel puts before it.
	Name []byte
	// Number is the context id of a Vsock address, or the protocol of a
	// Netlink address.
	Number uint32
	// Hosts are those of Policy.Hosts that IP is an address of, now. Rules that
	// name a host match through them alone.
	Hosts []string
}

// netlinkProtocols are those of netlink(7) that rules may call by name.
var netlinkProtocols = map[string]uint32{
	"route": 0, "usersock": 2, "sock_diag": 4, "nflog": 5, "xfrm": 6, "selinux": 7, "iscsi": 8, "audit": 9,
	"fib_lookup": 10, "connector": 11, "netfilter": 12, "kobject_uevent": 15, "generic": 16, "crypto": 21,
}

func netlinkName(n uint32) string {
	for name, number := range netlinkProtocols {
		if number == n {
			return name
		}
	}
	return strconv.FormatUint(uint64(n), 10)
}

// String writes the address as a pattern would name it, but for characters
// that are special there: 10.0.0.1:443, [::1]:443, unix:/run/x, unix:@name,
// vsock:2:1024, netlink:route, packet:*. Names may hold any bytes.
func (a *Address) String() string { return string(a.Append(nil)) }

// Append appends what [Address.String] returns to buf.
func (a *Address) Append(buf []byte) []byte {
	switch a.Family {
	case Inet:
		return netip.AddrPortFrom(a.IP.Unmap(), uint16(a.Port)).AppendTo(buf)
	case UnixPath:
		return append(append(buf, "unix:"...), a.Name...)
	case UnixAbstract:
		return append(append(buf, "unix:@"...), a.Name...)
	case Vsock:
		return fmt.Appendf(buf, "vsock:%d:%d", a.Number, a.Port)
	case Netlink:
		return append(append(buf, "netlink:"...), netlinkName(a.Number)...)
	case Packet:
		return append(buf, "packet:*"...)
	}
	return append(buf, "none"...)
}

// ParseAddress reads what [Address.String] writes.
func ParseAddress(s string) (Address, error) {
	kind, rest, _ := strings.Cut(s, ":")
	switch {
	case kind == "unix" && strings.HasPrefix(rest, "/"):
		return Address{Family: UnixPath, Name: []byte(rest)}, nil
	case kind == "unix" && strings.HasPrefix(rest, "@"):
		return Address{Family: UnixAbstract, Name: []byte(rest[1:])}, nil
	case kind == "vsock":
		cid, port, _ := strings.Cut(rest, ":")
		n, err := strconv.ParseUint(cid, 10, 32)
		m, err2 := strconv.ParseUint(port, 10, 32)
		if err == nil && err2 == nil {
			return Address{Family: Vsock, Number: uint32(n), Port: uint32(m)}, nil
		}
	case kind == "netlink":
		if n, ok := netlinkNumber(rest); ok {
			return Address{Family: Netlink, Number: n}, nil
		}
	case s == "packet:*":
		return Address{Family: Packet}, nil
	default:
		if ap, err := netip.ParseAddrPort(s); err == nil {
			return Address{Family: Inet, IP: ap.Addr().Unmap(), Port: uint32(ap.Port())}, nil
		}
	}
	return Address{}, fmt.Errorf("%q is no address such as 10.0.0.1:443, [::1]:443, unix:/run/x or unix:@name", s)
}

func netlinkNumber(s string) (uint32, bool) {
	if n, ok := netlinkProtocols[s]; ok {
		return n, true
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return uint32(n), err == nil
}
