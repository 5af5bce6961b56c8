package syscalls

import (
	"bytes"

	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// pinPath resolves, judges and pins the file of a local socket. The kernel
// then gets the magic link of the broker's own descriptor: no path of the
// target's, and so no other file. The peer does not see what path was used.
func (c *Context) pinPath(d *destination, u use) (answer, bool) {
	for range maxSwaps {
		place, a, ok := c.findSocket(d.path, tracee.Follow)
		if !ok {
			return a, false
		}
		if place.Anonymous {
			return fails(unix.ECONNREFUSED), false // nobody listens at a file without a name
		}
		if !c.judgeAddress(rules.Address{Family: rules.UnixPath, Name: place.Path}, u.access()) {
			if c.leadsTo() != nil {
				return c.notAllowedTo(d)
			}
			return c.refusePath(place), false
		}
		fd := place.Object
		if fd < 0 {
			how := unix.OpenHow{Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: noLinks}
			var e sys.Errno
			fd, e = sys.Openat2(place.Dir, place.Name, &how)
			if e == unix.ELOOP {
				continue
			}
			if e != 0 {
				return c.result(e), false
			}
			n := c.net()
			n.held = append(n.held, fd)
			if c.isLink(fd) {
				continue // it was a file when the walk looked
			}
		}
		d.raw = c.addressOf(fd)
		return answer{}, true
	}
	return c.failed(unix.ELOOP, "the path keeps changing between a file and a symlink"), false
}

// addressOf writes a local address that leads to what fd holds.
func (c *Context) addressOf(fd int) []byte {
	raw := append(c.net().own[:0], unix.AF_UNIX, 0)
	path := c.env.Proc.SelfFD(raw[unixPathAt:unixPathAt:len(c.net().own)], fd)
	return c.net().own[:unixPathAt+len(path)]
}

// findSocket resolves the path of a local socket, which the record shows as an
// address. It starts at the target's working directory, as the kernel does.
func (c *Context) findSocket(path []byte, flags tracee.Flags) (*tracee.Place, answer, bool) {
	c.raw[0] = path
	a, ok := c.find(0, unix.AT_FDCWD, flags)
	place := c.place[0]
	c.raw[0], c.place[0] = nil, nil
	if !ok {
		return nil, a, false
	}
	return place, answer{}, true
}

// refusePath answers a path that rules do not let through. What is not there
// is no violation.
func (c *Context) refusePath(place *tracee.Place) answer {
	var st unix.Stat_t
	if e := c.exists(place, &st); e == unix.ENOENT {
		return fails(e)
	}
	return c.refuse("")
}

// bindPath makes a local socket's file and binds it. Nobody in the tree renames
// anything meanwhile (see effect), so that the kernel can be given the very
// text that the target wrote, which getsockname(2) will show.
func (c *Context) bindPath(d *destination) answer {
	c.env.names.Lock()
	defer c.env.names.Unlock()
	place, a, ok := c.findSocket(d.path, tracee.Entry)
	if !ok {
		return a
	}
	if !c.judgeAddress(rules.Address{Family: rules.UnixPath, Name: place.Path}, rules.Bind) {
		return c.refuse("")
	}
	c.place[0], c.net().shown = place, false
	if !c.judge(0, rules.Create) {
		var st unix.Stat_t
		if c.exists(place, &st) == 0 {
			return fails(unix.EADDRINUSE)
		}
		return c.refuse("")
	}
	dir := c.writtenDir(d.path, place)
	raw := d.raw
	if dir < 0 {
		dir = place.Dir
		raw = append(append(c.net().own[:0], unix.AF_UNIX, 0), place.Name...)
	}
	switch e := sys.Fchdir(dir); e {
	case 0:
	case unix.EACCES: // which the lookup would have said
		return c.result(e)
	default:
		return c.failed(unix.EACCES, "the socket's directory cannot be entered: "+e.Error())
	}
	fd := c.net().sock.fd
	_, e := c.onSocket(func() (int, sys.Errno) { return 0, sys.Bind(fd, raw) })
	_ = sys.Fchdir(c.env.Proc.Root()) // so that the directory can be unmounted; it exists
	return c.socketResult(e)
}

// writtenDir is the directory from which the path, as it is written, leads the
// broker itself to the place; -1 where none does, for instance behind
// /proc/self, or when the target has another root. The kernel then gets the
// name alone, and the socket's address is shorter than the target wrote it.
func (c *Context) writtenDir(path []byte, place *tracee.Place) int {
	slash := bytes.LastIndexByte(path, '/')
	if !bytes.Equal(path[slash+1:], bytes.TrimSuffix(place.Name, []byte{0})) {
		return -1
	}
	from := c.env.Proc.Root()
	if path[0] != '/' {
		cwd, e := c.thread.Open("cwd", unix.O_PATH)
		if e != 0 {
			return -1
		}
		n := c.net()
		n.held = append(n.held, cwd)
		from = cwd
	}
	var buf tracee.PathBuffer
	parent := append(append(buf[:0], path[:slash+1]...), ".\x00"...)
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS}
	fd, e := sys.Openat2(from, parent, &how)
	if e != 0 {
		return -1
	}
	defer sys.Close(fd)
	if !sameDirectory(fd, place.Dir) {
		return -1
	}
	return from
}

// sameDirectory reports whether two descriptors are the same directory of the
// same mount. When in doubt they are not.
func sameDirectory(a, b int) bool {
	const mask = unix.STATX_INO | unix.STATX_MNT_ID
	var x, y unix.Statx_t
	if sys.Statx(a, emptyPath, unix.AT_EMPTY_PATH, mask, &x) != 0 || sys.Statx(b, emptyPath, unix.AT_EMPTY_PATH, mask, &y) != 0 {
		return false
	}
	return x.Mask&y.Mask&mask == mask && x.Ino == y.Ino && x.Dev_major == y.Dev_major && x.Dev_minor == y.Dev_minor && x.Mnt_id == y.Mnt_id
}
