package notify_test

import (
	"runtime"
	"testing"

	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// interrupted makes a call in a target that has a handler for SIGUSR1, and
// sends it that signal while the call waits.
func interrupted(t *testing.T, flags string) (*kerneltest.Victim, *notify.Receiver, uint64) {
	t.Helper()
	v := victim(t)
	if !v.Process.WaitKillable {
		kerneltest.Missing(t, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux 5.19)")
	}
	if got := v.Do("handler %d %s", unix.SIGUSR1, flags); got != "0" {
		t.Fatalf("handler: errno %s", got)
	}
	r := v.Listener.NewReceiver()
	v.SendCall(unix.SYS_GETPPID)
	n := receive(t, r)
	if err := unix.Kill(v.PID, unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if !v.Listener.Valid(n.ID) {
		t.Fatal("a signal ended a call that was received")
	}
	return v, r, n.ID
}

// A call that is answered Restart comes again, under another id, when the
// handler says so.
func TestRestartWithRestart(t *testing.T) {
	v, r, id := interrupted(t, "restart")
	reply(t, v.Listener, id, notify.Restart())
	again := receive(t, r)
	if again.ID == id || again.Data.Nr != unix.SYS_GETPPID {
		t.Errorf("after %d came %+v", id, again)
	}
	reply(t, v.Listener, again.ID, notify.Value(7))
	if got := v.Result(); got != (kerneltest.Result{Value: 7}) {
		t.Errorf("the target got %+v, want 7", got)
	}
	if got := v.Number("handled"); got != 1 {
		t.Errorf("the handler ran %d times", got)
	}
}

func TestRestartWithoutRestart(t *testing.T) {
	v, _, id := interrupted(t, "once")
	reply(t, v.Listener, id, notify.Restart())
	if got := v.Result(); got != (kerneltest.Result{Value: -1, Errno: unix.EINTR}) {
		t.Errorf("the target got %+v, want EINTR", got)
	}
}

// Any other answer is delivered in full, and the signal after it.
func TestSignalDoesNotVoidReply(t *testing.T) {
	v, _, id := interrupted(t, "once")
	reply(t, v.Listener, id, notify.Value(7))
	if got := v.Result(); got != (kerneltest.Result{Value: 7}) {
		t.Errorf("the target got %+v, want 7", got)
	}
	if got := v.Number("handled"); got != 1 {
		t.Errorf("the handler ran %d times", got)
	}
}

// Restart is for a signal that waits for the calling thread: without one
// the kernel hands its number through, which is why nobody else may use it.
func TestRestartWithoutSignal(t *testing.T) {
	v := victim(t)
	v.SendCall(unix.SYS_GETPPID)
	reply(t, v.Listener, receive(t, v.Listener.NewReceiver()).ID, notify.Restart())
	if got := v.Result(); got != (kerneltest.Result{Value: -1, Errno: 512}) {
		t.Errorf("the target got %+v; ERESTARTSYS was expected", got)
	}
}

// A signal to the receiver's own thread must not reach the kernel's wait for
// the injection: interrupted, it takes the request back and still lets the
// target return, with the result 0.
func TestInjectReplyUnderSignals(t *testing.T) {
	v := victim(t)
	r := v.Listener.NewReceiver()
	runtime.LockOSThread() // for good: the thread ends with the test
	if e := sys.BlockSignals(); e != 0 {
		t.Fatal(e)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	tid := unix.Gettid()
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = sys.Tgkill(tid, unix.SIGURG)
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	for turn := range 3000 {
		v.SendCall(unix.SYS_GETPPID)
		n := receive(t, r)
		err := v.Listener.InjectReply(n.ID, 0, true)
		got := v.Result()
		if err != nil || got.Value != 3 {
			t.Fatalf("turn %d: %v; the target got %+v", turn, err, got)
		}
		v.Call(unix.SYS_CLOSE, 3)
	}
}
