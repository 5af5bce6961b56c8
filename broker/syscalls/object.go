package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// object is an existing thing that was judged and is held by a descriptor.
type object struct {
	fd    int
	owned bool
}

func (o object) close() {
	if o.owned {
		sys.Close(o.fd)
	}
}

var emptyPath = []byte{0}

// existing finds, judges and pins what the call's path names. The caller closes
// it.
func (c *Context) existing(flags tracee.Flags, access rules.Access) (object, answer, bool) {
	none := object{fd: -1}
	if a, ok := c.identify(false); !ok {
		return none, a, false
	}
	if a, ok := c.readPath(0); !ok {
		return none, a, false
	}
	if o, a, done := c.existingQuick(flags, access); done {
		return o, a, o.fd >= 0
	}
	for range maxSwaps {
		if a, ok := c.find(0, c.dirfd(0), flags); !ok {
			return none, a, false
		}
		if !c.judge(0, access) {
			if c.replaced(access) {
				return c.replacement()
			}
			return none, c.refuseExisting(), false
		}
		place := c.place[0]
		if place.Object >= 0 {
			return object{fd: place.Object}, answer{}, true
		}
		how := unix.OpenHow{Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: noLinks}
		fd, e := sys.Openat2(place.Dir, place.Name, &how)
		switch {
		case e == unix.ELOOP:
			continue
		case e != 0:
			return none, c.result(e), false
		case flags&tracee.Follow != 0 && c.isLink(fd):
			sys.Close(fd)
			continue // it was a file when the walk looked
		}
		return object{fd: fd, owned: true}, answer{}, true
	}
	return none, c.failed(unix.ELOOP, "the path keeps changing between a file and a symlink"), false
}

// existingQuick is existing for a path without symlinks, with one open. done
// is false when the walk has to decide.
func (c *Context) existingQuick(flags tracee.Flags, access rules.Access) (o object, a answer, done bool) {
	o.fd = -1
	if len(c.raw[0]) == 0 {
		return o, a, false
	}
	place, ok, e := c.walk[0].Quick(c.thread, c.dirfd(0), c.raw[0])
	if !ok {
		return o, a, false
	}
	if !c.valid() {
		return o, answered, true
	}
	if e != 0 {
		return o, c.lookupFailed(e), true
	}
	c.place[0] = place
	for {
		o, a, linked, done := c.existingLexical(flags, access)
		if done || !linked || !c.relink(flags) {
			return o, a, done
		}
	}
}

// existingLexical decides and pins a path that is canonical unless there is a
// symlink in it, which linked then tells.
func (c *Context) existingLexical(flags tracee.Flags, access rules.Access) (o object, a answer, linked, done bool) {
	o.fd = -1
	place := c.place[0]
	d := c.decide(place.Path, access|c.optional(), 0)
	if d.Verdict != rules.Allow {
		return o, a, false, false
	}
	c.decision = d
	c.asked[0] = access
	c.how = unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: noLinks}
	if flags&tracee.Follow == 0 {
		c.how.Flags |= unix.O_NOFOLLOW
	}
	if a, ok := c.wear(); !ok {
		return o, a, false, true
	}
	fd, e := sys.Openat2(place.Dir, place.Name, &c.how)
	c.leave()
	switch {
	case e == unix.ELOOP:
		return o, a, true, false
	case e == unix.EMFILE || e == unix.ENFILE:
		return o, c.openFailed(e), false, true
	case e != 0:
		return o, c.result(e), false, true
	case c.onProcfs(fd):
		sys.Close(fd)
		return o, a, false, false
	}
	return object{fd: fd, owned: true}, answer{}, false, true
}

// onProcfs reports whether a path that looks like any other led into a procfs.
func (c *Context) onProcfs(fd int) bool {
	var about tracee.About
	return c.env.Proc.About(fd, &about) != 0 || about.Proc
}

func (c *Context) isLink(fd int) bool {
	var st unix.Stat_t
	return sys.Fstat(fd, &st) == 0 && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

// held judges what a descriptor of the target refers to and returns a copy
// that shares its open file description. The walker owns the copy.
func (c *Context) held(fd int, access rules.Access) (int, answer, bool) {
	if a, ok := c.identify(false); !ok {
		return -1, a, false
	}
	copied, e := c.thread.GetFD(fd)
	if e != 0 {
		return -1, c.lookupFailed(e), false
	}
	place, e := c.walk[0].Name(c.thread, copied)
	if !c.valid() {
		return -1, answered, false
	}
	if e != 0 {
		return -1, c.failed(e, "the descriptor's path cannot be told"), false
	}
	c.place[0] = place
	if !c.judge(0, access) {
		return -1, c.refuse(""), false
	}
	return copied, answer{}, true
}

// onObject carries a call out on the object a path names.
func (c *Context) onObject(flags tracee.Flags, access rules.Access, do func(fd int) sys.Errno) answer {
	if flags&tracee.Empty != 0 {
		if e := c.emptyTaken(); e != 0 {
			return c.lookupFailed(e)
		}
	}
	if c.arg(argPath) == 0 && flags&tracee.Empty != 0 && c.nullMeansEmpty() {
		return c.onHeldDir(access, do)
	}
	o, a, ok := c.existing(flags, access)
	if !ok {
		return a
	}
	defer o.close()
	return c.alter(func() sys.Errno { return do(o.fd) })
}

// onHeldDir carries a call out on what the directory descriptor of a call with
// NULL for its path refers to.
func (c *Context) onHeldDir(access rules.Access, do func(fd int) sys.Errno) answer {
	c.raw[0] = emptyPath[:0]
	if a, ok := c.identify(false); !ok {
		return a
	}
	if a, ok := c.find(0, c.dirfd(0), tracee.Empty); !ok {
		return a
	}
	if a, ok := c.judgeExisting(access); !ok {
		return a
	}
	return c.alter(func() sys.Errno { return do(c.place[0].Object) })
}

// onHeld carries a call out on the object a descriptor names.
func (c *Context) onHeld(fd int, do func(fd int) sys.Errno) answer {
	copied, a, ok := c.held(fd, rules.Attr)
	if !ok {
		return a
	}
	return c.alter(func() sys.Errno { return do(copied) })
}

// byPath runs a call that takes only paths on a pinned object: the magic link
// of the broker's own descriptor leads to that object and nowhere else.
func (c *Context) byPath(fd int, do func(path []byte) sys.Errno) sys.Errno {
	var buf [40]byte
	return do(c.env.Proc.SelfFD(buf[:], fd))
}
