package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Bounds of an extended attribute: limits.h, xattr(7).
const (
	xattrNameMax = 255
	xattrSizeMax = 65536
)

func doSetxattr(c *Context) answer  { return c.setxattr(tracee.Follow) }
func doLsetxattr(c *Context) answer { return c.setxattr(0) }

func doFsetxattr(c *Context) answer {
	name, value, a, ok := c.xattrArgs()
	if !ok {
		return a
	}
	return c.onHeld(c.fd(0), func(fd int) sys.Errno { return sys.Fsetxattr(fd, name, value, c.fd(4)) })
}

func (c *Context) setxattr(flags tracee.Flags) answer {
	name, value, a, ok := c.xattrArgs()
	if !ok {
		return a
	}
	return c.onObject(unix.AT_FDCWD, c.arg(0), flags, rules.Attr, func(fd int) sys.Errno {
		return c.byPath(fd, func(path []byte) sys.Errno { return sys.Setxattr(path, name, value, c.fd(4)) })
	})
}

func doRemovexattr(c *Context) answer  { return c.removexattr(tracee.Follow) }
func doLremovexattr(c *Context) answer { return c.removexattr(0) }

func doFremovexattr(c *Context) answer {
	name, a, ok := c.xattrName()
	if !ok {
		return a
	}
	return c.onHeld(c.fd(0), func(fd int) sys.Errno { return sys.Fremovexattr(fd, name) })
}

func (c *Context) removexattr(flags tracee.Flags) answer {
	name, a, ok := c.xattrName()
	if !ok {
		return a
	}
	return c.onObject(unix.AT_FDCWD, c.arg(0), flags, rules.Attr, func(fd int) sys.Errno {
		return c.byPath(fd, func(path []byte) sys.Errno { return sys.Removexattr(path, name) })
	})
}

// xattrArgs copies the name and the value of a setxattr call. The name is
// NUL-terminated.
func (c *Context) xattrArgs() (name, value []byte, a answer, ok bool) {
	size := c.arg(3)
	if size > xattrSizeMax {
		return nil, nil, fails(unix.E2BIG), false
	}
	if name, a, ok = c.xattrName(); !ok {
		return nil, nil, a, false
	}
	value = make([]byte, size)
	if e := c.thread.Read(c.arg(2), value); e != 0 {
		return nil, nil, c.failed(e, "the attribute's value cannot be read"), false
	}
	return name, value, answer{}, true
}

func (c *Context) xattrName() ([]byte, answer, bool) {
	buf := make([]byte, xattrNameMax+1)
	name, e := c.thread.ReadString(c.arg(1), buf, unix.ERANGE)
	if e == 0 && len(name) == 0 {
		e = unix.ERANGE
	}
	if e != 0 {
		return nil, c.failed(e, "the attribute's name cannot be read"), false
	}
	return buf[:len(name)+1], answer{}, true
}
