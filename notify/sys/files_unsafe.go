package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Openat2 is openat2(2).
func Openat2(dirfd int, path []byte, how *unix.OpenHow) (int, Errno) {
	return pathCall(unix.SYS_OPENAT2, dirfd, path, uintptr(unsafe.Pointer(how)), unsafe.Sizeof(*how), 0)
}

// Readlinkat is readlinkat(2); with an empty path it reads the link that
// dirfd itself refers to. It returns the number of bytes written to buf.
func Readlinkat(dirfd int, path, buf []byte) (int, Errno) {
	if len(buf) == 0 {
		return 0, unix.EINVAL
	}
	return pathCall(unix.SYS_READLINKAT, dirfd, path, uintptr(bytesPtr(buf)), uintptr(len(buf)), 0)
}

// Close closes fd. The descriptor is gone whatever close(2) answers.
func Close(fd int) {
	if fd >= 0 {
		_, _, _ = unix.Syscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
	}
}

// Fstat is fstat(2). On a remote file system it can sleep, and then Go must be told.
func Fstat(fd int, st *unix.Stat_t) Errno {
	_, _, e := unix.Syscall(unix.SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(st)), 0)
	return e
}

// Fstatat is newfstatat(2).
func Fstatat(dirfd int, path []byte, st *unix.Stat_t, flags int) Errno {
	_, e := pathCall(unix.SYS_NEWFSTATAT, dirfd, path, uintptr(unsafe.Pointer(st)), uintptr(flags), 0)
	return e
}

// Fstatfs is fstatfs(2).
func Fstatfs(fd int, st *unix.Statfs_t) Errno {
	_, _, e := unix.Syscall(unix.SYS_FSTATFS, uintptr(fd), uintptr(unsafe.Pointer(st)), 0)
	return e
}

// Statx is statx(2).
func Statx(dirfd int, path []byte, flags, mask int, st *unix.Statx_t) Errno {
	_, e := pathCall(unix.SYS_STATX, dirfd, path, uintptr(flags), uintptr(mask), uintptr(unsafe.Pointer(st)))
	return e
}

// StatxFD is statx(2) of fd itself.
func StatxFD(fd int, mask uint32, st *unix.Statx_t) Errno {
	_, _, e := unix.Syscall6(unix.SYS_STATX, uintptr(fd), uintptr(unsafe.Pointer(&empty[0])), unix.AT_EMPTY_PATH,
		uintptr(mask), uintptr(unsafe.Pointer(st)), 0)
	return e
}

// Mkdirat is mkdirat(2). The calling thread's umask applies.
func Mkdirat(dirfd int, path []byte, mode uint32) Errno {
	_, e := pathCall(unix.SYS_MKDIRAT, dirfd, path, uintptr(mode), 0, 0)
	return e
}

// Mknodat is mknodat(2). The calling thread's umask applies.
func Mknodat(dirfd int, path []byte, mode uint32, dev uint64) Errno {
	_, e := pathCall(unix.SYS_MKNODAT, dirfd, path, uintptr(mode), uintptr(dev), 0)
	return e
}

// Unlinkat is unlinkat(2).
func Unlinkat(dirfd int, path []byte, flags int) Errno {
	_, e := pathCall(unix.SYS_UNLINKAT, dirfd, path, uintptr(flags), 0, 0)
	return e
}

// Symlinkat is symlinkat(2).
func Symlinkat(target []byte, dirfd int, path []byte) Errno {
	t, p := cpath(target), cpath(path)
	if t == nil || p == nil {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall(unix.SYS_SYMLINKAT, uintptr(t), uintptr(dirfd), uintptr(p))
	return e
}

// Linkat is linkat(2).
func Linkat(olddir int, oldpath []byte, newdir int, newpath []byte, flags int) Errno {
	return twoPaths(unix.SYS_LINKAT, olddir, oldpath, newdir, newpath, flags)
}

// Renameat2 is renameat2(2).
func Renameat2(olddir int, oldpath []byte, newdir int, newpath []byte, flags uint32) Errno {
	return twoPaths(unix.SYS_RENAMEAT2, olddir, oldpath, newdir, newpath, int(flags))
}

func twoPaths(nr uintptr, olddir int, oldpath []byte, newdir int, newpath []byte, flags int) Errno {
	o, n := cpath(oldpath), cpath(newpath)
	if o == nil || n == nil {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall6(nr, uintptr(olddir), uintptr(o), uintptr(newdir), uintptr(n), uintptr(flags), 0)
	return e
}

// HasWriters reports whether anybody has a FIFO open for writing, or has left
// data in it. fd is open for reading, without O_NONBLOCK or with it. tee(2)
// takes nothing out: it says 0 where nobody writes, and EAGAIN where somebody
// may. When it cannot be told there is one.
func HasWriters(fd int) bool {
	var scratch [2]int
	if unix.Pipe2(scratch[:], unix.O_CLOEXEC|unix.O_NONBLOCK) != nil {
		return true
	}
	defer Close(scratch[0])
	defer Close(scratch[1])
	n, err := unix.Tee(fd, scratch[1], 1, unix.SPLICE_F_NONBLOCK)
	return err != nil || n > 0
}
