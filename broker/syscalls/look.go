package syscalls

import (
	"sync"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// look finds what a call asks about and takes the target's identity to ask
// with; lookedAt ends both. An empty path means a descriptor that the target
// holds, which is not judged again.
func (c *Context) look(flags tracee.Flags) (object, answer, bool) {
	o, a, ok := c.lookUp(flags)
	if !ok {
		return o, a, false
	}
	if a, ok := c.wear(); !ok {
		o.close()
		return o, a, false
	}
	return o, answer{}, true
}

func (c *Context) lookedAt(o object) {
	c.leave()
	o.close()
}

func (c *Context) lookUp(flags tracee.Flags) (object, answer, bool) {
	if flags&tracee.Empty != 0 && c.emptyPath() {
		if e := c.emptyTaken(); e != 0 {
			return object{fd: -1}, c.lookupFailed(e), false
		}
		return c.descriptor()
	}
	return c.existing(flags, rules.Stat)
}

// emptyPath reports whether the path is "" or, where the kernel takes it for
// that, NULL. With AT_EMPTY_PATH most calls are of this kind: it is glibc's
// fstat.
func (c *Context) emptyPath() bool {
	if c.arg(argPath) == 0 {
		return c.nullMeansEmpty()
	}
	var first [1]byte
	return c.thread.Read(c.arg(argPath), first[:]) == 0 && first[0] == 0
}

// nullMeansEmpty tells the calls that were given this after Linux 6.11, and
// whether this kernel does it.
func (c *Context) nullMeansEmpty() bool {
	switch c.call.Number {
	case unix.SYS_STATX, unix.SYS_NEWFSTATAT, unix.SYS_GETXATTRAT, unix.SYS_LISTXATTRAT, unix.SYS_SETXATTRAT,
		unix.SYS_REMOVEXATTRAT, unix.SYS_FILE_GETATTR, unix.SYS_FILE_SETATTR:
		return takesNull()
	}
	return false
}

var takesNull = sync.OnceValue(func() bool { return sys.StatNull() == 0 })

// descriptor pins what the target's descriptor, or its working directory,
// refers to.
func (c *Context) descriptor() (object, answer, bool) {
	none := object{fd: -1}
	if a, ok := c.identify(false); !ok {
		return none, a, false
	}
	fd, e := c.thread.OpenDir(c.dirfd(0))
	if !c.valid() {
		sys.Close(fd)
		return none, answered, false
	}
	if e == unix.EBADF {
		return none, fails(e), false // no path, and programs ask so whether a descriptor is open
	}
	if e != 0 {
		return none, c.lookupFailed(e), false
	}
	return object{fd: fd, owned: true}, answer{}, true
}

// returns writes an answer into the target's memory, ends the call with
// value, and tells who wants to know.
func (c *Context) returns(addr uint64, data []byte, value int64) answer {
	if !c.valid() {
		return answered
	}
	switch e := c.thread.Write(addr, data); e {
	case 0:
	case unix.EFAULT:
		c.finished(e)
		return fails(e)
	case unix.ESRCH:
		return answered
	default:
		return c.failed(unix.EFAULT, "the target's memory cannot be written: "+e.Error())
	}
	c.finished(0)
	return answer{reply: notify.Value(value)}
}

// lookedInto is the end of a call whose answer, of n bytes, is in c.out.
func (c *Context) lookedInto(o object, e sys.Errno, n int) answer {
	c.lookedAt(o)
	if e != 0 {
		return c.result(e)
	}
	return c.returns(c.arg(argBuf), c.out[:n], 0)
}
