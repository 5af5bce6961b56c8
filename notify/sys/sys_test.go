package sys

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A path without a NUL would let the kernel read on into other memory: it
// must not get there.
func TestUnterminatedPaths(t *testing.T) {
	good := []byte("/nonexistent/x\x00")
	for _, bad := range [][]byte{nil, {}, []byte("/nonexistent/x"), []byte("a\x00b")} {
		var st unix.Stat_t
		var stx unix.Statx_t
		how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC}
		_, open := Openat2(unix.AT_FDCWD, bad, &how)
		_, link := Readlinkat(unix.AT_FDCWD, bad, make([]byte, 8))
		for name, e := range map[string]Errno{
			"openat2": open, "readlinkat": link,
			"fstatat":        Fstatat(unix.AT_FDCWD, bad, &st, 0),
			"statx":          Statx(unix.AT_FDCWD, bad, 0, 0, &stx),
			"mkdirat":        Mkdirat(unix.AT_FDCWD, bad, 0),
			"mknodat":        Mknodat(unix.AT_FDCWD, bad, 0, 0),
			"unlinkat":       Unlinkat(unix.AT_FDCWD, bad, 0),
			"symlinkat":      Symlinkat(good, unix.AT_FDCWD, bad),
			"symlinkat text": Symlinkat(bad, unix.AT_FDCWD, good),
			"linkat":         Linkat(unix.AT_FDCWD, bad, unix.AT_FDCWD, good, 0),
			"linkat new":     Linkat(unix.AT_FDCWD, good, unix.AT_FDCWD, bad, 0),
			"renameat2":      Renameat2(unix.AT_FDCWD, bad, unix.AT_FDCWD, good, 0),
			"renameat2 new":  Renameat2(unix.AT_FDCWD, good, unix.AT_FDCWD, bad, 0),
			"fchmodat":       Fchmodat(unix.AT_FDCWD, bad, 0),
			"fchmodat2":      Fchmodat2(unix.AT_FDCWD, bad, 0, 0),
			"fchownat":       Fchownat(unix.AT_FDCWD, bad, 0, 0, 0),
			"utimensat":      Utimensat(unix.AT_FDCWD, bad, nil, 0),
			"truncate":       Truncate(bad, 0),
			"setxattr":       Setxattr(bad, good, nil, 0),
			"setxattr name":  Setxattr(good, bad, nil, 0),
			"removexattr":    Removexattr(bad, good),
			"fsetxattr":      Fsetxattr(-1, bad, nil, 0),
			"fremovexattr":   Fremovexattr(-1, bad),
		} {
			if e != unix.EINVAL {
				t.Errorf("%s of %q: %v, want EINVAL", name, bad, e)
			}
		}
	}
}

// A terminated path reaches the kernel: it is not just everything refused.
func TestTerminatedPath(t *testing.T) {
	missing := []byte("/nonexistent/x\x00")
	var st unix.Stat_t
	if e := Fstatat(unix.AT_FDCWD, missing, &st, 0); e != unix.ENOENT {
		t.Errorf("fstatat: %v, want ENOENT", e)
	}
	if e := Renameat2(unix.AT_FDCWD, missing, unix.AT_FDCWD, missing, 0); e != unix.ENOENT {
		t.Errorf("renameat2: %v, want ENOENT", e)
	}
	if _, e := Readlinkat(unix.AT_FDCWD, missing, nil); e != unix.EINVAL {
		t.Errorf("readlinkat into nothing: %v, want EINVAL", e)
	}
}

// EINTR, and nothing else, is tried again.
func TestRetry(t *testing.T) {
	for _, end := range []Errno{0, unix.EAGAIN, unix.EACCES} {
		turns := 0
		got := Retry(func() Errno {
			if turns++; turns < 4 {
				return unix.EINTR
			}
			return end
		})
		if got != end || turns != 4 {
			t.Errorf("%v after %d turns, want %v after 4", got, turns, end)
		}
	}
}

// A thread that blocks its signals blocks all but those it causes itself and
// the one that wakes it.
func TestBlockSignals(t *testing.T) {
	blocked := make(chan unix.Sigset_t)
	errs := make(chan Errno, 1)
	go lockedForGood(func() {
		errs <- BlockSignals()
		var set unix.Sigset_t
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, nil, &set)
		blocked <- set
	})
	if e := <-errs; e != 0 {
		t.Fatal(e)
	}
	set := <-blocked
	has := func(sig unix.Signal) bool { return set.Val[0]&(1<<(sig-1)) != 0 }
	for _, sig := range []unix.Signal{unix.SIGURG, unix.SIGCHLD, unix.SIGTERM, unix.SIGINT, unix.SIGWINCH, unix.SIGALRM, unix.SIGPROF, 34, 64} {
		if !has(sig) {
			t.Errorf("signal %d is not blocked", sig)
		}
	}
	for _, sig := range []unix.Signal{unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGSYS, WakeSignal} {
		if has(sig) {
			t.Errorf("signal %d is blocked", sig)
		}
	}
}
