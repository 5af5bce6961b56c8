package broker

import (
	"os"
	"os/exec"
	"slices"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// A process that runs may be about to fork; one that has stopped, or sleeps in a
// call that makes no process, may not.
func TestAtRest(t *testing.T) {
	p, err := tracee.OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if atRest(p, pid) {
		t.Error("a shell that runs is at rest")
	}
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatal(err, status)
	}
	if !atRest(p, pid) {
		t.Error("a stopped shell is not at rest")
	}

	v := kerneltest.StartPlain(t, nil) // waits for its next command, in read(2)
	child := v.Number("fork")
	for !atRest(p, child) { // it may not have got there
	}
	if !atRest(p, 1<<22) {
		t.Error("a process that is not there is not at rest")
	}
}

// A thread that runs counts where the first one has ended or sleeps.
func TestAtRestLooksAtThreads(t *testing.T) {
	p, err := tracee.OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for range 100 { // this one is running, on whichever thread
		if atRest(p, os.Getpid()) {
			t.Fatal("the process that looks is at rest")
		}
	}
}

// The list of a tree has what the test has started, and nobody else.
func TestListTree(t *testing.T) {
	p, err := tracee.OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	v := kerneltest.StartPlain(t, nil)
	child := v.Number("fork")
	list, _ := listTree(p)
	for _, pid := range []int{v.PID, child} {
		if !slices.Contains(list, pid) {
			t.Errorf("%d is not in %v", pid, list)
		}
	}
	for _, pid := range []int{1, os.Getpid(), os.Getppid()} {
		if slices.Contains(list, pid) {
			t.Errorf("%d is in %v", pid, list)
		}
	}
}
