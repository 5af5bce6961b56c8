package probe

import (
	"fmt"
	"os"
	"runtime"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// alone tries what needs no child.
func (o *outcomes) alone() {
	o.set(userNotif, errno(sys.ActionAvailable(unix.SECCOMP_RET_USER_NOTIF)))
	o.set(resolve, openWithoutLinks())
	o.set(pidfdThread, openThread())
	abi := sys.LandlockABI()
	o[landlockScope].Detail = fmt.Sprintf("Landlock ABI %d", abi)
	if abi == 0 {
		o[landlockScope].Detail = "no Landlock at all"
	}
}

func errno(e sys.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// openWithoutLinks opens a directory through openat2(2), and must fail with
// ELOOP at a symlink.
func openWithoutLinks() error {
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	fd, e := sys.Openat2(unix.AT_FDCWD, []byte("/proc\x00"), &how)
	if e != 0 {
		return e
	}
	sys.Close(fd)
	fd, e = sys.Openat2(unix.AT_FDCWD, []byte("/proc/self\x00"), &how)
	if e == 0 {
		sys.Close(fd)
	}
	if e != unix.ELOOP {
		return fmt.Errorf("RESOLVE_NO_SYMLINKS did not stop at /proc/self: %w", e)
	}
	return nil
}

// openThread opens a pidfd of a thread that leads no process.
func openThread() error {
	tid, done := make(chan int), make(chan struct{})
	defer close(done)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		tid <- unix.Gettid()
		<-done
	}()
	id := <-tid
	if id == os.Getpid() { // the goroutine got the leader: then this one is on another thread
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		id = unix.Gettid()
	}
	const thread = unix.O_EXCL // PIDFD_THREAD, pidfd_open(2)
	fd, err := unix.PidfdOpen(id, thread)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}
