package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func doMkdir(c *Context) answer {
	place, a, ok := c.newEntry()
	if !ok {
		return a
	}
	return c.effect(func() sys.Errno { return sys.Mkdirat(place.Dir, place.Name, uint32(c.arg(argMode))) })
}

// doMknod makes FIFOs, sockets and files as asked, and device nodes only where
// a rule spells out the path.
func doMknod(c *Context) answer {
	mode, dev := uint32(c.arg(argMode)), c.arg(argDev)
	switch mode & unix.S_IFMT {
	case 0, unix.S_IFREG, unix.S_IFCHR, unix.S_IFBLK, unix.S_IFIFO, unix.S_IFSOCK:
	case unix.S_IFDIR:
		return fails(unix.EPERM)
	default:
		return c.badFlags()
	}
	place, a, ok := c.newEntry()
	if !ok {
		return a
	}
	node := unix.Stat_t{Mode: mode, Rdev: deviceNumber(uint32(dev))}
	if kind := mode & unix.S_IFMT; kind == unix.S_IFCHR || kind == unix.S_IFBLK {
		node.Mode = unix.S_IFBLK // no device is standard when it is made
		if !c.deviceAllowed(0, &node, rules.Create) {
			if c.stands(place) == 0 {
				return fails(unix.EEXIST)
			}
			return c.refuse("a device node that no rule names")
		}
	}
	return c.effect(func() sys.Errno { return sys.Mknodat(place.Dir, place.Name, mode, dev) })
}

// deviceNumber turns mknod(2)'s argument into stat's form: new_decode_dev.
func deviceNumber(dev uint32) uint64 {
	return unix.Mkdev((dev&0xfff00)>>8, dev&0xff|(dev>>12)&0xfff00)
}

// doSymlink makes a link whose text is the target's business: a path is judged
// when it is followed, not when it is written down.
func doSymlink(c *Context) answer {
	content, e := c.thread.ReadPath(c.arg(argText), c.buf[1][:tracee.PathMax])
	if e != 0 {
		return c.invalid(e, "the text of the link cannot be read")
	}
	if len(content) == 0 {
		return fails(unix.ENOENT)
	}
	place, a, ok := c.newEntry()
	if !ok {
		return a
	}
	return c.effect(func() sys.Errno { return sys.Symlinkat(c.buf[1][:len(content)+1], place.Dir, place.Name) })
}

// newEntry finds and judges a directory entry to be made. One that exists
// already is EEXIST whatever the rules say, as `mkdir -p` expects.
func (c *Context) newEntry() (*tracee.Place, answer, bool) {
	if a, ok := c.identify(true); !ok {
		return nil, a, false
	}
	if a, ok := c.path(0, tracee.Entry); !ok {
		return nil, a, false
	}
	if a, ok := c.judgeNew(0, rules.Create); !ok {
		return nil, a, false
	}
	return c.place[0], answer{}, true
}

// judgeNew judges a name that is to be made. Where it may not, but stands
// already, the kernel's EEXIST is the answer.
func (c *Context) judgeNew(which int, access rules.Access) (answer, bool) {
	if c.judge(which, access) {
		return answer{}, true
	}
	if c.hidden() {
		return c.refuse(""), false
	}
	switch e := c.stands(c.place[which]); e {
	case unix.ENOENT:
		return c.refuse(""), false
	case 0:
		return fails(unix.EEXIST), false
	default:
		return fails(e), false
	}
}

// effect does the judged thing with the target's identity and answers. No local
// socket is bound meanwhile, since directory entries may change.
func (c *Context) effect(do func() sys.Errno) answer {
	return c.alter(func() sys.Errno {
		c.env.names.RLock()
		defer c.env.names.RUnlock()
		return do()
	})
}

// alter is effect for what changes an object and no name. It may sleep: a lease
// holds up a truncate (fcntl(2), F_SETLEASE), and would hold up everybody's.
func (c *Context) alter(do func() sys.Errno) answer {
	if a, ok := c.wear(); !ok {
		return a
	}
	e := do()
	c.leave()
	return c.result(e)
}
