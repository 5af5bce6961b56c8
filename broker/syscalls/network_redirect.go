package syscalls

import (
	"encoding/binary"

	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// leadsTo is the address that the last decision puts in place of the one that was
// judged, or nil.
func (c *Context) leadsTo() *rules.Address {
	if c.decision.Verdict != rules.Emulate {
		return nil
	}
	return c.decision.Rule.Emulate.To
}

// notAllowedTo ends a call whose destination the rules do not let through as it
// is: it is refused, or led elsewhere, where nobody judges it again.
func (c *Context) notAllowedTo(d *destination) (answer, bool) {
	to := c.leadsTo()
	if to == nil {
		return c.refuse(""), false
	}
	raw, e := c.redirection(to)
	switch e {
	case 0:
	case unix.EAFNOSUPPORT:
		return c.failed(e, "the rule leads to an address of a family that this socket does not have"), false
	case unix.ELOOP:
		return c.failed(unix.EACCES, "there is a symlink on the way to where the rule leads, since the rules were loaded"), false
	case unix.EMFILE, unix.ENFILE:
		return c.failed(unix.ENOBUFS, "the broker is out of descriptors"), false
	default:
		return c.result(e), false
	}
	d.raw = raw
	return answer{}, true
}

// redirection is an address as the kernel takes it, for the socket of the call.
func (c *Context) redirection(to *rules.Address) ([]byte, sys.Errno) {
	n := c.net()
	raw := n.own[:0]
	switch domain := n.sock.domain; {
	case domain == unix.AF_INET && to.Family == rules.Inet && to.IP.Unmap().Is4():
		raw = appendInet4(raw, to)
	case domain == unix.AF_INET6 && to.Family == rules.Inet:
		raw = appendInet6(raw, to)
	case domain == unix.AF_UNIX && to.Family == rules.UnixAbstract:
		raw = binary.NativeEndian.AppendUint16(raw, unix.AF_UNIX)
		raw = append(append(raw, 0), to.Name...)
	case domain == unix.AF_UNIX && to.Family == rules.UnixPath:
		return c.pinRedirection(to)
	case domain == unix.AF_VSOCK && to.Family == rules.Vsock:
		raw = append(binary.NativeEndian.AppendUint16(raw, unix.AF_VSOCK), 0, 0)
		raw = binary.NativeEndian.AppendUint32(raw, to.Port)
		raw = binary.NativeEndian.AppendUint32(raw, to.Number)
		raw = append(raw, 0, 0, 0, 0)
	default:
		return nil, unix.EAFNOSUPPORT
	}
	return raw, 0
}

// appendInet4 appends a struct sockaddr_in: ip(7).
func appendInet4(raw []byte, to *rules.Address) []byte {
	ip := to.IP.Unmap().As4()
	raw = binary.NativeEndian.AppendUint16(raw, unix.AF_INET)
	raw = binary.BigEndian.AppendUint16(raw, uint16(to.Port))
	return append(append(raw, ip[:]...), 0, 0, 0, 0, 0, 0, 0, 0)
}

// appendInet6 appends a struct sockaddr_in6, with an IPv4 address in its mapped
// form: ipv6(7).
func appendInet6(raw []byte, to *rules.Address) []byte {
	ip := to.IP.As16() // mapped, if it is IPv4
	raw = binary.NativeEndian.AppendUint16(raw, unix.AF_INET6)
	raw = binary.BigEndian.AppendUint16(raw, uint16(to.Port))
	raw = append(append(raw, 0, 0, 0, 0), ip[:]...)
	return append(raw, 0, 0, 0, 0)
}

// pinRedirection opens the file of a local socket with the target's identity,
// and without following symlinks: see openSubstitute.
func (c *Context) pinRedirection(to *rules.Address) ([]byte, sys.Errno) {
	if _, ok := c.wear(); !ok {
		return nil, unix.EPERM
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: noLinks}
	fd, e := sys.Openat2(unix.AT_FDCWD, append(append([]byte(nil), to.Name...), 0), &how)
	c.leave()
	if e != 0 {
		return nil, e
	}
	n := c.net()
	n.held = append(n.held, fd)
	return c.addressOf(fd), 0
}
