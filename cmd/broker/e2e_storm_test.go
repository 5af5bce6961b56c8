package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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
		after, threads := settled(t, cmd.Process.Pid), resourcesOf(t, cmd.Process.Pid).threads
		_, _ = io.WriteString(in, "\n")
		if err := cmd.Wait(); err != nil {
			t.Errorf("storm: %v", err)
		}
		takeStatusFiles(before)
		if n := takeStatusFiles(after); n > threads {
			t.Errorf("%d files of threads' status are open, and there are %d receivers at most", n, threads)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("descriptors of the broker (-after %d processes +after %d):\n%s", stormProcesses/10, stormProcesses, diff)
		}
		w.checkNoRefusals(t, nil)
	})
}

var statusFile = regexp.MustCompile(`^/proc/\d+/status$`)

// takeStatusFiles takes out the status files that are open, and counts them. Each receiver
// keeps that of the thread that it has looked at last.
func takeStatusFiles(descriptors map[string]int) (n int) {
	maps.DeleteFunc(descriptors, func(name string, count int) bool {
		if !statusFile.MatchString(name) {
			return false
		}
		n += count
		return true
	})
	return n
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
		switch {
		case errors.Is(err, os.ErrNotExist): // closed meanwhile
			continue
		case err != nil:
			t.Fatal(err)
		}
		count[to]++
	}
	return count
}
