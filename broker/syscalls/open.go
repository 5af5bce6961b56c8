package syscalls

import (
	"bytes"

	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

const noLinks = unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS

// maxSwaps bounds how often a lookup starts anew because somebody exchanged a
// file for a symlink between the walk and the open.
const maxSwaps = 8

func doOpen(c *Context) answer { return c.open(legacyHow(c.arg(argFlags), c.arg(argMode))) }

func doCreat(c *Context) answer {
	return c.open(legacyHow(unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC, c.arg(argMode)))
}

func doOpenat2(c *Context) answer {
	how, e := c.readHow(c.arg(argHow), c.arg(argSize))
	if e == 0 {
		e = checkHow(&how)
	}
	if e != 0 {
		return c.invalid(e, "a struct open_how that the kernel refuses")
	}
	if how.Flags&unix.O_PATH == 0 {
		how.Flags |= largeFile
	}
	return c.open(how)
}

// open carries out a decoded open. The common case, an allowed path without
// symlinks, is decided lexically and opened once.
func (c *Context) open(how unix.OpenHow) answer {
	dirfd := c.dirfd(0)
	c.flags = how.Flags
	if needsCheck(how.Flags) {
		if e := checkHow(&how); e != 0 {
			return c.invalid(e, "arguments that the kernel refuses")
		}
	}
	if a, ok := c.identify(how.Flags&(unix.O_CREAT|tmpFileBit) != 0); !ok {
		return a
	}
	if a, ok := c.readPath(0); !ok {
		return a
	}
	if c.tableFull(&how) {
		c.finished(unix.EMFILE)
		return fails(unix.EMFILE)
	}
	if how.Flags&unix.O_PATH != 0 {
		return c.openReference(dirfd, how)
	}
	if how.Resolve == 0 && how.Flags&tmpFileBit == 0 {
		if a, ok := c.openQuick(dirfd, how); ok {
			return a
		}
	}
	return c.openWalked(dirfd, how)
}

// openAt opens a place, which holds no symlink, with the flags of the call.
func (c *Context) openAt(how unix.OpenHow) (int, sys.Errno) {
	c.how = how
	c.how.Flags |= unix.O_CLOEXEC
	if how.Flags&unix.O_PATH == 0 {
		c.how.Flags |= unix.O_NOCTTY // or the broker would acquire the target's terminal
	}
	c.how.Resolve = noLinks | how.Resolve&unix.RESOLVE_NO_XDEV
	return c.sleepingOpen(openName)
}

func openName(c *Context) (int, sys.Errno) {
	return sys.Openat2(c.place[0].Dir, c.place[0].Name, &c.how)
}

func reopenObject(c *Context) (int, sys.Errno) {
	return c.env.Proc.Reopen(c.place[0].Object, &c.how)
}

// openFailed answers with the errno of the broker's own open, which is the
// target's: same object, same identity. Only descriptors are the broker's own.
func (c *Context) openFailed(e sys.Errno) answer {
	switch e {
	case unix.EMFILE, unix.ENFILE:
		return c.failed(unix.ENFILE, "the broker is out of descriptors")
	}
	c.finished(e)
	return fails(e)
}

// openWalked is the careful way: resolve, judge what was found, open that.
func (c *Context) openWalked(dirfd int, how unix.OpenHow) answer {
	flags := walkFlags(how)
	if how.Flags&unix.O_CREAT != 0 && bytes.HasSuffix(c.raw[0], []byte{'/'}) {
		flags |= tracee.Entry // EISDIR, whatever stands there: open(2)
	}
	for range maxSwaps {
		if a, ok := c.find(0, dirfd, flags); !ok {
			return a
		}
		a, again := c.openPlace(how)
		if !again {
			return a
		}
	}
	return c.failed(unix.ELOOP, "the path keeps changing between a file and a symlink")
}

// walkFlags translates the flags of an open into those of a walk.
func walkFlags(how unix.OpenHow) tracee.Flags {
	var f tracee.Flags
	if how.Flags&unix.O_NOFOLLOW == 0 && how.Flags&(unix.O_CREAT|unix.O_EXCL) != unix.O_CREAT|unix.O_EXCL {
		f |= tracee.Follow
	}
	for _, m := range []struct {
		bit  uint64
		flag tracee.Flags
	}{
		{unix.RESOLVE_BENEATH, tracee.Beneath}, {unix.RESOLVE_IN_ROOT, tracee.InRoot},
		{unix.RESOLVE_NO_SYMLINKS, tracee.NoSymlinks}, {unix.RESOLVE_NO_MAGICLINKS, tracee.NoMagicLinks},
		{unix.RESOLVE_NO_XDEV, tracee.NoXdev},
	} {
		if how.Resolve&m.bit != 0 {
			f |= m.flag
		}
	}
	return f
}

// openPlace judges and opens the place that the walk found. again asks for
// another walk.
func (c *Context) openPlace(how unix.OpenHow) (a answer, again bool) {
	place := c.place[0]
	var st unix.Stat_t
	missing := c.exists(place, &st)
	c.kind = st.Mode & unix.S_IFMT
	if place.Anonymous && how.Flags&tmpFileBit != 0 {
		return fails(unix.ENOTDIR), false // pipes and the like
	}
	how, a, ok := c.judgeOpen(how, missing)
	if !ok {
		return a, false
	}
	if missing == 0 {
		if !c.deviceAllowed(0, &st, openClasses(how.Flags)) {
			return c.refuse("a device that no rule names"), false
		}
		if st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == unix.Mkdev(5, 0) && how.Flags&unix.O_PATH == 0 {
			return c.openTerminal(how), false
		}
	}
	if a, ok := c.wear(); !ok {
		return a, false
	}
	fd, e := c.openFound(place, how)
	c.leave()
	switch {
	case e == unix.ELOOP && place.Object < 0 && how.Flags&unix.O_NOFOLLOW == 0:
		return answer{}, true
	case e == errInterrupted:
		return c.interrupted(), false
	case e != 0:
		return c.openFailed(c.ownDescriptors(e)), false
	}
	if missing != 0 && c.unexpected(fd) {
		sys.Close(fd)
		return answer{}, true // something was put there meanwhile: look at it
	}
	return c.inject(fd, how.Flags), false
}

// judgeOpen asks the rules. The class create is asked only when the file is
// not there; where the rules allow everything but creating, O_CREAT is taken
// off, so that nothing is created if the file goes away meanwhile.
func (c *Context) judgeOpen(how unix.OpenHow, missing sys.Errno) (unix.OpenHow, answer, bool) {
	base := openClasses(how.Flags)
	creates := how.Flags&unix.O_CREAT != 0
	if how.Flags&tmpFileBit != 0 {
		c.nameTemporary()
	}
	if !c.judge(0, base) {
		return how, c.openRefused(how, missing), false
	}
	if !creates {
		return how, answer{}, true
	}
	before, would := c.decision, c.would
	made := c.judge(0, rules.Create)
	if missing == 0 {
		c.asked[0] &^= rules.Create
		if !made || c.would && !would { // nothing is created, so nothing is refused
			c.decision, c.would = before, would
		}
	}
	if made {
		return how, answer{}, true
	}
	if missing == 0 {
		if how.Flags&unix.O_EXCL != 0 {
			return how, fails(unix.EEXIST), false
		}
		how.Flags &^= unix.O_CREAT
		how.Mode = 0
		return how, answer{}, true
	}
	return how, c.refuse(""), false
}

// openRefused answers an open that the rules do not let through as it is.
func (c *Context) openRefused(how unix.OpenHow, missing sys.Errno) answer {
	if c.decision.Verdict == rules.Emulate {
		return c.emulateOpen(how)
	}
	if missing != 0 && how.Flags&unix.O_CREAT == 0 && (missing == unix.ENOENT || !c.hidden()) {
		return fails(missing)
	}
	return c.refuse("")
}

// TemporaryName is what rules know a file as that has no name yet: O_TMPFILE.
const TemporaryName = "#tmpfile"

// nameTemporary gives an O_TMPFILE a name to judge: the kernel calls the file
// "#" and its inode number, below the directory that was named.
func (c *Context) nameTemporary() {
	place := c.place[0]
	path := append(c.temp[:0], place.Path...)
	if len(path) > 1 {
		path = append(path, '/')
	}
	place.Path = append(path, TemporaryName...)
}

// openFound opens what was judged: the object itself where the walk holds it,
// else the name in the directory that it holds.
func (c *Context) openFound(place *tracee.Place, how unix.OpenHow) (int, sys.Errno) {
	if place.Object < 0 {
		return c.openAt(how)
	}
	if how.Flags&(unix.O_CREAT|unix.O_EXCL) == unix.O_CREAT|unix.O_EXCL {
		return -1, unix.EEXIST
	}
	c.how = unix.OpenHow{Flags: how.Flags &^ (unix.O_CREAT | unix.O_NOFOLLOW)}
	if how.Flags&tmpFileBit != 0 {
		c.how.Mode = how.Mode
	}
	if how.Flags&unix.O_PATH == 0 {
		c.how.Flags |= unix.O_NOCTTY
	}
	return c.sleepingOpen(reopenObject)
}
