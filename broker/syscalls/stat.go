package syscalls

import (
	"bytes"
	"encoding/binary"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

const (
	statxSync     = 0x6000     // AT_STATX_SYNC_TYPE
	statxReserved = 0x80000000 // STATX__RESERVED
)

// doStat answers stat, lstat and newfstatat. fs/stat.c.
func doStat(c *Context) answer {
	flags, e := c.lastFlags(unix.AT_NO_AUTOMOUNT | statxSync)
	if e != 0 {
		return c.badFlags()
	}
	o, a, ok := c.look(flags)
	if !ok {
		return a
	}
	return c.lookedInto(o, sys.FstatBytes(o.fd, c.out[:]), sys.StatSize)
}

func doStatx(c *Context) answer {
	at, mask := c.int(argAt), uint32(c.arg(argMask))
	if mask&statxReserved != 0 || at&statxSync == statxSync {
		return c.badFlags()
	}
	flags, e := c.lastFlags(unix.AT_NO_AUTOMOUNT | statxSync)
	if e != 0 {
		return c.badFlags()
	}
	o, a, ok := c.look(flags)
	if !ok {
		return a
	}
	return c.lookedInto(o, sys.StatxBytes(o.fd, at&statxSync, mask, c.out[:]), sys.StatxSize)
}

func doStatfs(c *Context) answer {
	o, a, ok := c.look(tracee.Follow)
	if !ok {
		return a
	}
	return c.lookedInto(o, sys.FstatfsBytes(o.fd, c.out[:]), sys.StatfsSize)
}

// doAccess answers whether the target may use a file. Unless AT_EACCESS says
// otherwise it asks for the real user and group: access(2).
func doAccess(c *Context) answer {
	mode, at := uint32(c.arg(argMode)), c.int(argAt)
	if mode&^7 != 0 {
		return c.badFlags()
	}
	flags, e := c.lastFlags(unix.AT_EACCESS)
	if e != 0 {
		return c.badFlags()
	}
	c.real = at&unix.AT_EACCESS == 0
	o, a, ok := c.look(flags)
	if !ok {
		return a
	}
	effective := 0
	if c.known || !c.real {
		effective = unix.AT_EACCESS // what is worn is the real user's already
	}
	e = sys.Access(o.fd, mode, effective)
	c.lookedAt(o)
	return c.result(e)
}

// doReadlink reads a link. What another process's links in /proc tell is
// off limits, unlike their mere attributes.
func doReadlink(c *Context) answer {
	size := c.int(argSize)
	if size <= 0 {
		return c.badFlags()
	}
	if a, ok := c.identify(false); !ok {
		return a
	}
	if a, ok := c.readPath(0); !ok {
		return a
	}
	if len(c.raw[0]) == 0 && c.has(argDir) {
		o, a, ok := c.descriptor()
		if !ok {
			return a
		}
		return c.readLink(o, size, unix.ENOENT)
	}
	c.reveals = true
	o, a, ok := c.look(0)
	if !ok {
		return a
	}
	c.leave()
	return c.readLink(o, size, unix.EINVAL)
}

// readLink reads the link that o is. noLink is the errno where it is none.
func (c *Context) readLink(o object, size int, noLink sys.Errno) answer {
	if text, ok := c.ownLink(); ok {
		o.close()
		n := min(size, len(text))
		return c.returns(c.arg(argBuf), text[:n], int64(n))
	}
	if !c.inOwnEntry() {
		if a, ok := c.wear(); !ok {
			o.close()
			return a
		}
	}
	n, e := sys.Readlinkat(o.fd, emptyPath, c.buf[1][:])
	c.lookedAt(o)
	switch e {
	case 0:
		text := c.buf[1][:n]
		if c.onProc() {
			text = c.walk[0].Local(text)
		}
		text = text[:min(size, len(text))]
		return c.returns(c.arg(argBuf), text, int64(len(text)))
	case unix.EINVAL, unix.ENOENT:
		e = noLink
	}
	return c.result(e)
}

// onProc reports whether the place is in /proc, where the text of a link is
// how the reader sees an object.
func (c *Context) onProc() bool {
	return c.place[0] != nil && bytes.HasPrefix(c.place[0].Path, []byte("/proc/"))
}

// inOwnEntry reports whether the place is in the target's own entry of /proc,
// where its rights over others do not matter.
func (c *Context) inOwnEntry() bool {
	return c.onProc() && bytes.HasPrefix(c.place[0].Path, []byte("/proc/self/"))
}

// ownLink gives the text of /proc/self and /proc/thread-self, which read by
// the broker would name the broker.
func (c *Context) ownLink() ([]byte, bool) {
	place := c.place[0]
	if place == nil || place.Object >= 0 {
		return nil, false
	}
	var thread bool
	switch string(place.Path) {
	case "/proc/self":
		if string(place.Name) != "self\x00" { // spelled by its number it is the directory
			return nil, false
		}
	case "/proc/thread-self":
		thread = true
	default:
		return nil, false
	}
	text, e := c.walk[0].SelfText(thread)
	return text, e == 0
}

// doChdir judges where a thread goes; only the kernel can move it. Between the
// two another thread can change the path. That gives a place and no more:
// whatever is named from there is judged by where it really is.
func doChdir(c *Context) answer {
	if a, ok := c.identify(false); !ok {
		return a
	}
	if a, ok := c.path(0, tracee.Follow); !ok {
		return a
	}
	if a, ok := c.judgeExisting(rules.Stat); !ok {
		return a
	}
	c.finished(0)
	return answer{reply: notify.Continue()}
}

const inotifyBits = unix.IN_ALL_EVENTS | unix.IN_UNMOUNT | unix.IN_Q_OVERFLOW | unix.IN_IGNORED | unix.IN_ONLYDIR |
	unix.IN_DONT_FOLLOW | unix.IN_EXCL_UNLINK | unix.IN_MASK_CREATE | unix.IN_MASK_ADD | unix.IN_ISDIR | unix.IN_ONESHOT

// doWatch adds a watch to the target's own inotify descriptor. The order of
// the checks is that of fs/notify/inotify/inotify_user.c.
func doWatch(c *Context) answer {
	mask := uint32(c.arg(argMask))
	if mask&inotifyBits == 0 || mask&^inotifyBits != 0 {
		return c.badFlags()
	}
	copied, e := c.thread.GetFD(c.int(argFD))
	if e != 0 {
		return c.lookupFailed(e)
	}
	defer sys.Close(copied)
	if _, e := sys.InotifyAddWatch(copied, emptyPath, mask); e != unix.ENOENT {
		return c.invalid(e, "arguments that the kernel refuses") // no inotify descriptor, or impossible flags: an empty path would be next
	}
	flags := tracee.Follow
	if mask&unix.IN_DONT_FOLLOW != 0 {
		flags = 0
	}
	o, a, ok := c.look(flags)
	if !ok {
		return a
	}
	var watch int
	e = c.byPath(o.fd, func(path []byte) (e sys.Errno) {
		watch, e = sys.InotifyAddWatch(copied, path, mask&^unix.IN_DONT_FOLLOW)
		return e
	})
	c.lookedAt(o)
	if e != 0 {
		return c.result(e)
	}
	c.finished(0)
	return answer{reply: notify.Value(int64(watch))}
}

// Flags and bounds of name_to_handle_at(2): fcntl.h.
const (
	handleHeader      = 8
	handleMax         = 128   // MAX_HANDLE_SZ
	handleMountUnique = 0x1   // AT_HANDLE_MNT_ID_UNIQUE
	handleConnectable = 0x2   // AT_HANDLE_CONNECTABLE
	handleFID         = 0x200 // AT_HANDLE_FID
)

// doHandle makes a handle, which nobody can open: open_by_handle_at is always
// refused.
func doHandle(c *Context) answer {
	const own = handleMountUnique | handleConnectable | handleFID
	flags, e := c.lastFlags(own)
	at := c.int(argAt)
	if e != 0 || at&handleConnectable != 0 && at&(handleFID|unix.AT_EMPTY_PATH) != 0 {
		return c.badFlags()
	}
	o, a, ok := c.look(flags)
	if !ok {
		return a
	}
	defer c.lookedAt(o)
	handle := c.out[:handleHeader+handleMax]
	clear(handle)
	c.leave()
	if e := c.thread.Read(c.arg(argHandle), handle[:handleHeader]); e != 0 {
		var mount [8]byte
		if sys.NameToHandle(o.fd, make([]byte, handleHeader), &mount, at&own&^handleConnectable) == unix.EOPNOTSUPP {
			e = unix.EOPNOTSUPP // is found first
		}
		return c.result(e)
	}
	if binary.NativeEndian.Uint32(handle) > handleMax {
		return c.result(unix.EINVAL)
	}
	if a, ok := c.wear(); !ok {
		return a
	}
	var mount [8]byte
	if at&handleConnectable != 0 { // needs a path: fs/fhandle.c
		e = c.byPath(o.fd, func(path []byte) sys.Errno {
			return sys.NameToHandleAt(path, handle, &mount, at&own)
		})
	} else {
		e = sys.NameToHandle(o.fd, handle, &mount, at&own)
	}
	c.leave()
	return c.handleMade(handle, mount, e)
}

// handleMade writes a handle back. One that did not fit tells its size.
func (c *Context) handleMade(handle []byte, mount [8]byte, made sys.Errno) answer {
	size := handleHeader
	switch made {
	case 0:
		size += int(binary.NativeEndian.Uint32(handle))
	case unix.EOVERFLOW:
	default:
		return c.result(made)
	}
	id := mount[:4]
	if c.int(argAt)&handleMountUnique != 0 {
		id = mount[:]
	}
	if !c.valid() {
		return answered
	}
	e := c.thread.Write(c.arg(argMount), id)
	if e == 0 {
		e = c.thread.Write(c.arg(argHandle), handle[:size])
	}
	if e == 0 {
		e = made
	}
	return c.result(e)
}

const fileAttrSize = 24 // FILE_ATTR_SIZE_VER0

// fileAttr is what both calls check first: the flags of the last component,
// and the size of a struct file_attr. It has answered when ok is false.
func (c *Context) fileAttr() (flags tracee.Flags, size int, a answer, ok bool) {
	flags, e := c.lastFlags(0)
	if e != 0 {
		return 0, 0, c.badFlags(), false
	}
	switch size := c.arg(argSize); {
	case size > pageSize:
		e = unix.E2BIG
	case size < fileAttrSize:
		e = unix.EINVAL
	default:
		return flags, int(size), answered, true
	}
	return 0, 0, c.invalid(e, "arguments that the kernel refuses"), false
}

func doFileGetattr(c *Context) answer {
	flags, size, a, ok := c.fileAttr()
	if !ok {
		return a
	}
	o, a, ok := c.look(flags)
	if !ok {
		return a
	}
	buf := make([]byte, size)
	e := c.byPath(o.fd, func(path []byte) sys.Errno { return sys.FileGetattr(unix.AT_FDCWD, path, buf, 0) })
	c.lookedAt(o)
	if e != 0 {
		return c.result(e)
	}
	return c.returns(c.arg(argBuf), buf, 0)
}

func doFileSetattr(c *Context) answer {
	flags, size, a, ok := c.fileAttr()
	if !ok {
		return a
	}
	buf := make([]byte, size)
	if e := c.thread.Read(c.arg(argBuf), buf); e != 0 {
		return c.invalid(e, "a struct file_attr that cannot be read")
	}
	// With a descriptor that cannot exist the kernel's own check of the
	// structure is all that can fail before EBADF.
	if e := sys.FileSetattr(-1, probeName, buf, 0); e != unix.EBADF {
		return c.invalid(e, "a struct file_attr that the kernel refuses")
	}
	return c.onObject(flags, rules.Attr, func(fd int) sys.Errno {
		return c.byPath(fd, func(path []byte) sys.Errno { return sys.FileSetattr(unix.AT_FDCWD, path, buf, 0) })
	})
}
