package launch_test

import (
	"bufio"
	"os"
	"os/exec"
	"testing"

	"seccomp-broker/notify/filter"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/launch"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

func refused(e unix.Errno) kerneltest.Result { return kerneltest.Result{Value: -1, Errno: e} }

// newListener is the target's seccomp(SET_MODE_FILTER, NEW_LISTENER) with a
// program that allows everything.
func newListener(v *kerneltest.Victim) kerneltest.Result {
	return v.Call(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, kerneltest.Raw("p:"))
}

// A target never gets a listener of its own, not even when the supervisor's is
// gone.
func TestTargetInstallsNoListener(t *testing.T) {
	program, err := filter.Compile(filter.Spec{Notify: []string{"@exec", "@file"}, Allow: []string{"@default", "seccomp"}})
	if err != nil {
		t.Fatal(err)
	}
	v := kerneltest.Start(t, program)
	if got := newListener(v); got != refused(unix.EBUSY) {
		t.Errorf("with a supervisor: %+v, want EBUSY", got)
	}
	if err := v.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	if got := newListener(v); got != refused(unix.EBUSY) {
		t.Errorf("without one: %+v, want EBUSY", got)
	}
	// Where the filter lets the call pass, the kernel refuses it only as long
	// as the first listener lives: this is what the filter has to prevent.
	v = kerneltest.Start(t, few)
	if got := newListener(v); got != refused(unix.EBUSY) {
		t.Errorf("under a bare filter: %+v, want EBUSY", got)
	}
	if err := v.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	if got := newListener(v); got.Errno != 0 {
		t.Logf("this kernel refuses a second listener by itself: %v", got.Errno)
	}
}

// The target can signal its own children and nobody else.
func TestSignalScope(t *testing.T) {
	v := kerneltest.Start(t, few)
	if has := sys.LandlockABI() >= 6; v.Process.SignalsScoped != has {
		t.Errorf("signals scoped: %v, the kernel can: %v", v.Process.SignalsScoped, has)
	}
	if !v.Process.SignalsScoped {
		kerneltest.Missing(t, "Landlock signal scopes, ABI 6 (Linux 6.12)")
	}
	for _, c := range []struct {
		name string
		pid  int
		want kerneltest.Result
	}{
		{"supervisor", os.Getpid(), refused(unix.EPERM)},
		{"init", 1, refused(unix.EPERM)},
		{"itself", v.PID, kerneltest.Result{}},
		{"its child", v.Number("fork"), kerneltest.Result{}},
	} {
		if got := v.Call(unix.SYS_KILL, c.pid, 0); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestSignalScopeLifted(t *testing.T) {
	c := launch.Command{Path: "/bin/sh", Args: []string{"sh", "-c", "kill -0 $PPID && echo signalled"}, Program: few}
	c.AllowOutsideSignals = true
	o := run(t, c)
	if o.output != "signalled\n" || o.p.SignalsScoped {
		t.Errorf("output %q, scoped %v", o.output, o.p.SignalsScoped)
	}
}

// When the supervisor dies, notified calls fail and others go on.
func TestSupervisorDies(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), superviseEnv+"="+kerneltest.VictimPath(t))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	do := func(command string) string {
		t.Helper()
		if _, err := in.Write([]byte(command + "\n")); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatalf("no answer to %q: %v", command, lines.Err())
		}
		return lines.Text()
	}
	do("tid")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The target holds the pipes too: only the supervisor is waited for.
	if _, err := cmd.Process.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := do(kerneltest.CallText(unix.SYS_GETPPID)); got != "-1 38" {
		t.Errorf("a notified call: %q, want -1 ENOSYS", got)
	}
	if got := do(kerneltest.CallText(unix.SYS_GETPGRP)); got == "-1 38" {
		t.Error("a call that is not notified fails")
	}
	_ = in.Close() // the target ends by itself
	for lines.Scan() {
	}
	_ = out.Close()
}

// The kernel has all that WAIT_KILLABLE_RECV needs, or the launcher says so.
func TestWaitKillable(t *testing.T) {
	v := kerneltest.Start(t, few)
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	t.Logf("Linux %s: wait killable %v, signals scoped %v, synchronous wake-ups %v",
		unix.ByteSliceToString(u.Release[:]), v.Process.WaitKillable, v.Process.SignalsScoped, v.Listener.SyncWakeUp())
}
