package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"seccomp-broker/notify/sys"
)

// placed is a command line under the broker with a placement.
func placed(line []string, placement string) []string {
	return slices.Insert(slices.Clone(line), 1, "--placement", placement)
}

// TestPlacementIsInvisible has programs look at what they may run on, and how,
// while the broker chooses where it runs itself.
func TestPlacementIsInvisible(t *testing.T) {
	affinity := victim(t, "affinity")
	for name, args := range map[string][]string{
		"after each open": {affinity, affinity, "2000"},
		"go":              {victim(t, "gocpus")},
		"python":          {"/usr/bin/python3", "-c", "import os; print(os.cpu_count(), len(os.sched_getaffinity(0)), os.sched_getscheduler(0))"},
	} {
		t.Run(name, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) {
				native := w.run(t, args...)
				if native.Status != 0 || native.Stdout == "" {
					t.Fatalf("natively status %d, output %q", native.Status, native.Stdout)
				}
				for _, placement := range []string{"auto", "yield", "plain"} {
					line := w.underBroker(t, policyFile(t, "everything"), args...)
					got := w.run(t, placed(line, placement)...)
					if got.Status != native.Status || got.Stdout != native.Stdout {
						t.Errorf("%s: status %d, output %q; natively %d, %q", placement, got.Status, got.Stdout, native.Status, native.Stdout)
					}
				}
			})
		})
	}
}

// TestPlacementAfterDeath kills the broker at any point of a call: nothing
// that it did to be near the program may outlast it.
func TestPlacementAfterDeath(t *testing.T) {
	affinity := victim(t, "affinity")
	eachUser(t, func(t *testing.T, w *workspace) {
		for range 12 {
			if got := w.orphaned(t, placed(w.underBroker(t, w.victimPolicy(t), affinity, affinity, "forever"), "yield")); !strings.HasPrefix(got, "0 changes ") {
				t.Errorf("after the broker's death: %q", got)
			}
		}
	})
}

// orphaned kills the broker of a program that has said to be ready, and returns
// what the program says last.
func (w *workspace) orphaned(t *testing.T, line []string) (last string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), e2eLimit)
	defer cancel()
	cmd := w.command(ctx, line)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer endOrphan(cmd, cancel)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last = lines.Text(); strings.HasPrefix(last, "ready ") {
			if classes := classes(t, cmd.Process.Pid); !classes[strconv.Itoa(sys.ClassIdle)] || !classes[strconv.Itoa(sys.ClassOther)] {
				t.Errorf("the broker's threads have the classes %v: no receiver yields, or everything does", classes)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return last
}

// classes are the scheduling classes of a process's threads: proc_pid_stat(5),
// field 41.
func classes(t *testing.T, pid int) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("no threads of process %d: %v", pid, err)
	}
	found := map[string]bool{}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil { // else it has ended
			_, rest, _ := strings.Cut(string(text), ") ")
			found[strings.Fields(rest)[41-3]] = true
		}
	}
	return found
}

func endOrphan(cmd *exec.Cmd, cancel func()) {
	cancel()
	_ = cmd.Wait() // it was killed
}
