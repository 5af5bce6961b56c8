package syscalls

import (
	"encoding/binary"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Bounds of an extended attribute: limits.h, xattr(7).
const (
	xattrNameMax = 255
	xattrSizeMax = 65536

	xattrParamsSize = 16 // XATTR_ARGS_SIZE_VER0
)

// xattrParams is struct xattr_args of the calls that end in "at".
type xattrParams struct {
	value       uint64
	size, flags uint32
}

// readParams copies a struct xattr_args. A size from the future is fine as
// long as what this program does not know is zero: copy_struct_from_user.
func (c *Context) readParams() (p xattrParams, e sys.Errno) {
	size := c.arg(argSize)
	switch {
	case size < xattrParamsSize:
		return p, unix.EINVAL
	case size > pageSize:
		return p, unix.E2BIG
	}
	buf, e := c.readStruct(c.arg(argParams), size, xattrParamsSize)
	if e != 0 {
		return p, e
	}
	p.value = binary.NativeEndian.Uint64(buf)
	p.size = binary.NativeEndian.Uint32(buf[8:])
	p.flags = binary.NativeEndian.Uint32(buf[12:])
	return p, 0
}

// readStruct copies an extensible structure: what follows the part that is
// known must be zero.
func (c *Context) readStruct(addr, size uint64, known int) ([]byte, sys.Errno) {
	buf := c.proc[:size]
	if e := c.thread.Read(addr, buf); e != 0 {
		return nil, e
	}
	for _, b := range buf[known:] {
		if b != 0 {
			return nil, unix.E2BIG
		}
	}
	return buf, 0
}

func doSetxattr(c *Context) answer {
	return c.setxattr(xattrParams{c.arg(argValue), sizeOf(c.arg(argSize)), uint32(c.arg(argFlags))})
}

// sizeOf keeps a size that no attribute can have too big in 32 bits.
func sizeOf(size uint64) uint32 { return uint32(min(size, 1<<32-1)) }

func doSetxattrat(c *Context) answer {
	p, e := c.readParams()
	if e != 0 {
		return c.invalid(e, "a struct xattr_args that the kernel refuses")
	}
	return c.setxattr(p)
}

func doFsetxattr(c *Context) answer {
	p := xattrParams{c.arg(argValue), sizeOf(c.arg(argSize)), uint32(c.arg(argFlags))}
	name, value, a, ok := c.xattrArgs(p)
	if !ok {
		return a
	}
	if c.int(argFD) == unix.AT_FDCWD && fsetTakesCwd() {
		return c.onHeldDir(rules.Attr, func(fd int) sys.Errno {
			return c.byPath(fd, func(path []byte) sys.Errno { return sys.Setxattr(path, name, value, int(p.flags)) })
		})
	}
	return c.onHeld(c.int(argFD), func(fd int) sys.Errno { return sys.Fsetxattr(fd, name, value, int(p.flags)) })
}

func (c *Context) setxattr(p xattrParams) answer {
	flags, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	name, value, a, ok := c.xattrArgs(p)
	if !ok {
		return a
	}
	return c.onObject(flags, rules.Attr, func(fd int) sys.Errno {
		return c.byPath(fd, func(path []byte) sys.Errno {
			return c.ownDescriptors(sys.Setxattr(path, name, value, int(p.flags)))
		})
	})
}

func doRemovexattr(c *Context) answer {
	flags, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	name, a, ok := c.xattrName()
	if !ok {
		return a
	}
	return c.onObject(flags, rules.Attr, func(fd int) sys.Errno {
		return c.byPath(fd, func(path []byte) sys.Errno { return c.ownDescriptors(sys.Removexattr(path, name)) })
	})
}

func doFremovexattr(c *Context) answer {
	name, a, ok := c.xattrName()
	if !ok {
		return a
	}
	return c.onHeld(c.int(argFD), func(fd int) sys.Errno { return sys.Fremovexattr(fd, name) })
}

// xattrArgs copies the name and the value of a setxattr call, in the order of
// fs/xattr.c. The name is NUL-terminated.
func (c *Context) xattrArgs(p xattrParams) (name, value []byte, a answer, ok bool) {
	if p.flags&^(unix.XATTR_CREATE|unix.XATTR_REPLACE) != 0 {
		return nil, nil, c.badFlags(), false
	}
	if name, a, ok = c.xattrName(); !ok {
		return nil, nil, a, false
	}
	if p.size > xattrSizeMax {
		return nil, nil, c.invalid(unix.E2BIG, "an attribute that is too large"), false
	}
	value = make([]byte, p.size)
	if e := c.thread.Read(p.value, value); e != 0 {
		return nil, nil, c.invalid(e, "the attribute's value cannot be read"), false
	}
	return name, value, answer{}, true
}

func (c *Context) xattrName() ([]byte, answer, bool) {
	buf := make([]byte, xattrNameMax+1)
	name, e := c.thread.ReadString(c.arg(argName), buf, unix.ERANGE)
	if e == 0 && len(name) == 0 {
		e = unix.ERANGE
	}
	if e != 0 {
		return nil, c.invalid(e, "the attribute's name cannot be read"), false
	}
	return buf[:len(name)+1], answer{}, true
}

func doGetxattr(c *Context) answer { return c.getxattr(c.arg(argBuf), c.arg(argSize)) }

func doGetxattrat(c *Context) answer {
	p, e := c.readParams()
	if e == 0 && p.flags != 0 {
		e = unix.EINVAL
	}
	if e != 0 {
		return c.invalid(e, "a struct xattr_args that the kernel refuses")
	}
	return c.getxattr(p.value, uint64(p.size))
}

func (c *Context) getxattr(addr, size uint64) answer {
	flags, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	name, a, ok := c.xattrName()
	if !ok {
		return a
	}
	return c.readAttribute(flags, addr, size, func(path, buf []byte) (int, sys.Errno) { return sys.Getxattr(path, name, buf) })
}

func doListxattr(c *Context) answer {
	flags, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	return c.readAttribute(flags, c.arg(argBuf), c.arg(argSize), sys.Listxattr)
}

// readAttribute asks for something of variable size. A size of 0 asks how
// much there is: getxattr(2), listxattr(2).
func (c *Context) readAttribute(flags tracee.Flags, addr, size uint64, ask func(path, buf []byte) (int, sys.Errno)) answer {
	o, a, ok := c.look(flags)
	if !ok {
		return a
	}
	buf := make([]byte, min(size, xattrSizeMax))
	var n int
	e := c.byPath(o.fd, func(path []byte) (e sys.Errno) {
		n, e = ask(path, buf)
		return e
	})
	c.lookedAt(o)
	if e == unix.ERANGE && size >= xattrSizeMax {
		e = unix.E2BIG
	}
	if e != 0 {
		return c.result(e)
	}
	if size == 0 {
		c.finished(0)
		return answer{reply: notify.Value(int64(n))}
	}
	return c.returns(addr, buf[:n], int64(n))
}
