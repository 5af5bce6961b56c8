package syscalls

import (
	"testing"
	"time"
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
