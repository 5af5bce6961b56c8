package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func doMkdir(c *Context) answer   { return c.mkdir(unix.AT_FDCWD, c.arg(0), c.arg(1)) }
func doMkdirat(c *Context) answer { return c.mkdir(c.fd(0), c.arg(1), c.arg(2)) }
func doMknod(c *Context) answer   { return c.mknod(unix.AT_FDCWD, c.arg(0), c.arg(1), c.arg(2)) }
func doMknodat(c *Context) answer { return c.mknod(c.fd(0), c.arg(1), c.arg(2), c.arg(3)) }

func doSymlink(c *Context) answer   { return c.symlink(c.arg(0), unix.AT_FDCWD, c.arg(1)) }
func doSymlinkat(c *Context) answer { return c.symlink(c.arg(0), c.fd(1), c.arg(2)) }

func (c *Context) mkdir(dirfd int, addr, mode uint64) answer {
	place, a, ok := c.newEntry(0, dirfd, addr)
	if !ok {
		return a
	}
	return c.effect(func() sys.Errno { return sys.Mkdirat(place.Dir, place.Name, uint32(mode)) })
}

// mknod makes FIFOs, sockets and files as asked, and device nodes only where
// a rule spells out the path.
func (c *Context) mknod(dirfd int, addr, mode, dev uint64) answer {
	switch mode & unix.S_IFMT {
	case 0, unix.S_IFREG, unix.S_IFCHR, unix.S_IFBLK, unix.S_IFIFO, unix.S_IFSOCK:
	case unix.S_IFDIR:
		return fails(unix.EPERM)
	default:
		return fails(unix.EINVAL)
	}
	place, a, ok := c.newEntry(0, dirfd, addr)
	if !ok {
		return a
	}
	node := unix.Stat_t{Mode: uint32(mode), Rdev: deviceNumber(uint32(dev))}
	if kind := node.Mode & unix.S_IFMT; kind == unix.S_IFCHR || kind == unix.S_IFBLK {
		node.Mode = unix.S_IFBLK // no device is standard when it is made
		if !c.deviceAllowed(0, &node, rules.Create) {
			return c.refuse("a device node that no rule names")
		}
	}
	return c.effect(func() sys.Errno { return sys.Mknodat(place.Dir, place.Name, uint32(mode), dev) })
}

// deviceNumber turns mknod(2)'s argument into stat's form: new_decode_dev.
func deviceNumber(dev uint32) uint64 {
	return unix.Mkdev((dev&0xfff00)>>8, dev&0xff|(dev>>12)&0xfff00)
}

// symlink makes a link whose text is the target's business: a path is judged
// when it is followed, not when it is written down.
func (c *Context) symlink(text uint64, dirfd int, addr uint64) answer {
	content, e := c.thread.ReadPath(text, c.buf[1][:tracee.PathMax])
	if e != 0 {
		return c.failed(e, "the text of the link cannot be read")
	}
	if len(content) == 0 {
		return fails(unix.ENOENT)
	}
	place, a, ok := c.newEntry(0, dirfd, addr)
	if !ok {
		return a
	}
	return c.effect(func() sys.Errno { return sys.Symlinkat(c.buf[1][:len(content)+1], place.Dir, place.Name) })
}

// newEntry finds and judges a directory entry to be made. One that exists
// already is EEXIST whatever the rules say, as `mkdir -p` expects.
func (c *Context) newEntry(which, dirfd int, addr uint64) (*tracee.Place, answer, bool) {
	if a, ok := c.identify(true); !ok {
		return nil, a, false
	}
	if a, ok := c.path(which, dirfd, addr, tracee.Entry); !ok {
		return nil, a, false
	}
	place := c.place[which]
	if !c.judge(which, rules.Create) {
		var st unix.Stat_t
		switch e := c.exists(place, &st); e {
		case unix.ENOENT:
			return nil, c.refuse(""), false
		case 0:
			return nil, fails(unix.EEXIST), false
		default:
			return nil, fails(e), false
		}
	}
	return place, answer{}, true
}

// effect does the judged thing with the target's identity and answers.
func (c *Context) effect(do func() sys.Errno) answer {
	if a, ok := c.wear(); !ok {
		return a
	}
	e := do()
	c.leave()
	return c.result(e)
}
