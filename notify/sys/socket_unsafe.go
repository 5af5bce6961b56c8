package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls on sockets take addresses as the kernel has them: bytes that begin
// with the family, whatever they hold. All of them may sleep, and answer EINTR
// when a signal ends that: nothing is retried here.

// Connect is connect(2).
func Connect(fd int, addr []byte) Errno { return addressCall(unix.SYS_CONNECT, fd, addr) }

// Bind is bind(2). A path is looked up from the calling thread's directories,
// and its umask applies.
func Bind(fd int, addr []byte) Errno { return addressCall(unix.SYS_BIND, fd, addr) }

func addressCall(nr uintptr, fd int, addr []byte) Errno {
	_, _, e := unix.Syscall(nr, uintptr(fd), uintptr(bytesPtr(addr)), uintptr(len(addr)))
	return e
}

// Listen is listen(2).
func Listen(fd, backlog int) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_LISTEN, uintptr(fd), uintptr(backlog), 0)
	return e
}

// Message is what sendmsg(2) sends: an address, one run of bytes, and control
// data as the kernel lays it out. Each may be empty.
type Message struct {
	Name, Data, Control []byte
}

// Sendmsg is sendmsg(2). It returns the number of bytes sent.
func Sendmsg(fd int, m *Message, flags int) (int, Errno) {
	iov := unix.Iovec{Base: (*byte)(bytesPtr(m.Data)), Len: uint64(len(m.Data))}
	hdr := unix.Msghdr{
		Name: (*byte)(bytesPtr(m.Name)), Namelen: uint32(len(m.Name)),
		Iov: &iov, Iovlen: 1,
		Control: (*byte)(bytesPtr(m.Control)), Controllen: uint64(len(m.Control)),
	}
	n, _, e := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&hdr)), uintptr(flags))
	return int(n), e
}

// Sockname is getsockname(2). It returns the bytes of buf that were written.
func Sockname(fd int, buf []byte) ([]byte, Errno) {
	size := uint32(len(buf))
	_, _, e := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(bytesPtr(buf)), uintptr(unsafe.Pointer(&size)))
	if e != 0 {
		return nil, e
	}
	return buf[:min(int(size), len(buf))], 0
}

// SocketOption is getsockopt(2) at level SOL_SOCKET for an option that is an
// int.
func SocketOption(fd, option int) (int, Errno) {
	var value int32
	size := uint32(unsafe.Sizeof(value))
	_, _, e := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, uintptr(option),
		uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&size)), 0)
	return int(value), e
}

// SendTimeout reports whether sleeping in calls on the socket is bounded:
// SO_SNDTIMEO, socket(7).
func SendTimeout(fd int) bool {
	var value unix.Timeval
	size := uint32(unsafe.Sizeof(value))
	_, _, e := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_SNDTIMEO,
		uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&size)), 0)
	return e == 0 && (value.Sec != 0 || value.Usec != 0)
}

// SetEffectiveIDs gives the calling thread, and no other, an effective user
// and group, and then the file system's, which otherwise go with them. The
// real and the saved ones stay. With a user other than 0 its effective
// capabilities are gone: the permitted ones, which it needs to have all, are
// made effective again. setresuid(2), capabilities(7).
func SetEffectiveIDs(uid, gid, fsuid, fsgid uint32) Errno {
	const same = ^uintptr(0)
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESGID, same, uintptr(gid), same); e != 0 {
		return e
	}
	if e := setfs(unix.SYS_SETFSGID, fsgid); e != 0 {
		return e
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, same, uintptr(uid), same); e != 0 {
		return e
	}
	if e := SetEffectiveCaps(^uint64(0)); e != 0 {
		return e
	}
	return setfs(unix.SYS_SETFSUID, fsuid)
}

// Fchdir is fchdir(2): for the calling thread, which must have a file system
// state of its own (unshare(2), CLONE_FS).
func Fchdir(fd int) Errno {
	_, _, e := unix.Syscall(unix.SYS_FCHDIR, uintptr(fd), 0, 0)
	return e
}
