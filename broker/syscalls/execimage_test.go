package syscalls

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// running starts a program, and ends it with the test.
func running(t *testing.T, path string, args ...string) int {
	t.Helper()
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// ended is the number of a process that is no more.
func ended(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func image(t *testing.T, proc *tracee.Proc, pid int) fileID {
	t.Helper()
	id, e := imageOf(proc.Thread(pid))
	if e != 0 {
		t.Fatal(e)
	}
	return id
}

// eventually waits for what another process does on its own.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// TestCallsDuringExecs: no call is answered while somebody runs what was not
// approved, or may do so, or while that cannot be told.
func TestCallsDuringExecs(t *testing.T) {
	proc := openProc(t)
	never := fileID{1, 1}
	for name, tc := range map[string]struct {
		pending  func(e *Env, caller, other int)
		blind    bool // nothing can be seen in /proc
		answered bool
		breach   bool
		log      string
	}{
		"nothing": {pending: func(*Env, int, int) {}, answered: true},
		"another's exec": {pending: func(e *Env, _, other int) {
			e.guard.expect(guarded{execKey: execKey{other, other}, old: image(t, proc, other), approved: never})
		}, answered: true},
		"what was approved runs": {pending: func(e *Env, _, other int) {
			e.guard.expect(guarded{execKey: execKey{other, other}, old: never, approved: image(t, proc, other)})
		}, answered: true},
		"something else runs": {pending: func(e *Env, _, other int) {
			e.guard.expect(guarded{execKey: execKey{other, other}, old: never, approved: fileID{1, 2}})
		}, breach: true, log: "error  " + breachReason},
		"something else is being killed": {pending: func(e *Env, _, other int) {
			e.guard.expect(guarded{execKey: execKey{other, other}, old: never, approved: never, breached: true})
		}},
		"nothing to be seen": {pending: func(e *Env, _, other int) {
			e.guard.expect(guarded{execKey: execKey{other, other}, old: image(t, proc, other), approved: never})
		}, blind: true, log: "error EPERM the executable of somebody who executes something cannot be told"},
		"in doubt, nothing to be seen": {pending: func(e *Env, caller, _ int) {
			e.guard.expect(guarded{execKey: execKey{ended(t), 1 << 22}, approved: image(t, proc, caller)})
			e.settle(e.guard.all(nil)[0], false)
		}, blind: true, log: "error EPERM the executable of the target cannot be told"},
		"in doubt, approved for somebody": {pending: func(e *Env, caller, _ int) {
			e.guard.expect(guarded{execKey: execKey{ended(t), 1 << 22}, old: never, approved: image(t, proc, caller)})
		}, answered: true},
		"in doubt, approved for nobody": {pending: func(e *Env, _, _ int) {
			e.guard.expect(guarded{execKey: execKey{ended(t), 1 << 22}, old: never, approved: never})
		}, breach: true, log: "error  " + breachReason},
	} {
		t.Run(name, func(t *testing.T) {
			row := &mediated{at: parseSignature(""), Call: Call{Name: "getppid", handle: func(*Context) answer {
				return answer{reply: notify.Value(7)}
			}}}
			breached := false
			other := running(t, "sleep", "600")
			eventually(t, "sleep does not start", func() bool { return image(t, proc, other) != image(t, proc, os.Getpid()) })
			log, v := underWay(t, row, func(c *Context, n *notify.Notification) {
				c.env.Tree = func() []int { return nil }
				c.env.Breach = func() { breached = true }
				tc.pending(c.env, int(n.PID), other)
				if tc.blind {
					defer withoutProc(t)()
				}
				c.Handle(n)
			})
			if breached != tc.breach {
				t.Errorf("breach %v", breached)
			}
			if tc.breach && name == "in doubt, approved for nobody" {
				v.Kill() // as the broker has
			} else if got, want := v.Result(), (kerneltest.Result{Value: -1, Errno: unix.EPERM}); tc.answered != (got.Value == 7) || !tc.answered && got != want {
				t.Errorf("the target got %+v", got)
			}
			if tc.log == "" && len(log) > 0 || tc.log != "" && (len(log) != 1 || log[0] != tc.log) {
				t.Errorf("recorded %q, want %q", log, tc.log)
			}
		})
	}
}

// withoutProc makes every look into /proc fail, as no process that ends does, until
// what it returns is called.
func withoutProc(t *testing.T) func() {
	t.Helper()
	null, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var open []int // before anything else gets the number that ReadDir had
	for _, entry := range entries {
		if link, _ := os.Readlink("/proc/self/fd/" + entry.Name()); link == "/proc" {
			n, _ := strconv.Atoi(entry.Name())
			open = append(open, n)
		}
	}
	if len(open) == 0 {
		t.Fatal("nobody has /proc open")
	}
	saved := map[int]int{}
	for _, n := range open {
		if saved[n], err = unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 0); err != nil {
			t.Fatal(err)
		}
	}
	put := func(from, to int) {
		if err := unix.Dup3(from, to, unix.O_CLOEXEC); err != nil {
			t.Error(err)
		}
	}
	for n := range saved {
		put(null, n)
	}
	return func() {
		for n, old := range saved {
			put(old, n)
			_ = unix.Close(old)
		}
		_ = unix.Close(null)
	}
}

// A number of the kernel's that nobody here can see is refused.
func TestUnseenTarget(t *testing.T) {
	row := &mediated{at: parseSignature(""), Call: Call{Name: "getppid", handle: func(*Context) answer {
		return answer{reply: notify.Continue()}
	}}}
	log, v := underWay(t, row, func(c *Context, n *notify.Notification) {
		n.PID = 0
		c.Handle(n)
	})
	if got := v.Result(); got.Errno != unix.EPERM || len(log) != 1 {
		t.Errorf("the target got %+v, recorded %q", got, log)
	}
}

// TestExecuting: a thread counts as executing as long as it may be.
func TestExecuting(t *testing.T) {
	e := &Env{Proc: openProc(t)}
	busy, asleep := running(t, "sh", "-c", "while :; do :; done"), running(t, "sleep", "600")
	own := image(t, e.Proc, os.Getpid())
	for _, pid := range []int{busy, asleep} {
		eventually(t, "no exec", func() bool { return image(t, e.Proc, pid) != own })
	}
	eventually(t, "sleep does not sleep", func() bool { return !e.executing(execKey{asleep, asleep}) })
	if !e.executing(execKey{busy, busy}) {
		t.Error("who runs may be about to execute")
	}
	gone := ended(t)
	if e.executing(execKey{asleep, gone}) {
		t.Error("the thread has ended, its process sleeps")
	}
	if !e.executing(execKey{gone, gone}) {
		t.Error("what cannot be told is no end")
	}
	if now, errno := e.imageNow(execKey{gone, asleep}); errno != 0 || now != image(t, e.Proc, asleep) {
		t.Errorf("the first thread has ended: %v, %v", now, errno)
	}
}

// TestGuardIsBounded: beyond the bounds an exec is refused, or what nobody runs is
// forgotten.
func TestGuardIsBounded(t *testing.T) {
	g := &execGuard{}
	for i := range maxGuarded {
		if !g.expect(guarded{execKey: execKey{i, i}, approved: fileID{1, 1}}) {
			t.Fatalf("no room for exec %d", i)
		}
	}
	if g.expect(guarded{execKey: execKey{maxGuarded, maxGuarded}, approved: fileID{1, 1}}) {
		t.Error("room for any number of execs")
	}
	e := &Env{Proc: openProc(t)}
	own := image(t, e.Proc, os.Getpid())
	key := execKey{1, 1}
	e.guard.expect(guarded{execKey: key, approved: own})
	for i := range maxImages - 1 {
		if e.guard.full() || !e.guard.expect(guarded{execKey: key, approved: fileID{2, uint64(i)}}) {
			t.Fatalf("no room for image %d", i)
		}
	}
	if !e.guard.full() || e.guard.expect(guarded{execKey: key, approved: fileID{3, 1}}) {
		t.Error("room for any number of images")
	}
	meanwhile := fileID{4, 4}
	e.Tree = func() []int { // an exec is approved while processes are listed
		e.guard.mu.Lock()
		defer e.guard.mu.Unlock()
		e.guard.doubt.known[meanwhile] = e.guard.approvals.Add(1)
		return []int{os.Getpid(), ended(t)}
	}
	e.pruneImages()
	for id, want := range map[fileID]bool{own: true, meanwhile: true, {2, maxImages - 2}: true, {2, 0}: false} {
		if e.guard.knows(id) != want {
			t.Errorf("image %v: known %v", id, !want)
		}
	}
}

// TestScanIsCalm: the doubt ends when all who live are known, twice in a row, and
// nobody has ended since the look before.
func TestScanIsCalm(t *testing.T) {
	asleep := running(t, "sleep", "600")
	var tree []int
	breached := false
	log := reasons{}
	e := &Env{Proc: openProc(t), Log: &log, Tree: func() []int { return tree }, Breach: func() { breached = true }}
	eventually(t, "no exec", func() bool { return image(t, e.Proc, asleep) != image(t, e.Proc, os.Getpid()) })
	e.guard.expect(guarded{execKey: execKey{asleep, asleep}, approved: image(t, e.Proc, asleep)})
	one, other := ended(t), ended(t)
	e.doubtful()
	for i, step := range []struct {
		tree []int
		left int32
	}{
		{[]int{asleep}, 1},
		{[]int{asleep, one}, 2},
		{[]int{asleep, one, other}, 2},
		{[]int{asleep, one, other}, 1},
		{[]int{asleep}, 0},
	} {
		tree, e.guard.doubt.next = step.tree, time.Time{}
		e.resolveDoubt()
		if got := e.guard.doubt.open.Load(); got != step.left {
			t.Errorf("step %d: %d scans to come, want %d", i, got, step.left)
		}
	}
	if breached || len(log) > 0 {
		t.Errorf("breach %v: %q", breached, log)
	}
	stranger := running(t, "sh", "-c", "read x < /dev/zero")
	eventually(t, "no exec", func() bool { return image(t, e.Proc, stranger) != image(t, e.Proc, os.Getpid()) })
	tree = []int{asleep, stranger}
	e.doubtful()
	e.guard.doubt.next = time.Time{}
	if e.resolveDoubt(); !breached || len(log) != 1 || log[0] != string(audit.Error)+"  "+breachReason {
		t.Errorf("breach %v: %q", breached, log)
	}
}

// TestExecutable: a name is what the kernel says, but for its mark of a file that
// has no name any more, which a name may look like.
func TestExecutable(t *testing.T) {
	proc := openProc(t)
	dir := kerneltest.Dir(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tool", "tool (deleted)"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o755); err != nil {
			t.Fatal(err)
		}
		c := &Context{env: &Env{Proc: proc}, thread: proc.Thread(running(t, file, "600"))}
		check := func(when string) {
			t.Helper()
			var buf [tracee.PathMax]byte
			if got, ok := c.executable(buf[:]); !ok || string(got) != file {
				t.Errorf("%s, %s: %q, %v", name, when, got, ok)
			}
			if got, ok := c.executable(buf[:len(file)]); ok {
				t.Errorf("%s, %s: %q is cut off", name, when, got)
			}
		}
		check("in place")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		check("removed")
		if err := os.WriteFile(file+" (deleted)", text, 0o755); err != nil {
			t.Fatal(err)
		}
		check("with an impostor")
		if err := os.Remove(file + " (deleted)"); err != nil {
			t.Fatal(err)
		}
	}
}

