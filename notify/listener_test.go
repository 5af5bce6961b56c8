package notify_test

import (
	"errors"
	"os"
	"testing"

	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// victim is a target whose getppid and getpgrp are notified.
func victim(t testing.TB) *kerneltest.Victim {
	t.Helper()
	return kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID, unix.SYS_GETPGRP))
}

func receive(t testing.TB, r *notify.Receiver) notify.Notification {
	t.Helper()
	n, err := r.Receive()
	if err != nil {
		t.Fatal(err)
	}
	return *n
}

func reply(t testing.TB, l *notify.Listener, id uint64, r notify.Reply) {
	t.Helper()
	if err := l.Reply(id, r); err != nil {
		t.Fatal(err)
	}
}

func TestReceive(t *testing.T) {
	v := victim(t)
	r := v.Listener.NewReceiver()
	v.SendCall(unix.SYS_GETPPID, 1, 2, 3, 4, 5, -1)
	n := receive(t, r)
	want := [6]uint64{1, 2, 3, 4, 5, ^uint64(0)}
	if n.Data.Nr != unix.SYS_GETPPID || n.Data.Args != want || n.Data.Arch != unix.AUDIT_ARCH_X86_64 {
		t.Errorf("received %+v", n)
	}
	if int(n.PID) != v.PID {
		t.Errorf("pid %d, want %d", n.PID, v.PID)
	}
	if !v.Listener.Valid(n.ID) || v.Listener.Valid(n.ID+1) {
		t.Error("the notification is not valid, or another one is")
	}
	reply(t, v.Listener, n.ID, notify.Value(0))
	v.Result()
	if v.Listener.Valid(n.ID) {
		t.Error("an answered notification is still valid")
	}
}

// The pid of a notification is that of the thread that called.
func TestReceiveFromThread(t *testing.T) {
	v := victim(t)
	tid := v.Number("@1 tid")
	v.Send("@1 %s", kerneltest.CallText(unix.SYS_GETPPID))
	n := receive(t, v.Listener.NewReceiver())
	if int(n.PID) != tid || tid == v.PID {
		t.Errorf("pid %d, the thread is %d of process %d", n.PID, tid, v.PID)
	}
	reply(t, v.Listener, n.ID, notify.Value(0))
	v.Result()
}

