package syscalls

import (
	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// sleepingOpen runs an open that may sleep, under the watch. It sleeps on if
// the signal that ended it is gone again: another thread of the target has
// taken it, and a restart without a signal would show the target the kernel's
// own ERESTARTSYS.
func (c *Context) sleepingOpen(open func(*Context) (int, sys.Errno)) (int, sys.Errno) {
	blocking := c.how.Flags&unix.O_NONBLOCK == 0
	if c.kind == unix.S_IFIFO {
		c.env.watch.soon()
	}
	for {
		fd, e := c.watchedOpen(open, blocking)
		if e != errInterrupted || c.interruptionStands() {
			return fd, e
		}
		c.how.Flags &^= unix.O_NONBLOCK
	}
}

func (c *Context) watchedOpen(open func(*Context) (int, sys.Errno), blocking bool) (int, sys.Errno) {
	c.slot.enter(slotOpening)
	fd, e := open(c)
	if !c.env.watch.opened(&c.slot) || !blocking {
		return fd, e
	}
	switch e {
	case 0:
	case unix.EINTR, unix.EAGAIN, unix.ENXIO: // what O_NONBLOCK makes of a sleep: open(2), fcntl(2)
		return -1, errInterrupted
	default:
		return -1, e // it was only slow
	}
	// It was only slow, or its peer came together with the signal, and may
	// have gone on already: it is open now.
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		return fd, 0
	}
	if flags&unix.O_ACCMODE == unix.O_RDONLY && c.isFIFO(fd) && !sys.HasWriters(fd) {
		sys.Close(fd)
		return -1, errInterrupted
	}
	_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags&^unix.O_NONBLOCK)
	return fd, 0
}

// interruptionStands asks again, as the broker, what made the watch end the
// open.
func (c *Context) interruptionStands() bool {
	acting := c.acting
	c.leave()
	if c.env.shouldEnd(&c.slot) {
		return true
	}
	if acting {
		_, ok := c.wear()
		return !ok
	}
	return false
}

func (c *Context) isFIFO(fd int) bool {
	var st unix.Stat_t
	return sys.Fstat(fd, &st) == 0 && st.Mode&unix.S_IFMT == unix.S_IFIFO
}

// interrupted answers an open that the watch ended: the kernel makes EINTR or
// a new call of it, as the signal's handler wants.
func (c *Context) interrupted() answer {
	if !c.valid() {
		return answered
	}
	return answer{reply: notify.Restart()}
}
