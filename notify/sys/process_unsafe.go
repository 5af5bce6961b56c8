package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ProcessRead copies memory of thread tid at addr into buf: process_vm_readv(2)
// with one local buffer and the remote range cut at page boundaries, so that
// what lies before an unmapped page is still delivered. It returns how many
// bytes arrived.
func ProcessRead(tid int, addr uint64, buf []byte) (int, Errno) {
	return processCopy(unix.SYS_PROCESS_VM_READV, tid, addr, buf)
}

// ProcessWrite copies buf into the memory of thread tid at addr:
// process_vm_writev(2), cut as [ProcessRead]. It returns how many bytes
// arrived.
func ProcessWrite(tid int, addr uint64, buf []byte) (int, Errno) {
	return processCopy(unix.SYS_PROCESS_VM_WRITEV, tid, addr, buf)
}

func processCopy(nr uintptr, tid int, addr uint64, buf []byte) (int, Errno) {
	const pageSize = 4096
	if len(buf) == 0 {
		return 0, 0
	}
	local := unix.Iovec{Base: &buf[0], Len: uint64(len(buf))}
	var remote [8]unix.RemoteIovec
	n, left := 0, len(buf)
	for at := addr; left > 0 && n < len(remote); n++ {
		chunk := int(pageSize - at%pageSize)
		if n == len(remote)-1 || chunk > left {
			chunk = left
		}
		remote[n] = unix.RemoteIovec{Base: uintptr(at), Len: chunk}
		left -= chunk
		at += uint64(chunk)
	}
	r, _, e := unix.Syscall6(nr, uintptr(tid),
		uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote[0])), uintptr(n), 0)
	return int(r), e
}

// readable is a variable that never moves, as those on a stack do.
var readable byte

// ProcessReadWorks tries [ProcessRead] on this very process, which may always
// read itself: it fails only where the kernel lacks the call, or a filter
// refuses it.
func ProcessReadWorks() Errno {
	_, e := ProcessRead(unix.Getpid(), uint64(uintptr(unsafe.Pointer(&readable))), make([]byte, 1))
	return e
}

// ThreadCred is what the kernel checks a file system call of one thread
// against. Groups may alias the caller's memory.
type ThreadCred struct {
	FSUID, FSGID uint32
	Groups       []uint32
}

// SetThreadCred gives the calling thread, and no other, the file system
// identity c. The goroutine must be locked to its thread. setfsuid(2) has no
// error return: asking again with an impossible id tells whether it worked.
func SetThreadCred(c ThreadCred) Errno {
	if e := SetGroups(c.Groups); e != 0 {
		return e
	}
	return SetFSIDs(c.FSUID, c.FSGID)
}

// SetGroups replaces the supplementary groups of the calling thread alone. It
// needs CAP_SETGID, even for those that the thread has: setgroups(2).
func SetGroups(groups []uint32) Errno {
	var p unsafe.Pointer
	if len(groups) > 0 {
		p = unsafe.Pointer(&groups[0])
	}
	_, _, e := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(p), 0)
	return e
}

// SetFSIDs replaces the file system ids of the calling thread alone. Its own
// real ids it may always have back.
func SetFSIDs(uid, gid uint32) Errno {
	if e := setfs(unix.SYS_SETFSGID, gid); e != 0 {
		return e
	}
	return setfs(unix.SYS_SETFSUID, uid)
}

func setfs(nr uintptr, id uint32) Errno {
	_, _, _ = unix.RawSyscall(nr, uintptr(id), 0, 0)
	if now, _, _ := unix.RawSyscall(nr, ^uintptr(0), 0, 0); uint32(now) != id {
		return unix.EPERM
	}
	return 0
}

