package notify_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

// content opens a file that holds text.
func content(t *testing.T, text string) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "content")
	kerneltest.Write(t, path, text)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return int(f.Fd())
}

func checkContent(t *testing.T, v *kerneltest.Victim, fd int, want string) {
	t.Helper()
	if got := v.Do("read %d", fd); got != hex.EncodeToString([]byte(want)) {
		t.Errorf("the target reads %q from descriptor %d, want %q", got, fd, want)
	}
}

func checkCloexec(t *testing.T, v *kerneltest.Victim, fd int, want bool) {
	t.Helper()
	flags := v.Call(unix.SYS_FCNTL, fd, unix.F_GETFD)
	if flags.Errno != 0 || (flags.Value&unix.FD_CLOEXEC != 0) != want {
		t.Errorf("flags of descriptor %d: %+v, FD_CLOEXEC wanted: %v", fd, flags, want)
	}
}

func TestInjectReply(t *testing.T) {
	v := victim(t)
	src := content(t, "hello")
	r := v.Listener.NewReceiver()
	for next, cloexec := range []bool{false, true} {
		v.SendCall(unix.SYS_GETPPID)
		if err := v.Listener.InjectReply(receive(t, r).ID, src, cloexec); err != nil {
			t.Fatal(err)
		}
		// 0, 1 and 2 are taken: the lowest free number is injected, as open(2) does.
		if got := v.Result(); got != (kerneltest.Result{Value: 3 + next}) {
			t.Errorf("the target got %+v, want %d", got, 3+next)
		}
		checkCloexec(t, v, 3+next, cloexec)
	}
	checkContent(t, v, 3, "hello")
}

func TestInject(t *testing.T) {
	v := victim(t)
	src := content(t, "hello")
	v.SendCall(unix.SYS_GETPPID)
	n := receive(t, v.Listener.NewReceiver())
	for i, cloexec := range []bool{true, false} {
		fd, err := v.Listener.Inject(n.ID, src, cloexec)
		if err != nil || fd != 3+i {
			t.Fatalf("injected as %d, %v; want %d", fd, err, 3+i)
		}
		if !v.Listener.Valid(n.ID) {
			t.Fatal("the target does not wait any more")
		}
	}
	reply(t, v.Listener, n.ID, notify.Value(77))
	if got := v.Result(); got.Value != 77 {
		t.Errorf("the target got %+v", got)
	}
	checkCloexec(t, v, 3, true)
	checkCloexec(t, v, 4, false)
	checkContent(t, v, 4, "hello")
}

// A full table of the target's is an error, and the call still waits.
func TestInjectTableFull(t *testing.T) {
	v := victim(t)
	limit := unix.Rlimit{Cur: 3, Max: 3}
	if err := unix.Prlimit(v.PID, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	v.SendCall(unix.SYS_GETPPID)
	n := receive(t, v.Listener.NewReceiver())
	if err := v.Listener.InjectReply(n.ID, 0, true); !errors.Is(err, unix.EMFILE) || errors.Is(err, notify.ErrGone) {
		t.Errorf("inject reply: %v, want EMFILE", err)
	}
	if _, err := v.Listener.Inject(n.ID, 0, true); !errors.Is(err, unix.EMFILE) {
		t.Errorf("inject: %v, want EMFILE", err)
	}
	if !v.Listener.Valid(n.ID) {
		t.Fatal("the target does not wait any more")
	}
	reply(t, v.Listener, n.ID, notify.Errno(unix.EMFILE))
	if got := v.Result(); got != (kerneltest.Result{Value: -1, Errno: unix.EMFILE}) {
		t.Errorf("the target got %+v", got)
	}
}

func TestInjectBadSource(t *testing.T) {
	v := victim(t)
	v.SendCall(unix.SYS_GETPPID)
	n := receive(t, v.Listener.NewReceiver())
	for _, fd := range []int{-1, 1 << 20} {
		if err := v.Listener.InjectReply(n.ID, fd, true); !errors.Is(err, unix.EBADF) {
			t.Errorf("descriptor %d: %v, want EBADF", fd, err)
		}
	}
	reply(t, v.Listener, n.ID, notify.Value(0))
	v.Result()
}
