package syscalls

import (
	"os/exec"
	"runtime"
	"testing"
	"time"

	"seccomp-broker/notify/tracee"
)

// TestGuardConclude: what one thread's exec comes to must not end the watch
// over another's, and what was seen of an exec that is over must not be held
// against the next one.
func TestGuardConclude(t *testing.T) {
	old, good, other, evil := fileID{1, 1}, fileID{1, 2}, fileID{1, 3}, fileID{1, 4}
	setUp := func() (*execGuard, guarded, guarded) {
		g := &execGuard{}
		for tid, approved := range map[int]fileID{10: good, 11: other} {
			if !g.expect(guarded{execKey: execKey{10, tid}, old: old, approved: approved, since: time.Now()}) {
				t.Fatal("no room")
			}
		}
		return g, g.pending[execKey{10, 10}], g.pending[execKey{10, 11}]
	}
	check := func(g *execGuard, name string, breach, wantBreach bool, pending int32) {
		t.Helper()
		if breach != wantBreach || g.count.Load() != pending || int(pending) != len(g.pending) {
			t.Errorf("%s: breach %v, %d pending; want %v, %d", name, breach, g.count.Load(), wantBreach, pending)
		}
	}
	g, first, second := setUp()
	check(g, "the second has failed", g.conclude(second, execOver, old), false, 1)
	check(g, "the first runs something else", g.conclude(first, execChanged, evil), true, 1)
	if !g.pending[first.execKey].breached {
		t.Error("what is being killed is not marked")
	}
	check(g, "and is gone", g.conclude(first, execGone, fileID{}), false, 0)

	g, first, second = setUp()
	check(g, "what the other may run", g.conclude(first, execChanged, other), false, 0)
	check(g, "seen before that", g.conclude(second, execChanged, evil), false, 0)

	g, first, _ = setUp()
	g.conclude(first, execChanged, good)
	if !g.expect(guarded{execKey: execKey{10, 10}, old: good, approved: other}) {
		t.Fatal("no room")
	}
	check(g, "the exec before, seen late", g.conclude(first, execChanged, evil), false, 1)
	check(g, "the exec before, thought gone", g.conclude(first, execGone, fileID{}), false, 1)
	if !g.knows(good) || !g.knows(other) || g.knows(evil) || g.knows(old) {
		t.Error("only what was approved is known")
	}
}

// The children of a process that ended in its exec are in doubt before nothing is
// pending any more: a child that calls in between would be taken for good.
func TestDoubtComesBeforeTheEnd(t *testing.T) {
	proc, err := tracee.OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	pid := gone.Process.Pid
	e := &Env{Proc: proc, Tree: func() []int { return nil }}
	if !e.guard.expect(guarded{execKey: execKey{pid, pid}, old: fileID{1, 1}, approved: fileID{1, 2}}) {
		t.Fatal("no room")
	}
	entry := e.guard.all(nil)[0]
	e.guard.mu.Lock() // it stays pending
	settled := make(chan int)
	go func() { settled <- e.settle(entry, false) }()
	for deadline := time.Now().Add(time.Minute); e.guard.doubt.open.Load() == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Error("no doubt while the exec is pending")
			break
		}
	}
	e.guard.mu.Unlock()
	if got := <-settled; got != imageFine || e.guard.count.Load() != 0 || e.guard.doubt.open.Load() != calmScans {
		t.Errorf("settled %d, %d pending, %d scans to come", got, e.guard.count.Load(), e.guard.doubt.open.Load())
	}
}
