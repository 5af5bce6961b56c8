package syscalls

import (
	"encoding/binary"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func doTruncate(c *Context) answer {
	length := int64(c.arg(argLength))
	if length < 0 {
		return c.badFlags()
	}
	limit, e := c.thread.SizeLimit() // before the target's identity is put on
	switch {
	case e == 0:
	case !c.valid(): // killed meanwhile
		return answered
	default:
		return c.failed(unix.EPERM, "the target's limits cannot be read: "+e.Error())
	}
	return c.onObject(tracee.Follow, rules.Write, func(fd int) sys.Errno {
		return c.byPath(fd, func(path []byte) sys.Errno {
			if e := c.tooLong(fd, path, length, limit); e != 0 {
				return e
			}
			return sys.Truncate(path, length)
		})
	})
}

// tooLong holds the target to its RLIMIT_FSIZE, which the kernel would not
// find in the broker: what it may not write it cannot have truncated either.
// As in the kernel only a file that grows counts, all other reasons to fail come
// first, and the signal comes with the errno: setrlimit(2), inode_newsize_ok in
// fs/attr.c.
func (c *Context) tooLong(fd int, path []byte, length int64, limit uint64) sys.Errno {
	if uint64(length) <= limit {
		return 0
	}
	var st unix.Stat_t
	if e := sys.Fstat(fd, &st); e != 0 {
		return e
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size >= length {
		return 0
	}
	how := unix.OpenHow{Flags: unix.O_WRONLY | unix.O_NONBLOCK | unix.O_CLOEXEC}
	writable, e := sys.Openat2(unix.AT_FDCWD, path, &how)
	if e != 0 {
		return e
	}
	sys.Close(writable)
	c.signalCaller(unix.SIGXFSZ)
	return unix.EFBIG
}

func doFchmod(c *Context) answer {
	return c.onHeld(c.int(argFD), func(fd int) sys.Errno { return sys.Fchmod(fd, uint32(c.arg(argMode))) })
}

func doChmod(c *Context) answer {
	flags, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	return c.onObject(flags, rules.Attr, func(fd int) sys.Errno {
		if c.isLink(fd) {
			return unix.EOPNOTSUPP // as every file system answers: fchmodat(2)
		}
		return c.byPath(fd, func(path []byte) sys.Errno {
			return sys.Fchmodat(unix.AT_FDCWD, path, uint32(c.arg(argMode)))
		})
	})
}

func doChown(c *Context) answer {
	flags, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	return c.onObject(flags, rules.Attr, func(fd int) sys.Errno {
		return sys.Fchownat(fd, emptyPath, uint32(c.arg(argUID)), uint32(c.arg(argGID)), unix.AT_EMPTY_PATH)
	})
}

func doFchown(c *Context) answer {
	return c.onHeld(c.int(argFD), func(fd int) sys.Errno {
		return sys.Fchown(fd, uint32(c.arg(argUID)), uint32(c.arg(argGID)))
	})
}

// Parts of a second that a structure counts besides the seconds.
const (
	seconds = 1 // none: struct utimbuf
	micros  = 1_000_000
	nanos   = 1_000_000_000
)

func doUtime(c *Context) answer  { return c.utimes(seconds) }
func doUtimes(c *Context) answer { return c.utimes(micros) }

func doUtimensat(c *Context) answer { return c.utimes(nanos) }

// utimes sets the times of a file. The order of the checks is the kernel's:
// fs/utimes.c.
func (c *Context) utimes(unit int64) answer {
	when, e := c.readTimes(c.arg(argTimes), unit)
	if e != 0 {
		return c.invalid(e, "the times cannot be read")
	}
	if when != nil && when[0].Nsec == unix.UTIME_OMIT && when[1].Nsec == unix.UTIME_OMIT {
		return answer{reply: notify.Value(0)} // without a look at the path: utimensat(2)
	}
	if c.has(argDir) && c.arg(argPath) == 0 && c.dirfd(0) != unix.AT_FDCWD {
		if c.int(argAt) != 0 {
			return c.badFlags()
		}
		return c.onHeld(c.dirfd(0), func(fd int) sys.Errno { return sys.Futimens(fd, when, 0) })
	}
	flags, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	return c.onObject(flags, rules.Attr, func(fd int) sys.Errno {
		return sys.Utimensat(fd, emptyPath, when, unix.AT_EMPTY_PATH)
	})
}

// readTimes copies two times: utimbuf, timeval or timespec. nil means now.
func (c *Context) readTimes(addr uint64, unit int64) (*[2]unix.Timespec, sys.Errno) {
	if addr == 0 {
		return nil, 0
	}
	var buf [32]byte
	words := 4
	if unit == seconds {
		words = 2
	}
	if e := c.thread.Read(addr, buf[:8*words]); e != 0 {
		return nil, e
	}
	word := func(i int) int64 { return int64(binary.NativeEndian.Uint64(buf[8*i:])) }
	switch unit {
	case seconds:
		return &[2]unix.Timespec{{Sec: word(0)}, {Sec: word(1)}}, 0
	case micros:
		if word(1) < 0 || word(1) >= micros || word(3) < 0 || word(3) >= micros {
			return nil, unix.EINVAL
		}
		const each = nanos / micros
		return &[2]unix.Timespec{{Sec: word(0), Nsec: word(1) * each}, {Sec: word(2), Nsec: word(3) * each}}, 0
	}
	return &[2]unix.Timespec{{Sec: word(0), Nsec: word(1)}, {Sec: word(2), Nsec: word(3)}}, 0
}
