package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Errno is a kernel error number; 0 means success.
type Errno = unix.Errno

// Retry repeats call as long as it answers EINTR. Go's runtime sends SIGURG
// to its own threads, so any call that sleeps can be interrupted.
func Retry(call func() Errno) Errno {
	for {
		if e := call(); e != unix.EINTR {
			return e
		}
	}
}

// cpath returns the address of a NUL-terminated path, or nil when the slice
// is not terminated.
func cpath(p []byte) unsafe.Pointer {
	if len(p) == 0 || p[len(p)-1] != 0 {
		return nil
	}
	return unsafe.Pointer(&p[0])
}

// bytesPtr returns the address of p's first byte, nil for an empty slice.
func bytesPtr(p []byte) unsafe.Pointer {
	if len(p) == 0 {
		return nil
	}
	return unsafe.Pointer(&p[0])
}

// pathCall runs a system call whose arguments are (fd, path, a, b, c).
func pathCall(nr uintptr, fd int, path []byte, a, b, c uintptr) (int, Errno) {
	ptr := cpath(path)
	if ptr == nil {
		return -1, unix.EINVAL
	}
	r, _, e := unix.Syscall6(nr, uintptr(fd), uintptr(ptr), a, b, c, 0)
	return int(r), e
}
