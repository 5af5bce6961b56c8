package syscalls

import (
	"encoding/binary"
	"slices"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// The errnos of control data that the broker refuses, and that the kernel
// would. They never reach the target.
const (
	errControl = sys.Errno(514)
	errSender  = sys.Errno(515)
)

const (
	sizeCmsghdr = 16
	sizeUcred   = 12
	maxRights   = 253 // SCM_MAX_FD
)

// controlItem is a struct cmsghdr with its data, which lies in the message.
type controlItem struct {
	level, kind int32
	data        []byte
}

// eachControl walks control data as the kernel does: include/linux/socket.h,
// for_each_cmsghdr and CMSG_OK.
func eachControl(control []byte, do func(controlItem) sys.Errno) sys.Errno {
	for len(control) >= sizeCmsghdr {
		size := binary.NativeEndian.Uint64(control)
		if size < sizeCmsghdr || size > uint64(len(control)) {
			return unix.EINVAL
		}
		item := controlItem{
			int32(binary.NativeEndian.Uint32(control[8:])), int32(binary.NativeEndian.Uint32(control[12:])),
			control[sizeCmsghdr:size],
		}
		if e := do(item); e != 0 {
			return e
		}
		control = control[min(alignControl(size), uint64(len(control))):]
	}
	return 0
}

func alignControl(size uint64) uint64 { return (size + 7) &^ 7 }

// copyControl copies the control data and makes it mean in the broker what it
// means in the target.
func (c *Context) copyControl(s *socket, m *message) sys.Errno {
	n := c.net()
	n.names = false
	if m.controlSize > 0 {
		n.control = slices.Grow(n.control[:0], int(m.controlSize))[:m.controlSize]
		if e := c.thread.Read(m.control, n.control); e != 0 {
			return e
		}
	} else {
		n.control = n.control[:0]
	}
	named, rights := false, 0
	e := eachControl(n.control, func(item controlItem) sys.Errno {
		switch {
		case item.level == unix.SOL_SOCKET && item.kind == unix.SCM_RIGHTS:
			if rights += len(item.data) / 4; rights > maxRights {
				return unix.EINVAL
			}
			return c.copyRights(s, item.data)
		case item.level == unix.SOL_SOCKET && item.kind == unix.SCM_CREDENTIALS:
			named = true
			return c.checkCredentials(s, item.data)
		case routes(item):
			return errControl
		}
		return 0
	})
	if e == 0 && s.domain == unix.AF_UNIX && !named {
		c.nameSender()
	}
	n.out.Control = n.control
	return e
}

// routes tells the control data by which a packet takes a way of its own, past
// hosts that no rule has seen: ipv6(7), RFC 3542; IP_RETOPTS of ip_cmsg_send.
func routes(item controlItem) bool {
	const rthdr2292 = 5
	switch item.level {
	case unix.SOL_IPV6:
		return item.kind == unix.IPV6_RTHDR || item.kind == rthdr2292
	case unix.SOL_IP:
		return item.kind == unix.IP_RETOPTS
	}
	return false
}

// copyRights replaces descriptors of the target by copies, which the kernel
// then passes on: they share the open file. Only local sockets pass any; the
// others ignore them, and the broker's own must not be named.
func (c *Context) copyRights(s *socket, data []byte) sys.Errno {
	n := c.net()
	for ; len(data) >= 4; data = data[4:] {
		fd := -1
		if s.domain == unix.AF_UNIX {
			var e sys.Errno
			fd, e = c.thread.GetFD(int(int32(binary.NativeEndian.Uint32(data))))
			if e != 0 {
				return e
			}
			n.held = append(n.held, fd)
		}
		binary.NativeEndian.PutUint32(data, uint32(int32(fd)))
	}
	return 0
}

// checkCredentials: a target may name itself, as unix(7) says. The kernel
// would check the broker's rights to do so.
func (c *Context) checkCredentials(s *socket, data []byte) sys.Errno {
	if len(data) != sizeUcred {
		return unix.EINVAL
	}
	if s.domain != unix.AF_UNIX && s.domain != unix.AF_NETLINK {
		return 0 // ignored
	}
	if !c.known {
		return errControl
	}
	pid, uid, gid := binary.NativeEndian.Uint32(data), binary.NativeEndian.Uint32(data[4:]), binary.NativeEndian.Uint32(data[8:])
	has := func(capability int) bool { return c.id.CapEff&(1<<capability) != 0 }
	if pid != uint32(c.id.TGID) && !has(unix.CAP_SYS_ADMIN) ||
		uid != c.id.RUID && uid != c.id.EUID && !has(unix.CAP_SETUID) ||
		gid != c.id.RGID && gid != c.id.EGID && !has(unix.CAP_SETGID) {
		return errSender
	}
	if !c.canName() {
		return errControl
	}
	c.net().names = true
	return 0
}

// canName reports whether the broker may say that a message is somebody
// else's.
func (c *Context) canName() bool { return c.env.Self.CapEff&credentialCaps == credentialCaps }

// nameSender has the kernel tell the peer that the target sends the message,
// where the broker may say so: a peer that asks (SO_PASSCRED) would see the
// broker.
func (c *Context) nameSender() {
	if !c.canName() || !c.known {
		return
	}
	n := c.net()
	n.names = true
	for uint64(len(n.control)) != alignControl(uint64(len(n.control))) {
		n.control = append(n.control, 0)
	}
	le := binary.NativeEndian
	n.control = le.AppendUint64(n.control, sizeCmsghdr+sizeUcred)
	n.control = le.AppendUint32(n.control, unix.SOL_SOCKET)
	n.control = le.AppendUint32(n.control, unix.SCM_CREDENTIALS)
	n.control = le.AppendUint32(n.control, uint32(c.id.TGID))
	n.control = le.AppendUint32(n.control, c.id.RUID)
	n.control = le.AppendUint32(n.control, c.id.RGID)
	n.control = append(n.control, 0, 0, 0, 0) // to the next alignment
}
