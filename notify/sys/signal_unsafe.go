package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// action is the kernel's struct sigaction: rt_sigaction(2).
type action struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

const restart = 0x10000000 // SA_RESTART

// PrepareWakeSignal makes [WakeSignal] end a sleeping call with EINTR. Go's
// runtime asks for SA_RESTART with every handler, and the kernel would start
// the call again: connect(2) has no argument by which it could be told to
// sleep no more. It holds for the whole process, and can be repeated.
func PrepareWakeSignal() Errno {
	var a action
	_, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(WakeSignal), 0, uintptr(unsafe.Pointer(&a)), 8, 0, 0)
	if e != 0 {
		return e
	}
	if a.handler <= 1 { // default or ignored: it would kill, or end no call
		return unix.EINVAL
	}
	a.flags &^= restart
	_, _, e = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(WakeSignal), uintptr(unsafe.Pointer(&a)), 0, 8, 0, 0)
	return e
}