// SetEffectiveCaps replaces the effective capabilities of the calling thread
// and keeps the others. capset(2).
func SetEffectiveCaps(effective uint64) Errno {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if _, _, e := unix.RawSyscall(unix.SYS_CAPGET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data[0])), 0); e != 0 {
		return e
	}
	data[0].Effective = uint32(effective) & data[0].Permitted
	data[1].Effective = uint32(effective>>32) & data[1].Permitted
	_, _, e := unix.RawSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data[0])), 0)
	return e
}

// Tgkill sends sig to one thread of this process.
func Tgkill(tid int, sig unix.Signal) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_TGKILL, uintptr(unix.Getpid()), uintptr(tid), uintptr(sig))
	return e
}

// Exited reports whether what a pidfd pins has ended: pidfd_open(2). In doubt
// it has.
func Exited(pidfd int) bool {
	fd := unix.PollFd{Fd: int32(pidfd), Events: unix.POLLIN}
	n, _, e := unix.RawSyscall(unix.SYS_POLL, uintptr(unsafe.Pointer(&fd)), 1, 0)
	return e != 0 || n != 0
}

// FileLimit reads how many descriptors thread tid may have: prlimit(2).
func FileLimit(tid int, limit *unix.Rlimit) Errno {
	_, _, e := unix.RawSyscall6(unix.SYS_PRLIMIT64, uintptr(tid), unix.RLIMIT_NOFILE, 0, uintptr(unsafe.Pointer(limit)), 0, 0)
	return e
}

// SizeLimit reads how long thread tid may make a file: prlimit(2), RLIMIT_FSIZE.
func SizeLimit(tid int, limit *unix.Rlimit) Errno {
	_, _, e := unix.RawSyscall6(unix.SYS_PRLIMIT64, uintptr(tid), unix.RLIMIT_FSIZE, 0, uintptr(unsafe.Pointer(limit)), 0, 0)
	return e
}

// WakeSignal interrupts a sleeping call of a thread that has all other
// signals blocked. Go's runtime has a handler for every signal, which ignores
// this one, and never sends it itself. See [PrepareWakeSignal].
const WakeSignal = unix.Signal(63)

// unblockable are the signals a thread causes itself: blocked, they would
// end the process without a word. rt_sigprocmask(2).
const unblockable = 1<<(unix.SIGSEGV-1) | 1<<(unix.SIGBUS-1) | 1<<(unix.SIGFPE-1) | 1<<(unix.SIGILL-1) |
	1<<(unix.SIGTRAP-1) | 1<<(unix.SIGSYS-1) | 1<<(unix.SIGABRT-1) | 1<<(WakeSignal-1)

// BlockSignals blocks all asynchronous signals but [WakeSignal] in the
// calling thread, to which the goroutine must be locked for good. A signal
// that interrupts SECCOMP_IOCTL_NOTIF_ADDFD with SECCOMP_ADDFD_FLAG_SEND takes
// the descriptor back although the call counts as answered: the target then
// sees the number 0 (kernel/seccomp.c, seccomp_notify_addfd; seen on 6.18).
// Go's runtime sends SIGURG to its threads, so this happens in practice.
func BlockSignals() Errno {
	const setMask = 2 // SIG_SETMASK
	mask := ^uint64(unblockable)
	_, _, e := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, setMask, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
	return e
}

// Scheduling classes: sched(7).
const (
	ClassOther = 0 // SCHED_OTHER
	ClassBatch = 3 // SCHED_BATCH
	ClassIdle  = 5 // SCHED_IDLE
)

// SchedulingClass returns the class of thread tid, 0 for the caller.
func SchedulingClass(tid int) (int, Errno) {
	class, _, e := unix.RawSyscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(tid), 0, 0)
	return int(class), e
}

// SetSchedulingClass gives thread tid a class that has no priorities.
// sched_setscheduler(2).
func SetSchedulingClass(tid, class int) Errno {
	var priority int32
	_, _, e := unix.RawSyscall(unix.SYS_SCHED_SETSCHEDULER, uintptr(tid), uintptr(class), uintptr(unsafe.Pointer(&priority)))
	return e
}
