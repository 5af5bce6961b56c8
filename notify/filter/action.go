package filter

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Kind is the kernel's answer to one call. Its zero value is Invalid.
type Kind uint8

const (
	// Invalid is no answer: the program would not be accepted by the kernel.
	Invalid Kind = iota
	// Allow runs the call.
	Allow
	// Log runs the call and logs it.
	Log
	// Trace asks an attached ptrace(2) tracer.
	Trace
	// Notify asks the supervisor.
	Notify
	// Errno answers with Action.Errno and does not run the call.
	Errno
	// Trap sends SIGSYS.
	Trap
	// KillThread ends the calling thread.
	KillThread
	// KillProcess ends the calling process.
	KillProcess
)

var kindNames = [...]string{"invalid", "allow", "log", "trace", "notify", "errno", "trap", "kill thread", "kill process"}

// String gives the kind's name in lower case.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// Action is a program's answer to one call. Actions compare with ==.
type Action struct {
	Kind Kind
	// Errno is the error number, 0 to 4095, if Kind is Errno: 0 makes the call
	// succeed with the result 0 without being run. For Trap and Trace it holds
	// the filter's 16 bits of data, otherwise 0.
	Errno int
}

// maxErrno is the kernel's MAX_ERRNO: larger numbers are cut down to it.
const maxErrno = 4095

// String is for people: "allow", "notify", "errno EPERM".
func (a Action) String() string {
	switch a.Kind {
	case Errno:
		if name := unix.ErrnoName(syscall.Errno(a.Errno)); name != "" {
			return "errno " + name
		}
		return fmt.Sprintf("errno %d", a.Errno)
	case Trap, Trace:
		return fmt.Sprintf("%s %d", a.Kind, a.Errno)
	default:
		return a.Kind.String()
	}
}

// code is the value that a program returns for the action.
func (a Action) code() uint32 {
	data := uint32(a.Errno) & unix.SECCOMP_RET_DATA
	switch a.Kind {
	case Allow:
		return unix.SECCOMP_RET_ALLOW
	case Log:
		return unix.SECCOMP_RET_LOG
	case Trace:
		return unix.SECCOMP_RET_TRACE | data
	case Notify:
		return unix.SECCOMP_RET_USER_NOTIF
	case Errno:
		return unix.SECCOMP_RET_ERRNO | data
	case Trap:
		return unix.SECCOMP_RET_TRAP | data
	case KillThread:
		return unix.SECCOMP_RET_KILL_THREAD
	default:
		return unix.SECCOMP_RET_KILL_PROCESS
	}
}

// actionOf reads a program's return value as kernel/seccomp.c does: an unknown
// action kills the process.
func actionOf(code uint32) Action {
	data := int(code & unix.SECCOMP_RET_DATA)
	switch code & unix.SECCOMP_RET_ACTION_FULL {
	case unix.SECCOMP_RET_ALLOW:
		return Action{Kind: Allow}
	case unix.SECCOMP_RET_LOG:
		return Action{Kind: Log}
	case unix.SECCOMP_RET_TRACE:
		return Action{Trace, data}
	case unix.SECCOMP_RET_USER_NOTIF:
		return Action{Kind: Notify}
	case unix.SECCOMP_RET_ERRNO:
		return Action{Errno, min(data, maxErrno)}
	case unix.SECCOMP_RET_TRAP:
		return Action{Trap, data}
	case unix.SECCOMP_RET_KILL_THREAD:
		return Action{Kind: KillThread}
	default:
		return Action{Kind: KillProcess}
	}
}
