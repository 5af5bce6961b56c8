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
	if int64(c.arg(1)) < 0 {
		return fails(unix.EINVAL)
	}
	return c.onObject(unix.AT_FDCWD, c.arg(0), tracee.Follow, rules.Write, func(fd int) sys.Errno {
		return c.byPath(fd, func(path []byte) sys.Errno { return sys.Truncate(path, int64(c.arg(1))) })
	})
}

func doChmod(c *Context) answer    { return c.chmod(unix.AT_FDCWD, c.arg(0), c.arg(1), 0) }
func doFchmodat(c *Context) answer { return c.chmod(c.fd(0), c.arg(1), c.arg(2), 0) }

func doFchmodat2(c *Context) answer { return c.chmod(c.fd(0), c.arg(1), c.arg(2), c.fd(3)) }

func doFchmod(c *Context) answer {
	return c.onHeld(c.fd(0), func(fd int) sys.Errno { return sys.Fchmod(fd, uint32(c.arg(1))) })
}

func (c *Context) chmod(dirfd int, addr, mode uint64, at int) answer {
	flags, ok := atFlags(at)
	if !ok {
		return fails(unix.EINVAL)
	}
	return c.onObject(dirfd, addr, flags, rules.Attr, func(fd int) sys.Errno {
		if c.isLink(fd) {
			return unix.EOPNOTSUPP // as every file system answers: fchmodat(2)
		}
		return c.byPath(fd, func(path []byte) sys.Errno {
			return sys.Fchmodat(unix.AT_FDCWD, path, uint32(mode))
		})
	})
}

// atFlags translates AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH, and reports
// whether there are no others.
func atFlags(at int) (tracee.Flags, bool) {
	flags := tracee.Follow
	if at&unix.AT_SYMLINK_NOFOLLOW != 0 {
		flags = 0
	}
	if at&unix.AT_EMPTY_PATH != 0 {
		flags |= tracee.Empty
	}
	return flags, at&^(unix.AT_SYMLINK_NOFOLLOW|unix.AT_EMPTY_PATH) == 0
}

func doChown(c *Context) answer {
	return c.chown(unix.AT_FDCWD, c.arg(0), c.arg(1), c.arg(2), tracee.Follow)
}

func doLchown(c *Context) answer { return c.chown(unix.AT_FDCWD, c.arg(0), c.arg(1), c.arg(2), 0) }

func doFchownat(c *Context) answer {
	flags, ok := atFlags(c.fd(4))
	if !ok {
		return fails(unix.EINVAL)
	}
	return c.chown(c.fd(0), c.arg(1), c.arg(2), c.arg(3), flags)
}

func doFchown(c *Context) answer {
	return c.onHeld(c.fd(0), func(fd int) sys.Errno { return sys.Fchown(fd, uint32(c.arg(1)), uint32(c.arg(2))) })
}

func (c *Context) chown(dirfd int, addr, uid, gid uint64, flags tracee.Flags) answer {
	return c.onObject(dirfd, addr, flags, rules.Attr, func(fd int) sys.Errno {
		return sys.Fchownat(fd, emptyPath, uint32(uid), uint32(gid), unix.AT_EMPTY_PATH)
	})
}

// doUtime reads a struct utimbuf: two seconds. utime(2).
func doUtime(c *Context) answer {
	return c.utimes(unix.AT_FDCWD, c.arg(0), c.arg(1), tracee.Follow, 1)
}

func doUtimes(c *Context) answer {
	return c.utimes(unix.AT_FDCWD, c.arg(0), c.arg(1), tracee.Follow, 1000)
}

func doFutimesat(c *Context) answer {
	return c.utimes(c.fd(0), c.arg(1), c.arg(2), tracee.Follow, 1000)
}

func doUtimensat(c *Context) answer {
	flags, ok := atFlags(c.fd(3))
	if !ok {
		return fails(unix.EINVAL)
	}
	if c.arg(1) == 0 && c.fd(0) != unix.AT_FDCWD && c.fd(3) != 0 {
		return fails(unix.EINVAL)
	}
	return c.utimes(c.fd(0), c.arg(1), c.arg(2), flags, 1_000_000_000)
}

// utimes sets the times of a file. unit is how many parts of a second the
// target's structure counts besides the seconds; 1 means none.
func (c *Context) utimes(dirfd int, addr, times uint64, flags tracee.Flags, unit int64) answer {
	when, e := c.readTimes(times, unit)
	if e != 0 {
		return c.failed(e, "the times cannot be read")
	}
	if when != nil && when[0].Nsec == unix.UTIME_OMIT && when[1].Nsec == unix.UTIME_OMIT {
		return answer{reply: notify.Value(0)} // without a look at the path: utimensat(2)
	}
	if addr == 0 && dirfd != unix.AT_FDCWD {
		return c.onHeld(dirfd, func(fd int) sys.Errno { return sys.Futimens(fd, when, 0) })
	}
	return c.onObject(dirfd, addr, flags, rules.Attr, func(fd int) sys.Errno {
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
	if unit == 1 {
		words = 2
	}
	if e := c.thread.Read(addr, buf[:8*words]); e != 0 {
		return nil, e
	}
	word := func(i int) int64 { return int64(binary.NativeEndian.Uint64(buf[8*i:])) }
	switch unit {
	case 1:
		return &[2]unix.Timespec{{Sec: word(0)}, {Sec: word(1)}}, 0
	case 1000:
		const micros = 1_000_000
		if word(1) < 0 || word(1) >= micros || word(3) < 0 || word(3) >= micros {
			return nil, unix.EINVAL
		}
		return &[2]unix.Timespec{{Sec: word(0), Nsec: word(1) * unit}, {Sec: word(2), Nsec: word(3) * unit}}, 0
	}
	return &[2]unix.Timespec{{Sec: word(0), Nsec: word(1)}, {Sec: word(2), Nsec: word(3)}}, 0
}
