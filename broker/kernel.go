package broker

import (
	"seccomp-broker/notify/launch"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// checkKernel tries the calls that every decision needs and that an old kernel
// lacks or a container's seccomp profile refuses. Without it the command would
// start, and then fail at its first call for no reason that it could tell.
// What the start itself needs says so at the start.
func checkKernel() error {
	for _, need := range []struct {
		step string
		try  func() sys.Errno
	}{
		{"use seccomp user notification (Linux 5.0)", func() sys.Errno {
			return sys.ActionAvailable(unix.SECCOMP_RET_USER_NOTIF)
		}},
		{"open files without following symlinks (openat2, Linux 5.6)", openat2Works},
		{"read the memory of a process (process_vm_readv)", sys.ProcessReadWorks},
	} {
		if e := need.try(); e != 0 {
			return &launch.Error{Step: need.step, Err: e}
		}
	}
	return nil
}

// openat2Works says why the call is not there. That this directory cannot be
// opened is no such reason.
func openat2Works() sys.Errno {
	how := unix.OpenHow{Flags: unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS}
	fd, e := sys.Openat2(unix.AT_FDCWD, []byte("/\x00"), &how)
	sys.Close(fd)
	if e == unix.ENOSYS || e == unix.EPERM {
		return e
	}
	return 0
}
