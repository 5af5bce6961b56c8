package syscalls

import (
	"encoding/binary"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

const (
	// keptData is how much of a message a context keeps room for, and how much
	// of a stream's it copies at a time.
	keptData = 256 << 10
	// maxMessage bounds a message that cannot be cut.
	maxMessage = 16 << 20
	// maxMessages is UIO_MAXIOV, which also bounds sendmmsg(2).
	maxMessages = 1024
	// sizeMmsghdr is that of struct mmsghdr, and messageLength where its
	// msg_len lies.
	sizeMmsghdr   = 64
	messageLength = 56
	// compatMessage is MSG_CMSG_COMPAT: the kernel's own, for 32-bit callers.
	compatMessage = 1 << 31
)

// doSendto is notified only with an address, or where it connects.
func doSendto(c *Context) answer {
	if c.arg(argData) >= userSpace || min(c.arg(argSize), maxTotal) > userSpace-c.arg(argData) {
		return c.malformed(unix.EFAULT) // before the descriptor: __sys_sendto
	}
	s, a, ok := c.sender()
	if !ok {
		return a
	}
	m := message{name: c.arg(argAddr), nameSize: c.int(argLen), total: min(c.arg(argSize), maxTotal)}
	m.vectors = append(c.net().vectors[:0], vector{c.arg(argData), m.total})
	n, a, ok := c.send(s, &m)
	if !ok {
		return a
	}
	return answer{reply: notify.Value(int64(n))}
}

func doSendmsg(c *Context) answer {
	if c.int(argFlags)&compatMessage != 0 {
		return c.malformed(unix.EINVAL) // before the descriptor: __sys_sendmsg
	}
	s, a, ok := c.sender()
	if !ok {
		return a
	}
	n, a, ok := c.sendOne(s, c.arg(argMessage))
	if !ok {
		return a
	}
	return answer{reply: notify.Value(int64(n))}
}

// doSendmmsg sends one message after the other until one fails. What failed is
// told only if it was the first: sendmmsg(2).
func doSendmmsg(c *Context) answer {
	if c.int(argFlags)&compatMessage != 0 {
		return c.malformed(unix.EINVAL)
	}
	s, a, ok := c.sender()
	if !ok {
		return a
	}
	count := min(uint64(uint32(c.arg(argCount))), maxMessages)
	done := uint64(0)
	for ; done < count; done++ {
		at := c.arg(argMessage) + done*sizeMmsghdr
		n, a, ok := c.sendOne(s, at)
		if ok {
			a, ok = c.writeLength(at+messageLength, n)
		}
		if !ok && done == 0 {
			return a
		}
		if !ok {
			break
		}
	}
	return answer{reply: notify.Value(int64(done))}
}

// writeLength tells the target how much of a message was sent.
func (c *Context) writeLength(at uint64, n int) (answer, bool) {
	if !c.valid() {
		return answered, false
	}
	var length [4]byte
	binary.NativeEndian.PutUint32(length[:], uint32(n))
	if e := c.thread.Write(at, length[:]); e != 0 {
		return c.malformed(e), false
	}
	return answer{}, true
}

// sender copies the socket that a call sends on.
func (c *Context) sender() (*socket, answer, bool) {
	s, e := c.openSocket()
	if e == 0 {
		e = s.inspect()
	}
	// Local peers may be told who sends.
	tells := e == 0 && (s.domain == unix.AF_UNIX || s.domain == unix.AF_NETLINK)
	if a, ok := c.identify(tells); !ok {
		return nil, a, false
	}
	if !c.valid() {
		return nil, answered, false
	}
	if e != 0 {
		return nil, c.socketFailed(e), false
	}
	if s.protocol == unix.IPPROTO_SCTP { // whose control data can name addresses
		return nil, c.malformed(unix.EACCES), false
	}
	if c.int(argFlags)&unix.MSG_ZEROCOPY != 0 {
		// The memory would be the broker's, and the target be told when it is
		// free. ENOBUFS is what the kernel says when it cannot.
		if on, e := sys.SocketOption(s.fd, unix.SO_ZEROCOPY); e == 0 && on != 0 {
			return nil, fails(unix.ENOBUFS), false
		}
	}
	s.fastOpen = c.int(argFlags)&unix.MSG_FASTOPEN != 0
	return s, answer{}, true
}

// sendOne reads a struct msghdr and sends what it tells.
func (c *Context) sendOne(s *socket, at uint64) (int, answer, bool) {
	defer c.net().drop()
	m, e := c.readMessage(at)
	if e != 0 {
		if !c.valid() {
			return 0, answered, false
		}
		return 0, c.malformed(e), false
	}
	return c.send(s, &m)
}

// send judges where a message goes, and sends the copy of it that the broker
// has. ok false means that the answer is the call's.
func (c *Context) send(s *socket, m *message) (n int, a answer, ok bool) {
	out, e := c.copyEnvelope(s, m)
	if e == 0 && s.kind != unix.SOCK_STREAM {
		out.Data, e = c.copyWhole(s, m)
	}
	if !c.valid() {
		return 0, answered, false
	}
	if e != 0 {
		return 0, c.malformed(e), false
	}
	if m.name != 0 {
		d, e := decodeAddress(s, useSend, out.Name)
		if e != 0 {
			return 0, c.malformed(e), false
		}
		if a, ok := c.judgeDestinationAddress(&d, useSend); !ok {
			return 0, a, false
		}
		out.Name = d.raw
	}
	if s.kind == unix.SOCK_STREAM {
		n, e = c.sendStream(s, m, out)
	} else {
		n, e = c.sendPart(s, out, c.int(argFlags))
	}
	if e == unix.EPIPE {
		c.brokenPipe(s)
	}
	if e != 0 {
		return 0, c.socketResult(e), false
	}
	c.finished(0)
	return n, answer{}, true
}

// sendPart is one sendmsg(2). The broker itself must get no SIGPIPE, and its
// memory is used again at once, so that the kernel has to copy it.
func (c *Context) sendPart(s *socket, out *sys.Message, flags int) (int, sys.Errno) {
	flags = flags&^unix.MSG_ZEROCOPY | unix.MSG_NOSIGNAL
	return c.onSocket(func() (int, sys.Errno) { return sys.Sendmsg(s.fd, out, flags) })
}

// sendStream sends a message part by part, since its length has no bound. The
// address and the control data go with the first, the end of a record with the
// last.
func (c *Context) sendStream(s *socket, m *message, out *sys.Message) (int, sys.Errno) {
	const atEnd = unix.MSG_EOR | unix.MSG_OOB
	for sent := 0; ; {
		part, e := c.copyPart(m, keptData)
		if !c.valid() {
			e = unix.ESRCH
		}
		flags := c.int(argFlags)
		if m.total > 0 {
			flags = flags&^atEnd | unix.MSG_MORE
		}
		if sent > 0 {
			flags &^= unix.MSG_FASTOPEN
		}
		n := 0
		if e == 0 {
			out.Data = part
			n, e = c.sendPart(s, out, flags)
		}
		if e != 0 && sent > 0 {
			return sent, 0
		}
		if e != 0 {
			return 0, e
		}
		sent += n
		if n < len(part) || m.total == 0 {
			return sent, 0
		}
		out.Name, out.Control = nil, nil
	}
}

// brokenPipe sends the signal that the kernel sends a writer to a stream
// without a reader; here that was the broker.
func (c *Context) brokenPipe(s *socket) {
	if s.kind != unix.SOCK_STREAM || c.int(argFlags)&unix.MSG_NOSIGNAL != 0 {
		return
	}
	c.signalCaller(unix.SIGPIPE)
}

// signalCaller sends the calling thread a signal that the kernel would send it.
func (c *Context) signalCaller(sig unix.Signal) {
	if !c.known && c.status.Identity(c.thread, &c.id) != 0 || !c.valid() {
		return
	}
	_ = unix.Tgkill(c.id.TGID, int(c.n.PID), sig)
}
