package syscalls

import (
	"errors"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// openTerminal opens /dev/tty, which means another thing to every session:
// the controlling terminal of the one who opens it. In the broker's own
// session that is the target's too; elsewhere the target's terminal is opened
// by its number, and a session without one gets ENXIO. tty(4).
func (c *Context) openTerminal(how unix.OpenHow) answer {
	var target, own tracee.Stat
	e := c.env.Proc.Stat(c.thread.TID, &target)
	if e == 0 {
		e = c.env.Proc.Stat(unix.Getpid(), &own)
	}
	if !c.valid() {
		return answered
	}
	if e != 0 {
		return c.failed(unix.EACCES, "the target's terminal cannot be told: "+e.Error())
	}
	if target.TTY == 0 {
		c.finished(unix.ENXIO)
		return fails(unix.ENXIO)
	}
	path := []byte("/dev/tty\x00")
	if target.TTY != own.TTY {
		path = terminalPath(target.TTY)
	}
	if path == nil {
		return c.failed(unix.ENXIO, "the target's terminal is neither the broker's nor a pseudo-terminal")
	}
	if a, ok := c.wear(); !ok {
		return a
	}
	how.Flags |= unix.O_NOCTTY | unix.O_CLOEXEC
	how.Flags &^= unix.O_CREAT | unix.O_EXCL
	how.Mode = 0
	how.Resolve = noLinks
	fd, e := sys.Openat2(unix.AT_FDCWD, path, &how)
	c.leave()
	if e != 0 {
		return c.openFailed(e)
	}
	return c.inject(fd, c.flags)
}

// terminalPath is the node of a pseudo-terminal: majors 136 to 143, 256
// each. devices.txt. The number in stat is in the kernel's old encoding.
func terminalPath(tty uint32) []byte {
	major := (tty >> 8) & 0xfff
	minor := tty&0xff | (tty>>12)&0xfff00
	if major < 136 || major > 143 {
		return nil
	}
	n := (major-136)*256 + minor
	return appendInt([]byte("/dev/pts/"), int(n))
}

// injectErrno takes the errno out of a failed injection; gone tells that
// nobody waits for the descriptor any more.
func injectErrno(err error) (e sys.Errno, gone bool) {
	if errors.Is(err, notify.ErrGone) {
		return 0, true
	}
	if !errors.As(err, &e) {
		e = unix.EPERM
	}
	return e, false
}
