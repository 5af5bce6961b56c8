package main

import (
	"context"
	"fmt"
	"syscall"
	"testing"
)

// TestBadMessages has a victim make calls on sockets with all that can be wrong
// about addresses, lists and lengths: tens of thousands, each with the errno
// that it has natively.
func TestBadMessages(t *testing.T) {
	for _, name := range []string{"lengths", "names", "many"} {
		t.Run(name, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) {
				args := []string{victim(t, "net-bad"), name}
				native := w.run(t, args...)
				w.reset(t, "")
				broker := w.run(t, w.underBroker(t, w.networkPolicy(t, networkRules), args...)...)
				if native.Status != 0 || broker.Status != 0 || native.Stdout == "" {
					t.Fatalf("status %d, natively %d: %s", broker.Status, native.Status, tail(native.Stdout))
				}
				compareCalls(t, native.Stdout, broker.Stdout, nil)
				w.checkNoRefusals(t, badArguments)
			})
		})
	}
}

// TestHugeMessages: a message of a GiB is refused, or cut, as natively, and the
// broker needs no more memory for it than for a short one.
func TestHugeMessages(t *testing.T) {
	const (
		small = 64 << 10
		large = 1 << 30
		spare = 48 << 10 // KiB: what garbage collection leaves is not always the same
	)
	eachUser(t, func(t *testing.T, w *workspace) {
		policy := w.networkPolicy(t, networkRules)
		peak := map[int]int64{}
		for _, size := range []int{small, large} {
			args := []string{victim(t, "net-bad"), "huge", fmt.Sprint(size)}
			w.reset(t, "")
			native := w.run(t, args...)
			ctx, cancel := context.WithTimeout(context.Background(), e2eLimit)
			defer cancel()
			cmd := w.command(ctx, w.underBroker(t, policy, args...))
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			compareCalls(t, native.Stdout, string(out), nil)
			w.checkNoRefusals(t, badArguments)
			usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			if !ok {
				t.Fatal("no resource usage")
			}
			peak[size] = usage.Maxrss // of the broker, and of the victim, whose messages are in no memory
		}
		t.Logf("at most %d KiB, with messages of a GiB %d KiB", peak[small], peak[large])
		if peak[large] > peak[small]+spare {
			t.Errorf("with messages of a GiB the broker needs %d KiB, else %d KiB", peak[large], peak[small])
		}
	})
}