// A process whose first thread has ended runs what its others run.
func TestImageWithoutLeader(t *testing.T) {
	e := &Env{Proc: openProc(t)}
	v := kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID))
	tid := v.Number("@1 tid")
	want := image(t, e.Proc, v.PID)
	v.SendCall(unix.SYS_EXIT, 0)
	eventually(t, "the first thread does not end", func() bool {
		_, errno := imageOf(e.Proc.Thread(v.PID))
		return isGone(errno)
	})
	if got, errno := e.processImage(v.PID); errno != 0 || got != want {
		t.Errorf("the process runs %v, %v; want %v", got, errno, want)
	}
	if got, errno := e.imageNow(execKey{v.PID, tid}); errno != 0 || got != want {
		t.Errorf("its thread runs %v, %v; want %v", got, errno, want)
	}
}

// Where the executable cannot be told nothing is allowed, by whatever default: rules
// in program blocks might refuse it.
func TestScopeOfNobody(t *testing.T) {
	policy := policyOf(t, `default = "allow"
program "/usr/bin/git" {
  deny "x" {
    access = ["read"]
    path   = ["/x"]
  }
}
`)
	proc := openProc(t)
	call := mediated{Call: Call{Name: "openat"}}
	c := &Context{env: &Env{Proc: proc}, by: &ruleset{Rules: Rules{Policy: policy}}, call: &call, thread: proc.Thread(ended(t))}
	if d := c.decide([]byte("/y"), rules.Read, 0); d.Verdict != rules.Deny {
		t.Errorf("%v", d.Verdict)
	}
}
