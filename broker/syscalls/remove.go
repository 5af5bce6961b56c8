package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func doUnlink(c *Context) answer   { return c.remove(unix.AT_FDCWD, c.arg(0), 0) }
func doRmdir(c *Context) answer    { return c.remove(unix.AT_FDCWD, c.arg(0), unix.AT_REMOVEDIR) }
func doUnlinkat(c *Context) answer { return c.remove(c.fd(0), c.arg(1), c.fd(2)) }

func (c *Context) remove(dirfd int, addr uint64, flags int) answer {
	if flags&^unix.AT_REMOVEDIR != 0 {
		return fails(unix.EINVAL)
	}
	if a, ok := c.identify(false); !ok {
		return a
	}
	if a, ok := c.path(0, dirfd, addr, tracee.Entry); !ok {
		return a
	}
	place := c.place[0]
	if a, ok := c.judgeExisting(rules.Remove); !ok {
		return a
	}
	return c.effect(func() sys.Errno { return sys.Unlinkat(place.Dir, place.Name, flags) })
}

// judgeExisting judges the first place of a call, which must exist. Where it does
// not, that is the answer, and no violation.
func (c *Context) judgeExisting(access rules.Access) (answer, bool) {
	if c.judge(0, access) {
		return answer{}, true
	}
	var st unix.Stat_t
	if e := c.exists(c.place[0], &st); e != 0 {
		return fails(e), false
	}
	return c.refuse(""), false
}
