package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// readPath copies a path argument into the context. ok false means that a
// is the final answer.
func (c *Context) readPath(which int) (a answer, ok bool) {
	addr := c.arg([2]arg{argPath, argPath2}[which])
	raw, e := c.thread.ReadPath(addr, c.buf[which][:tracee.PathMax])
	switch e {
	case 0:
		c.raw[which] = raw
		return answer{}, true
	case unix.EFAULT, unix.ENAMETOOLONG:
		return c.invalid(e, "the path cannot be read"), false
	case unix.ESRCH:
		return answered, false // the target is gone
	}
	return c.failed(unix.EPERM, "the target's memory cannot be read: "+e.Error()), false
}

// find resolves the path that was read, and makes sure that the notification
// is still the same target's: its memory and directories were.
func (c *Context) find(which, dirfd int, flags tracee.Flags) (a answer, ok bool) {
	place, e := c.walk[which].WalkAs(c.thread, dirfd, c.raw[which], flags, c.rights())
	if !c.valid() {
		return answered, false
	}
	if e != 0 {
		if c.unseen {
			return c.refuse(""), false
		}
		if reason := c.walk[which].Refusal(); reason != "" {
			return c.failed(e, reason), false
		}
		return c.lookupFailed(e), false
	}
	c.place[which] = place
	return answer{}, true
}

// lookupFailed answers with what path resolution ended with. Nothing was
// there to be judged, so nobody is told, unless everything is recorded.
func (c *Context) lookupFailed(e sys.Errno) answer {
	switch e {
	case unix.EBADF:
		return c.invalid(e, "no such descriptor")
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		return c.failed(unix.ENFILE, "the broker is out of descriptors or memory")
	case unix.EPERM, unix.ESRCH:
		return c.failed(unix.EACCES, "the target cannot be inspected: "+e.Error())
	}
	return fails(e)
}

// path is readPath and find in one.
func (c *Context) path(which int, flags tracee.Flags) (a answer, ok bool) {
	if a, ok := c.readPath(which); !ok {
		return a, false
	}
	return c.find(which, c.dirfd(which), flags)
}
