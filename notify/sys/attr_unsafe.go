package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Fchmodat is the fchmodat(2) system call, which follows a final symlink.
func Fchmodat(dirfd int, path []byte, mode uint32) Errno {
	_, e := pathCall(unix.SYS_FCHMODAT, dirfd, path, uintptr(mode), 0, 0)
	return e
}

// Fchmodat2 is fchmodat2(2), Linux 6.6.
func Fchmodat2(dirfd int, path []byte, mode uint32, flags int) Errno {
	_, e := pathCall(unix.SYS_FCHMODAT2, dirfd, path, uintptr(mode), uintptr(flags), 0)
	return e
}

// Fchownat is fchownat(2).
func Fchownat(dirfd int, path []byte, uid, gid uint32, flags int) Errno {
	_, e := pathCall(unix.SYS_FCHOWNAT, dirfd, path, uintptr(uid), uintptr(gid), uintptr(flags))
	return e
}

// Utimensat is utimensat(2); times nil means now.
func Utimensat(dirfd int, path []byte, times *[2]unix.Timespec, flags int) Errno {
	_, e := pathCall(unix.SYS_UTIMENSAT, dirfd, path, uintptr(unsafe.Pointer(times)), uintptr(flags), 0)
	return e
}

// Truncate is truncate(2); it follows a final symlink.
func Truncate(path []byte, length int64) Errno {
	p := cpath(path)
	if p == nil {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall(unix.SYS_TRUNCATE, uintptr(p), uintptr(length), 0)
	return e
}

// Setxattr is setxattr(2); it follows a final symlink.
func Setxattr(path, name, value []byte, flags int) Errno {
	p, n := cpath(path), cpath(name)
	if p == nil || n == nil {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall6(unix.SYS_SETXATTR, uintptr(p), uintptr(n),
		uintptr(bytesPtr(value)), uintptr(len(value)), uintptr(flags), 0)
	return e
}

// Removexattr is removexattr(2); it follows a final symlink.
func Removexattr(path, name []byte) Errno {
	p, n := cpath(path), cpath(name)
	if p == nil || n == nil {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall(unix.SYS_REMOVEXATTR, uintptr(p), uintptr(n), 0)
	return e
}

// Futimens changes the times of the open file fd: utimensat(2) with no path.
func Futimens(fd int, times *[2]unix.Timespec, flags int) Errno {
	_, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(times)), uintptr(flags), 0, 0)
	return e
}

// Fchmod is fchmod(2).
func Fchmod(fd int, mode uint32) Errno {
	_, _, e := unix.Syscall(unix.SYS_FCHMOD, uintptr(fd), uintptr(mode), 0)
	return e
}

// Fchown is fchown(2).
func Fchown(fd int, uid, gid uint32) Errno {
	_, _, e := unix.Syscall(unix.SYS_FCHOWN, uintptr(fd), uintptr(uid), uintptr(gid))
	return e
}

// Fsetxattr is fsetxattr(2).
func Fsetxattr(fd int, name, value []byte, flags int) Errno {
	n := cpath(name)
	if n == nil {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall6(unix.SYS_FSETXATTR, uintptr(fd), uintptr(n),
		uintptr(bytesPtr(value)), uintptr(len(value)), uintptr(flags), 0)
	return e
}

// Fremovexattr is fremovexattr(2).
func Fremovexattr(fd int, name []byte) Errno {
	n := cpath(name)
	if n == nil {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall(unix.SYS_FREMOVEXATTR, uintptr(fd), uintptr(n), 0)
	return e
}
