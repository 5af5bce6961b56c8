package syscalls

import (
	"encoding/binary"
	"net/netip"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// doConnect connects the broker's copy of the socket. The address was read
// once, and is what the kernel gets; a local path is resolved here, and the
// kernel gets the very file.
func doConnect(c *Context) answer {
	if a, ok := c.identify(false); !ok {
		return a
	}
	s, e := c.openSocket()
	if e != 0 {
		return c.socketFailed(e)
	}
	noSocket := s.inspect()
	if noSocket == unix.EBADF { // open with O_PATH
		return fails(noSocket)
	}
	raw, e := c.readAddress(c.arg(argAddr), c.int(argLen))
	if e == 0 {
		e = noSocket // connect(2), unlike bind(2), looks at the address first
	}
	if !c.valid() {
		return answered
	}
	if e != 0 {
		return c.malformed(e)
	}
	d, e := decodeAddress(s, useConnect, raw)
	if e != 0 {
		return c.malformed(e)
	}
	if a, ok := c.judgeDestinationAddress(&d, useConnect); !ok {
		return a
	}
	_, e = c.onSocket(func() (int, sys.Errno) { return 0, sys.Connect(s.fd, d.raw) })
	return c.socketResult(e)
}

// doBind binds the broker's copy of the socket. That needs the target's umask
// where a file is made.
func doBind(c *Context) answer {
	if a, ok := c.identify(true); !ok {
		return a
	}
	s, e := c.openSocket()
	if e == 0 {
		e = s.inspect()
	}
	if e != 0 {
		return c.socketFailed(e)
	}
	raw, e := c.readAddress(c.arg(argAddr), c.int(argLen))
	if !c.valid() {
		return answered
	}
	if e != 0 {
		return c.malformed(e)
	}
	d, e := decodeAddress(s, useBind, raw)
	if e != 0 {
		return c.malformed(e)
	}
	if d.kind == destinationPath {
		return c.bindPath(&d)
	}
	if d.kind != destinationNone && !c.judgeAddress(d.addr, rules.Bind) {
		return c.refuse("")
	}
	c.ownPort(s, &d)
	_, e = c.onSocket(func() (int, sys.Errno) { return 0, sys.Bind(s.fd, d.raw) })
	return c.socketResult(e)
}

// ephemeral are what listen(2) binds an unbound internet socket to.
var ephemeral = [2]rules.Address{
	{Family: rules.Inet, IP: netip.IPv4Unspecified()},
	{Family: rules.Inet, IP: netip.IPv6Unspecified()},
}

// doListen has the kernel do it where nothing can be gained by listening:
// peers of a local socket then see the target as the one who listens
// (unix(7), SO_PEERCRED). Otherwise an internet socket that was never bound
// is judged, for listen(2) binds it.
func doListen(c *Context) answer {
	if c.mayBindEphemeral() {
		c.decision = rules.Decision{Verdict: rules.Allow, Access: rules.Bind}
		c.finished(0)
		return answer{reply: notify.Continue()}
	}
	if a, ok := c.identify(false); !ok {
		return a
	}
	s, e := c.openSocket()
	if e == 0 {
		e = s.inspect()
	}
	if !c.valid() {
		return answered
	}
	if e != 0 {
		return c.socketFailed(e)
	}
	if addr, unbound := s.unbound(); unbound && !c.judgeAddress(addr, rules.Bind) {
		return c.refuse("")
	}
	_, e = c.onSocket(func() (int, sys.Errno) { return 0, sys.Listen(s.fd, c.int(argBacklog)) })
	return c.socketResult(e)
}

// mayBindEphemeral is a decision on registers alone: whatever socket the
// descriptor is by the time the kernel looks, listening is allowed.
func (c *Context) mayBindEphemeral() bool {
	scope := c.scope()
	for i := range ephemeral {
		q := rules.Query{Access: rules.Bind, Address: &ephemeral[i], Scope: scope, Syscall: c.call.Name}
		if c.by.Policy.Decide(&q).Verdict != rules.Allow {
			return false
		}
	}
	return c.valid() // the executable was read
}

// unbound tells what listen would bind an internet socket to.
func (s *socket) unbound() (rules.Address, bool) {
	var buf [maxSockaddr]byte
	raw, e := sys.Sockname(s.fd, buf[:])
	if e != 0 || len(raw) < sizeInet4 || raw[2] != 0 || raw[3] != 0 {
		return rules.Address{}, false
	}
	switch s.domain {
	case unix.AF_INET:
		return ephemeral[0], true
	case unix.AF_INET6:
		return ephemeral[1], true
	}
	return rules.Address{}, false
}

// readAddress copies an address of the target: net/socket.c,
// move_addr_to_kernel.
func (c *Context) readAddress(addr uint64, size int) ([]byte, sys.Errno) {
	n := c.net()
	if size < 0 || size > maxSockaddr {
		return nil, unix.EINVAL
	}
	return n.addr[:size], c.thread.Read(addr, n.addr[:size])
}

// judgeDestinationAddress judges where a call connects or sends to, and makes
// of a path what the kernel is to get.
func (c *Context) judgeDestinationAddress(d *destination, u use) (answer, bool) {
	switch d.kind {
	case destinationNone:
		return answer{}, true
	case destinationPath:
		return c.pinPath(d, u)
	}
	if !c.judgeAddress(d.addr, u.access()) {
		return c.notAllowedTo(d)
	}
	return answer{}, true
}

// malformed answers what the kernel answers to such arguments. The target may
// only be gone.
func (c *Context) malformed(e sys.Errno) answer {
	switch e {
	case unix.EBADF, unix.ENOTSOCK, unix.ENOTCONN:
		return fails(e)
	case unix.EFAULT, unix.EINVAL, unix.EAFNOSUPPORT, unix.EMSGSIZE, unix.ENOBUFS, unix.EOPNOTSUPP:
		return c.invalid(e, "an address or a message that the kernel refuses")
	case unix.ESRCH:
		return answered
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		return c.failed(unix.ENOBUFS, "the broker is out of descriptors or memory")
	case errSender:
		return c.invalid(unix.EPERM, "control data that names another sender")
	case errControl:
		return c.failed(unix.EPERM, "control data that names a route, or a sender that the broker cannot vouch for")
	case unix.EACCES:
		return c.failed(e, "addresses of this kind of socket cannot be judged")
	}
	return c.failed(unix.EPERM, "the target's memory cannot be read: "+e.Error())
}

// socketResult answers a call that was carried out.
func (c *Context) socketResult(e sys.Errno) answer {
	switch e {
	case 0:
		c.finished(0)
		return answer{reply: notify.Value(0)}
	case errInterrupted:
		return c.brokenOff()
	case errUndressed:
		return fails(unix.EPERM) // recorded
	}
	c.finished(e)
	return fails(e)
}

// ownPort gives a netlink socket the number that the kernel would choose for
// the target: its process id. The broker's own is what it would choose now.
func (c *Context) ownPort(s *socket, d *destination) {
	if s.domain != unix.AF_NETLINK || d.kind != destinationAddr || binary.NativeEndian.Uint32(d.raw[4:]) != 0 {
		return
	}
	if c.known || c.status.Identity(c.thread, &c.id) == 0 {
		binary.NativeEndian.PutUint32(d.raw[4:], uint32(c.id.TGID))
	}
}
