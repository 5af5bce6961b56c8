package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of the structures that the kernel fills in: struct stat, statx and
// statfs of x86-64.
const (
	StatSize   = 144
	StatxSize  = 256
	StatfsSize = 120
)

var empty = []byte{0}

// FstatBytes is fstat(2) into StatSize bytes, as the kernel lays them out.
func FstatBytes(fd int, buf []byte) Errno {
	if len(buf) < StatSize {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall(unix.SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), 0)
	return e
}

// StatxBytes is statx(2) of fd itself into StatxSize bytes. flags are those
// beside AT_EMPTY_PATH.
func StatxBytes(fd, flags int, mask uint32, buf []byte) Errno {
	if len(buf) < StatxSize {
		return unix.EINVAL
	}
	_, e := pathCall(unix.SYS_STATX, fd, empty, uintptr(flags|unix.AT_EMPTY_PATH), uintptr(mask), uintptr(unsafe.Pointer(&buf[0])))
	return e
}

// FstatfsBytes is fstatfs(2) into StatfsSize bytes.
func FstatfsBytes(fd int, buf []byte) Errno {
	if len(buf) < StatfsSize {
		return unix.EINVAL
	}
	_, _, e := unix.Syscall(unix.SYS_FSTATFS, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), 0)
	return e
}

// Access is faccessat2(2) of fd itself. flags are those beside AT_EMPTY_PATH.
func Access(fd int, mode uint32, flags int) Errno {
	_, e := pathCall(unix.SYS_FACCESSAT2, fd, empty, uintptr(mode), uintptr(flags|unix.AT_EMPTY_PATH), 0)
	return e
}

// Getxattr is getxattr(2); it follows a final symlink. It returns the size.
func Getxattr(path, name, buf []byte) (int, Errno) {
	p, n := cpath(path), cpath(name)
	if p == nil || n == nil {
		return -1, unix.EINVAL
	}
	r, _, e := unix.Syscall6(unix.SYS_GETXATTR, uintptr(p), uintptr(n), uintptr(bytesPtr(buf)), uintptr(len(buf)), 0, 0)
	return int(r), e
}

// Listxattr is listxattr(2); it follows a final symlink. It returns the size.
func Listxattr(path, buf []byte) (int, Errno) {
	p := cpath(path)
	if p == nil {
		return -1, unix.EINVAL
	}
	r, _, e := unix.Syscall(unix.SYS_LISTXATTR, uintptr(p), uintptr(bytesPtr(buf)), uintptr(len(buf)))
	return int(r), e
}

// InotifyAddWatch is inotify_add_watch(2). It returns the watch.
func InotifyAddWatch(fd int, path []byte, mask uint32) (int, Errno) {
	return pathCall(unix.SYS_INOTIFY_ADD_WATCH, fd, path, uintptr(mask), 0, 0)
}

// NameToHandle is name_to_handle_at(2) of fd itself. handle is a struct
// file_handle, whose first word says how many bytes follow the header of
// eight. flags are those beside AT_EMPTY_PATH; mount has room for the long
// form of the mount's id.
func NameToHandle(fd int, handle []byte, mount *[8]byte, flags int) Errno {
	return nameToHandle(fd, empty, handle, mount, flags|unix.AT_EMPTY_PATH)
}

// NameToHandleAt is NameToHandle of what a path leads to.
func NameToHandleAt(path, handle []byte, mount *[8]byte, flags int) Errno {
	return nameToHandle(unix.AT_FDCWD, path, handle, mount, flags|unix.AT_SYMLINK_FOLLOW)
}

func nameToHandle(fd int, path, handle []byte, mount *[8]byte, flags int) Errno {
	if len(handle) < 8 || len(handle) < 8+int(*(*uint32)(unsafe.Pointer(&handle[0]))) {
		return unix.EINVAL
	}
	_, e := pathCall(unix.SYS_NAME_TO_HANDLE_AT, fd, path, uintptr(unsafe.Pointer(&handle[0])),
		uintptr(unsafe.Pointer(mount)), uintptr(flags))
	return e
}

// ListxattratCwd asks listxattrat(2), Linux 6.13, for the size of the working
// directory's list, with an empty path.
func ListxattratCwd() Errno {
	_, e := pathCall(unix.SYS_LISTXATTRAT, unix.AT_FDCWD, empty, unix.AT_EMPTY_PATH, 0, 0)
	return e
}

// FileGetattr is file_getattr(2), Linux 6.17.
func FileGetattr(dirfd int, path, buf []byte, flags int) Errno {
	_, e := pathCall(unix.SYS_FILE_GETATTR, dirfd, path, uintptr(bytesPtr(buf)), uintptr(len(buf)), uintptr(flags))
	return e
}

// FileSetattr is file_setattr(2), Linux 6.17.
func FileSetattr(dirfd int, path, buf []byte, flags int) Errno {
	_, e := pathCall(unix.SYS_FILE_SETATTR, dirfd, path, uintptr(bytesPtr(buf)), uintptr(len(buf)), uintptr(flags))
	return e
}

// StatNull is newfstatat(2) of the working directory with NULL for the path,
// which Linux 6.11 takes for an empty one.
func StatNull() Errno {
	var st unix.Stat_t
	cwd := unix.AT_FDCWD
	_, _, e := unix.Syscall6(unix.SYS_NEWFSTATAT, uintptr(cwd), 0, uintptr(unsafe.Pointer(&st)), unix.AT_EMPTY_PATH, 0, 0)
	return e
}
