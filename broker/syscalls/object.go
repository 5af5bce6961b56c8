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

// existing finds, judges and pins what a path names. The caller closes it.
func (c *Context) existing(dirfd int, addr uint64, flags tracee.Flags, access rules.Access) (object, answer, bool) {
	none := object{fd: -1}
	if a, ok := c.identify(false); !ok {
		return none, a, false
	}
	if a, ok := c.readPath(0, addr); !ok {
		return none, a, false
	}
	for range maxSwaps {
		if a, ok := c.find(0, dirfd, flags); !ok {
			return none, a, false
		}
		if a, ok := c.judgeExisting(access); !ok {
			return none, a, false
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
		if e == unix.EBADF {
			return -1, fails(e), false
		}
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
func (c *Context) onObject(dirfd int, addr uint64, flags tracee.Flags, access rules.Access, do func(fd int) sys.Errno) answer {
	o, a, ok := c.existing(dirfd, addr, flags, access)
	if !ok {
		return a
	}
	defer o.close()
	return c.effect(func() sys.Errno { return do(o.fd) })
}

// onHeld carries a call out on the object a descriptor names.
func (c *Context) onHeld(fd int, do func(fd int) sys.Errno) answer {
	copied, a, ok := c.held(fd, rules.Attr)
	if !ok {
		return a
	}
	return c.effect(func() sys.Errno { return do(copied) })
}

// byPath runs a call that takes only paths on a pinned object: the magic link
// of the broker's own descriptor leads to that object and nowhere else.
func (c *Context) byPath(fd int, do func(path []byte) sys.Errno) sys.Errno {
	var buf [40]byte
	return do(c.env.Proc.SelfFD(buf[:], fd))
}
