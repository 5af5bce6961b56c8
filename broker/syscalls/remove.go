package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func doUnlink(c *Context) answer { return c.remove(0) }
func doRmdir(c *Context) answer  { return c.remove(unix.AT_REMOVEDIR) }

func doUnlinkat(c *Context) answer {
	flags := c.int(argFlags)
	if flags&^unix.AT_REMOVEDIR != 0 {
		return c.badFlags()
	}
	return c.remove(flags)
}

func (c *Context) remove(flags int) answer {
	if a, ok := c.identify(false); !ok {
		return a
	}
	if a, ok := c.path(0, tracee.Entry); !ok {
		return a
	}
	place := c.place[0]
	if a, ok := c.judgeExisting(rules.Remove); !ok {
		return a
	}
	return c.effect(func() sys.Errno {
		if flags&unix.AT_REMOVEDIR != 0 && c.onlySlashes() {
			return unix.EBUSY
		}
		if e := c.busy(place); e != 0 {
			return e
		}
		return c.ownDescriptors(sys.Unlinkat(place.Dir, place.Name, flags))
	})
}

// judgeExisting judges the first place of a call, which must exist. Where it does
// not, that is the answer, and no violation.
func (c *Context) judgeExisting(access rules.Access) (answer, bool) {
	if c.judge(0, access) {
		return answer{}, true
	}
	return c.refuseExisting(), false
}

func (c *Context) refuseExisting() answer {
	var st unix.Stat_t
	switch e := c.exists(c.place[0], &st); {
	case e == unix.ENOENT || e != 0 && !c.hidden():
		return fails(e)
	default:
		return c.refuse("")
	}
}
