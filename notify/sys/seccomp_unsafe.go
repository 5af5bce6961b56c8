package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Data is struct seccomp_data: what the filter saw. seccomp(2).
type Data struct {
	Nr   int32
	Arch uint32
	IP   uint64
	Args [6]uint64
}

// Notif is struct seccomp_notif. seccomp_unotify(2).
type Notif struct {
	ID    uint64
	PID   uint32
	Flags uint32
	Data  Data
}

// NotifResp is struct seccomp_notif_resp. Error is a negative errno: only
// package notify builds one.
type NotifResp struct {
	ID    uint64
	Val   int64
	Error int32
	Flags uint32
}

// NotifAddFD is struct seccomp_notif_addfd.
type NotifAddFD struct {
	ID         uint64
	Flags      uint32
	SrcFD      uint32
	NewFD      uint32
	NewFDFlags uint32
}

// NotifSizes is struct seccomp_notif_sizes.
type NotifSizes struct {
	Notif, Resp, Data uint16
}

// Sizes of the structures above, to be compared with [GetNotifSizes].
const (
	SizeofNotif     = int(unsafe.Sizeof(Notif{}))
	SizeofNotifResp = int(unsafe.Sizeof(NotifResp{}))
	SizeofData      = int(unsafe.Sizeof(Data{}))
)

// ioctlSetFlags is SECCOMP_IOCTL_NOTIF_SET_FLAGS, Linux 6.6; its argument is
// the flag word itself, not a pointer.
const ioctlSetFlags = unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS

// GetNotifSizes asks the running kernel how large its structures are.
func GetNotifSizes(s *NotifSizes) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_NOTIF_SIZES, 0, uintptr(unsafe.Pointer(s)))
	return e
}

// ActionAvailable is SECCOMP_GET_ACTION_AVAIL: 0 when the kernel knows action.
func ActionAvailable(action uint32) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return e
}

// NotifBuffer allocates a zeroed notification with room for size bytes, so
// that a kernel whose structure has grown does not write past its end.
func NotifBuffer(size int) *Notif {
	words := (max(size, SizeofNotif) + 7) / 8
	buf := make([]uint64, words)
	return (*Notif)(unsafe.Pointer(&buf[0]))
}

// NotifRecv waits for a notification. n must have been allocated by
// [NotifBuffer] with the kernel's size; its known part is zeroed here, as the
// kernel demands.
func NotifRecv(fd int, n *Notif) Errno {
	*n = Notif{}
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(n)))
	return e
}

// NotifSend answers a notification.
func NotifSend(fd int, r *NotifResp) Errno {
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(r)))
	return e
}

// NotifIDValid reports ENOENT when the notification is gone. It does not
// sleep, so the scheduler is not told.
func NotifIDValid(fd int, id uint64) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_ID_VALID, uintptr(unsafe.Pointer(&id)))
	return e
}

// NotifAddFDCall installs a descriptor in the target. It sleeps until the
// target's thread has run.
func NotifAddFDCall(fd int, a *NotifAddFD) (int, Errno) {
	r, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_ADDFD, uintptr(unsafe.Pointer(a)))
	return int(r), e
}

// NotifSetFlags sets flags of the listener, such as synchronous wake-ups.
func NotifSetFlags(fd int, flags uint64) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), ioctlSetFlags, uintptr(flags))
	return e
}
