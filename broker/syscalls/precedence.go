package syscalls

import (
	"bytes"
	"sync"

	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// What is here gives calls the errno that the kernel gives them, where doing
// the same call as somebody else, or from elsewhere, gives another one.

// tableFull ends an open that could have an effect and then find no number for
// its descriptor. The kernel takes the number before it looks at the path.
func (c *Context) tableFull(how *unix.OpenHow) bool {
	return how.Flags&(unix.O_CREAT|unix.O_TRUNC) != 0 && c.thread.TableFull()
}

// stands reports whether a name that is to be made exists already. A slash at
// its end does not matter yet: fs/namei.c, filename_create.
func (c *Context) stands(place *tracee.Place) sys.Errno {
	var st unix.Stat_t
	if place.Object >= 0 {
		return sys.Fstat(place.Object, &st)
	}
	name := append(bytes.Clone(bytes.TrimRight(place.Name[:len(place.Name)-1], "/")), 0)
	return sys.Fstatat(place.Dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
}

// parentSearchable gives EACCES where the target may not search the directory
// of a name that it wants to move: that is found before the other name is
// looked at. With rights that are not the broker's the walk has told already.
func (c *Context) parentSearchable(place *tracee.Place) sys.Errno {
	if c.rights() != nil || place.Object >= 0 {
		return 0
	}
	return sys.Access(place.Dir, unix.X_OK, unix.AT_EACCESS)
}

// onlySlashes reports whether the call's path spells the root directory, which
// is not ".", as which the walk knows it.
func (c *Context) onlySlashes() bool { return len(bytes.TrimLeft(c.raw[0], "/")) == 0 }

// busy reports that something is mounted on a place that is to go, in the
// target's view of the mounts. The kernel looks at the view of who acts:
// fs/namespace.c, is_local_mountpoint. The errno is that of the directory
// where the target may not change it anyway.
func (c *Context) busy(place *tracee.Place) sys.Errno {
	if c.env.FixedRoot || place.Object >= 0 {
		return 0
	}
	const mask = unix.STATX_MNT_ID
	var dir, at unix.Statx_t
	if sys.Statx(place.Dir, emptyPath, unix.AT_EMPTY_PATH, mask, &dir) != 0 ||
		sys.Statx(place.Dir, place.Name, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, mask, &at) != 0 ||
		dir.Mnt_id == at.Mnt_id {
		return 0
	}
	if e := sys.Access(place.Dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS); e != 0 {
		return e
	}
	return unix.EBUSY
}

// ownDescriptors translates EACCES for a place in the target's own /proc/self/fd:
// only the process itself may try to change that, and then finds that it cannot.
// fs/proc/fd.c, proc_fd_permission.
func (c *Context) ownDescriptors(e sys.Errno) sys.Errno {
	if e != unix.EACCES || c.place[0] == nil || !c.inOwnEntry() {
		return e
	}
	dir, name, _ := bytes.Cut(c.place[0].Path[len("/proc/self"):], []byte("/fd"))
	if len(dir) != 0 && !bytes.HasPrefix(dir, []byte("/task/")) {
		return e
	}
	switch inside := bytes.Count(name, []byte{'/'}); {
	case inside == 1 && c.call.Number == unix.SYS_RMDIR, inside == 1 && c.int(argFlags)&unix.AT_REMOVEDIR != 0:
		return unix.ENOTDIR
	case inside == 1 && c.call.Access == rules.Remove:
		return unix.EPERM
	case c.flags&tmpFileBit != 0, inside == 0 && c.call.Access == rules.Attr:
		return unix.EOPNOTSUPP
	}
	return e
}

// emptyTaken gives the errno with which the calls that came with Linux 6.13 and
// 6.17 refuse a descriptor in place of a path: one that was opened with
// O_PATH, and with two of them the working directory. fs/xattr.c.
func (c *Context) emptyTaken() sys.Errno {
	var plain bool
	switch c.call.Number {
	case unix.SYS_LISTXATTRAT, unix.SYS_REMOVEXATTRAT:
		plain = true
	case unix.SYS_GETXATTRAT, unix.SYS_SETXATTRAT, unix.SYS_FILE_GETATTR, unix.SYS_FILE_SETATTR:
	default:
		return 0
	}
	if !c.emptyPath() {
		return 0
	}
	fd := c.dirfd(0)
	if fd == unix.AT_FDCWD {
		if plain && refusesCwd() {
			return unix.EBADF
		}
		return 0
	}
	copied, e := c.thread.GetFD(fd)
	if e != 0 {
		return e
	}
	defer sys.Close(copied)
	flags, err := unix.FcntlInt(uintptr(copied), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_PATH != 0 {
		return unix.EBADF
	}
	return 0
}

// refusesCwd asks this kernel, since nothing documents it.
var refusesCwd = sync.OnceValue(func() bool { return sys.ListxattratCwd() == unix.EBADF })

// fsetTakesCwd tells whether fsetxattr takes AT_FDCWD for a descriptor, as it
// happens to do since Linux 6.13. No attribute has such a name.
var fsetTakesCwd = sync.OnceValue(func() bool {
	return sys.Fsetxattr(unix.AT_FDCWD, []byte("broker\x00"), nil, 0) != unix.EBADF
})