// What a reply becomes in the target.
func TestReplies(t *testing.T) {
	v := victim(t)
	r := v.Listener.NewReceiver()
	answered := func(a notify.Reply) kerneltest.Result {
		v.SendCall(unix.SYS_GETPPID)
		reply(t, v.Listener, receive(t, r).ID, a)
		return v.Result()
	}
	refused := func(e unix.Errno) kerneltest.Result { return kerneltest.Result{Value: -1, Errno: e} }
	for e := unix.Errno(1); e <= 133; e++ {
		if got := answered(notify.Errno(e)); got != refused(e) {
			t.Errorf("Errno(%d): the target got %+v", e, got)
		}
	}
	for _, c := range []struct {
		name string
		r    notify.Reply
		want kerneltest.Result
	}{
		{"zero", notify.Reply{}, refused(unix.EPERM)},
		{"no errno", notify.Errno(0), refused(unix.EPERM)},
		{"5000", notify.Errno(5000), refused(unix.EPERM)},
		{"a negative number", notify.Errno(^unix.Errno(12)), refused(unix.EPERM)},
		{"value 0", notify.Value(0), kerneltest.Result{}},
		{"value", notify.Value(1 << 40), kerneltest.Result{Value: 1 << 40}},
		{"continue", notify.Continue(), kerneltest.Result{Value: os.Getpid()}},
	} {
		if got := answered(c.r); got != c.want {
			t.Errorf("%s: the target got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// A killed target takes its notification along, and every operation on it
// says so.
func TestGone(t *testing.T) {
	v := victim(t)
	v.SendCall(unix.SYS_GETPPID)
	fds := []unix.PollFd{{Fd: int32(v.Listener.FD()), Events: unix.POLLIN}}
	for fds[0].Revents == 0 {
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			t.Fatal(err)
		}
	}
	if v.Listener.Orphaned() {
		t.Error("orphaned while a call waits to be received")
	}
	n := receive(t, v.Listener.NewReceiver())
	if v.Listener.Orphaned() {
		t.Error("orphaned while the target lives")
	}
	v.Kill()
	if v.Listener.Valid(n.ID) {
		t.Error("the notification is valid after its target was killed")
	}
	_, injected := v.Listener.Inject(n.ID, 0, true)
	_, received := v.Listener.NewReceiver().Receive()
	for op, err := range map[string]error{
		"reply":        v.Listener.Reply(n.ID, notify.Value(0)),
		"inject":       injected,
		"inject reply": v.Listener.InjectReply(n.ID, 0, true),
		"receive":      received,
	} {
		if !errors.Is(err, notify.ErrGone) || !errors.Is(err, unix.ENOENT) {
			t.Errorf("%s: %v, want ErrGone and ENOENT", op, err)
		}
	}
	if !v.Listener.Orphaned() {
		t.Error("not orphaned after the last target died")
	}
}

// A notification that died before it was received does not stop a receiver.
func TestDeathBeforeReceive(t *testing.T) {
	v := victim(t)
	child := v.Number("fork")
	if child <= 0 {
		t.Fatalf("fork gave %d", child)
	}
	v.Kill()
	defer func() { _ = unix.Kill(child, unix.SIGKILL) }()
	// The child has the signal of its parent's death: the listener ends with it.
	if _, err := v.Listener.NewReceiver().Receive(); !errors.Is(err, notify.ErrGone) {
		t.Errorf("receive: %v, want ErrGone", err)
	}
}

// A second reply to one notification is an error, and no other call's answer.
func TestReplyTwice(t *testing.T) {
	v := victim(t)
	v.SendCall(unix.SYS_GETPPID)
	n := receive(t, v.Listener.NewReceiver())
	reply(t, v.Listener, n.ID, notify.Value(1))
	v.Result()
	if err := v.Listener.Reply(n.ID, notify.Value(2)); !errors.Is(err, notify.ErrGone) {
		t.Errorf("second reply: %v, want ErrGone", err)
	}
}

// Closing the listener refuses all later calls.
func TestCloseRefuses(t *testing.T) {
	v := victim(t)
	v.SendCall(unix.SYS_GETPPID)
	receive(t, v.Listener.NewReceiver())
	if err := v.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	want := kerneltest.Result{Value: -1, Errno: unix.ENOSYS}
	if got := v.Result(); got != want {
		t.Errorf("the waiting call: %+v, want %+v", got, want)
	}
	if got := v.Call(unix.SYS_GETPGRP); got != want {
		t.Errorf("a later call: %+v, want %+v", got, want)
	}
	if err := v.Listener.Close(); !errors.Is(err, unix.EBADF) {
		t.Errorf("second close: %v, want EBADF", err)
	}
}

func TestNewListenerRefusesOthers(t *testing.T) {
	file, err := unix.Open("/proc/self/status", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(pipe[1]) }()
	path, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		fd   int
		want unix.Errno
	}{
		{"file", file, unix.ENOTTY}, {"pipe", pipe[0], unix.ENOTTY}, {"epoll", epoll, unix.EINVAL},
		{"O_PATH", path, unix.EBADF}, {"closed", 1 << 20, unix.EBADF}, {"negative", -1, unix.EBADF},
	} {
		l, err := notify.NewListener(c.fd)
		var op *notify.OpError
		if l != nil || !errors.As(err, &op) || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v; want an OpError with %v", c.name, l, err, c.want)
		}
		if c.fd < 1<<20 && c.fd >= 0 {
			if _, err := unix.FcntlInt(uintptr(c.fd), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
				t.Errorf("%s: the descriptor was left open", c.name)
			}
		}
	}
}

// The structures of this package must fit those of the running kernel.
func TestSizes(t *testing.T) {
	var s sys.NotifSizes
	if e := sys.GetNotifSizes(&s); e != 0 {
		t.Fatal(e)
	}
	if int(s.Notif) < sys.SizeofNotif || int(s.Resp) < sys.SizeofNotifResp || int(s.Data) < sys.SizeofData {
		t.Errorf("the kernel's are smaller: %+v", s)
	}
	if sys.SizeofNotif != 80 || sys.SizeofNotifResp != 24 || sys.SizeofData != 64 {
		t.Errorf("not those of linux/seccomp.h: %d %d %d", sys.SizeofNotif, sys.SizeofNotifResp, sys.SizeofData)
	}
}
