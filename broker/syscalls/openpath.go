package syscalls

import (
	"seccomp-broker/notify"

	"golang.org/x/sys/unix"
)

// openReference answers an open with O_PATH. The kernel refuses to inject
// such a descriptor (SECCOMP_IOCTL_NOTIF_ADDFD takes the file with fget(),
// which does not see FMODE_PATH: EBADF), so the target has to open it itself.
//
// That is sound because O_PATH stands in a register, and what it gives is a
// place, not a file: whatever is done through it later is judged then, by the
// path that the descriptor has at that time. The check made here is a
// courtesy, since the path can change before the kernel reads it again.
//
// openat2 keeps the flags in memory, where another thread could take O_PATH
// off again between here and there. It is answered as by a kernel without
// openat2, for which its callers have openat.
func (c *Context) openReference(dirfd int, how unix.OpenHow) answer {
	if c.call.Number == unix.SYS_OPENAT2 {
		return c.failed(unix.ENOSYS, "openat2 with O_PATH cannot be emulated; openat with O_PATH is")
	}
	if a, ok := c.find(0, dirfd, walkFlags(how)); !ok {
		return a
	}
	if !c.judge(0, openClasses(how.Flags)) {
		return c.refuse("")
	}
	c.finished(0)
	return answer{reply: notify.Continue()}
}
