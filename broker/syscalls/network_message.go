package syscalls

import (
	"encoding/binary"
	"errors"
	"math"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

const (
	sizeMsghdr = 56
	sizeVector = 16
	// maxTotal is MAX_RW_COUNT of the kernel: no call moves more.
	maxTotal = math.MaxInt32 &^ 4095
	// userSpace is where addresses of programs end: TASK_SIZE_MAX of x86-64 with
	// four levels of page tables; above it nothing is mapped unless asked for.
	userSpace = 1<<47 - 4096
	// maxControl bounds control data. The kernel's own bound is
	// net.core.optmem_max, at most some hundred KiB.
	maxControl = 1 << 20
)

// vector is a struct iovec.
type vector struct{ at, size uint64 }

// message is a struct msghdr of the target, checked as the kernel does. Its
// vectors are those that have not been sent yet, total their length.
type message struct {
	name        uint64 // address of the socket address; 0 for none
	nameSize    int
	vectors     []vector
	total       uint64
	control     uint64
	controlSize uint64
}

// parseMsghdr reads the structure: net/socket.c, __copy_msghdr.
func parseMsghdr(raw *[sizeMsghdr]byte) (m message, vectors uint64, count int, e sys.Errno) {
	le := binary.NativeEndian
	m.name = le.Uint64(raw[0:])
	size := int32(le.Uint32(raw[8:]))
	vectors = le.Uint64(raw[16:])
	n := le.Uint64(raw[24:])
	m.control, m.controlSize = le.Uint64(raw[32:]), le.Uint64(raw[40:])
	if m.name == 0 {
		size = 0
	}
	switch {
	case size < 0:
		return m, 0, 0, unix.EINVAL
	case size == 0:
		m.name = 0
	}
	if n > maxMessages {
		return m, 0, 0, unix.EMSGSIZE
	}
	if m.controlSize > maxControl {
		return m, 0, 0, unix.ENOBUFS
	}
	m.nameSize = min(int(size), maxSockaddr)
	return m, vectors, int(n), 0
}

// parseVectors reads an array of struct iovec: lib/iov_iter.c, __import_iovec.
// What is beyond the most that a call moves is cut off.
func parseVectors(raw []byte, to []vector) (list []vector, total uint64, e sys.Errno) {
	list = to[:0]
	several := len(raw) > sizeVector // a single one is cut off before it is checked
	for ; len(raw) >= sizeVector; raw = raw[sizeVector:] {
		v := vector{binary.NativeEndian.Uint64(raw), binary.NativeEndian.Uint64(raw[8:])}
		if int64(v.size) < 0 {
			return nil, 0, unix.EINVAL
		}
		if several && (v.at >= userSpace || v.size > userSpace-v.at) {
			return nil, 0, unix.EFAULT
		}
		v.size = min(v.size, maxTotal-total)
		total += v.size
		list = append(list, v)
	}
	return list, total, 0
}

// readMessage copies a struct msghdr and its vectors.
func (c *Context) readMessage(at uint64) (message, sys.Errno) {
	var raw [sizeMsghdr]byte
	if e := c.thread.Read(at, raw[:]); e != 0 {
		return message{}, e
	}
	m, vectors, count, e := parseMsghdr(&raw)
	if e != 0 {
		return message{}, e
	}
	n := c.net()
	array := n.scratch(count * sizeVector)
	if e := c.thread.Read(vectors, array); e != 0 {
		return message{}, e
	}
	m.vectors, m.total, e = parseVectors(array, n.vectors)
	n.vectors = m.vectors[:0:cap(m.vectors)]
	return m, e
}

// scratch is room for size bytes, until the next use of the message's data.
func (n *network) scratch(size int) []byte {
	if cap(n.data) < size {
		n.data = make([]byte, max(size, 4096))
	}
	return n.data[:size]
}

// copyEnvelope copies the address and the control data of a message.
func (c *Context) copyEnvelope(s *socket, m *message) (*sys.Message, sys.Errno) {
	n := c.net()
	n.out = sys.Message{}
	if m.name != 0 {
		raw, e := c.readAddress(m.name, m.nameSize)
		if e != 0 {
			return nil, e
		}
		n.out.Name = raw
	}
	e := c.copyControl(s, m)
	return &n.out, e
}

// copyWhole copies a message that must be sent in one piece. One that is too
// long for its kind of socket is not even read.
func (c *Context) copyWhole(s *socket, m *message) ([]byte, sys.Errno) {
	limit := uint64(math.MaxUint16)
	if s.domain != unix.AF_INET && s.domain != unix.AF_INET6 {
		size, e := sys.SocketOption(s.fd, unix.SO_SNDBUF)
		if e != 0 {
			return nil, e
		}
		limit = uint64(max(size, 0))
	}
	switch {
	case m.total > limit:
		return nil, s.tooLong()
	case m.total > maxMessage:
		return nil, unix.ENOBUFS
	}
	return c.copyPart(m, maxMessage)
}

// tooLong is the errno for such a message. That it has no peer is what a socket
// of sequenced packets says first: unix_seqpacket_sendmsg.
func (s *socket) tooLong() sys.Errno {
	if s.domain == unix.AF_UNIX && s.kind == unix.SOCK_SEQPACKET {
		if _, err := unix.Getpeername(s.fd); errors.Is(err, unix.ENOTCONN) {
			return unix.ENOTCONN
		}
	}
	return unix.EMSGSIZE
}

// copyPart copies the next bytes of a message, at most limit, and takes them
// off it.
func (c *Context) copyPart(m *message, limit uint64) ([]byte, sys.Errno) {
	size := min(m.total, limit)
	buf := c.net().scratch(int(size))
	for rest := buf; len(rest) > 0; {
		v := &m.vectors[0]
		n := min(v.size, uint64(len(rest)))
		if e := c.thread.Read(v.at, rest[:n]); e != 0 {
			return nil, e
		}
		rest = rest[n:]
		v.at, v.size, m.total = v.at+n, v.size-n, m.total-n
		if v.size == 0 {
			m.vectors = m.vectors[1:]
		}
	}
	return buf, 0
}
