package syscalls

import (
	"net/netip"

	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// socket is the broker's own copy of a target's descriptor. Nobody can put
// another socket in its place, and what is done to it is done to the target's.
type socket struct {
	fd       int
	domain   int // AF_*
	kind     int // SOCK_*
	protocol int
	fastOpen bool // the call has MSG_FASTOPEN
}

// network is what a context needs for calls on sockets only. It is made with
// the first of them.
type network struct {
	sock    socket
	held    []int // further descriptors of this call
	address rules.Address
	shown   bool // address is what the record is about

	addr    [maxSockaddr]byte
	own     [maxSockaddr]byte
	data    []byte // the message, or the part of it that is under way
	control []byte
	vectors []vector
	out     sys.Message
	names   bool // the message names the target as its sender
	dressed bool // the thread has the target's effective user too
}

// net is the context's network part.
func (c *Context) net() *network {
	if c.sockets == nil {
		c.sockets = &network{sock: socket{fd: -1}}
	}
	return c.sockets
}

// release closes what the call has held.
func (n *network) release() {
	if n == nil {
		return
	}
	n.drop()
	sys.Close(n.sock.fd)
	n.sock.fd, n.shown = -1, false
	if cap(n.data) > keptData {
		n.data = nil
	}
}

// drop closes what is held for one message.
func (n *network) drop() {
	for _, fd := range n.held {
		sys.Close(fd)
	}
	n.held = n.held[:0]
}

// openSocket copies the call's descriptor: pidfd_getfd(2).
func (c *Context) openSocket() (*socket, sys.Errno) {
	n := c.net()
	fd, e := c.thread.GetFD(c.int(argFD))
	if e != 0 {
		return nil, e
	}
	n.sock = socket{fd: fd}
	c.decision = rules.Decision{Verdict: rules.Allow} // unless there is an address
	return &n.sock, 0
}

// inspect asks what kind of socket it is. ENOTSOCK says that it is none.
func (s *socket) inspect() (e sys.Errno) {
	for option, to := range map[int]*int{unix.SO_DOMAIN: &s.domain, unix.SO_TYPE: &s.kind, unix.SO_PROTOCOL: &s.protocol} {
		if *to, e = sys.SocketOption(s.fd, option); e != 0 {
			return e
		}
	}
	return 0
}

// boundTo is the internet address that the socket has; not valid without one.
// A mapped one comes as IPv4.
func (s *socket) boundTo() netip.Addr {
	var buf [maxSockaddr]byte
	raw, e := sys.Sockname(s.fd, buf[:])
	switch {
	case e != 0:
		return netip.Addr{}
	case family(raw) == unix.AF_INET && len(raw) >= sizeInet4:
		return netip.AddrFrom4([4]byte(raw[4:8]))
	case family(raw) == unix.AF_INET6 && len(raw) >= sizeInet6:
		return netip.AddrFrom16([16]byte(raw[8:24])).Unmap()
	}
	return netip.Addr{}
}

// socketFailed answers when the call's descriptor cannot be used.
func (c *Context) socketFailed(e sys.Errno) answer {
	if e == unix.EBADF || e == unix.ENOTSOCK {
		return fails(e)
	}
	return c.lookupFailed(e)
}

// judgeAddress asks the rules, and reports whether the call may go on.
func (c *Context) judgeAddress(addr rules.Address, access rules.Access) bool {
	n := c.net()
	n.address, n.shown = addr, true
	c.asked[0] |= access
	if addr.Family == rules.Inet && c.by.Hosts != nil {
		n.address.Hosts = c.by.Hosts(addr.IP)
	}
	q := rules.Query{Access: access, Address: &n.address, Scope: c.scope(), Syscall: c.call.Name}
	return c.settle(0, c.by.Policy.Decide(&q), false)
}

// sleeping runs a call on a socket that may sleep, under the watch. It sleeps
// on if the signal that ended it is gone again, as [Context.sleepingOpen].
func (c *Context) sleeping(call func() (int, sys.Errno)) (int, sys.Errno) {
	c.env.watch.soon()
	for {
		c.slot.enter(slotOpening)
		n, e := call()
		if ended := c.env.watch.opened(&c.slot); e != unix.EINTR {
			return n, e
		} else if !ended {
			continue
		}
		acting := c.acting
		c.undressSocket()
		if c.env.shouldEnd(&c.slot) {
			return -1, errInterrupted
		}
		if acting {
			if e := c.dressSocket(); e != 0 {
				return -1, e
			}
		}
	}
}

// onSocket runs a call on the socket with the target's identity.
func (c *Context) onSocket(call func() (int, sys.Errno)) (int, sys.Errno) {
	if e := c.dressSocket(); e != 0 {
		return -1, e
	}
	n, e := c.sleeping(call)
	c.undressSocket()
	return n, e
}

// brokenOff answers a call that a signal of the target ended: as the kernel,
// with EINTR where the sleep was bounded, for a bound must not start anew.
// include/net/sock.h, sock_intr_errno.
func (c *Context) brokenOff() answer {
	if sys.SendTimeout(c.net().sock.fd) && c.valid() {
		return fails(unix.EINTR)
	}
	return c.interrupted()
}
