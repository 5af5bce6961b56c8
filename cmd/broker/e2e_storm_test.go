package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const stormProcesses = 3000

// TestStorm starts 3,000 short-lived processes and compares the broker's open
// descriptors before and after: none may stay.
func TestStorm(t *testing.T) {
	eachUser(t, func(t *testing.T, w *workspace) {
		ctx, cancel := context.WithTimeout(context.Background(), e2eLimit)
		defer cancel()
		args := []string{victim(t, "storm"), strconv.Itoa(stormProcesses), "/bin/true"}
		cmd := w.command(ctx, w.underBroker(t, w.victimPolicy(t), args...))
		cmd.Stderr = os.Stderr
		in, lines := talkTo(t, cmd)
		expect := func(started int) {
			t.Helper()
			want := fmt.Sprintf("%d started, 0 failed\n", started)
			if line, err := lines.ReadString('\n'); line != want {
				t.Errorf("storm says %q (%v), want %q", line, err, want)
			}
		}
		expect(stormProcesses / 10)
		before := settled(t, cmd.Process.Pid)
		_, _ = io.WriteString(in, "\n")
		expect(stormProcesses)
		after := settled(t, cmd.Process.Pid)
		_, _ = io.WriteString(in, "\n")
		if err := cmd.Wait(); err != nil {
			t.Errorf("storm: %v", err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("descriptors of the broker (-after %d processes +after %d):\n%s", stormProcesses/10, stormProcesses, diff)
		}
		w.checkNoRefusals(t, nil)
	})
}

// settled is descriptors once they stay the same: the last call of a process that
// has ended can still be under way in the broker.
func settled(t *testing.T, pid int) map[string]int {
	t.Helper()
	last := descriptors(t, pid)
	for range 500 {
		time.Sleep(10 * time.Millisecond)
		now := descriptors(t, pid)
		if cmp.Equal(last, now) {
			break
		}
		last = now
	}
	return last
}

// descriptors counts the open descriptors of a process by what they refer to.
// Only root may look at the broker's: it is not dumpable.
func descriptors(t *testing.T, pid int) map[string]int {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range entries {
		to, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		count[to]++
	}
	return count
}
