package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	signalFiles = 1000
	signalOpens = 100_000
)

// TestGoSignals opens files 100,000 times in a Go program that signals
// interrupt all the time. Every open succeeds and yields the right file (the
// victim looks), and the broker has done it exactly once (its log says).
func TestGoSignals(t *testing.T) {
	eachUser(t, func(t *testing.T, w *workspace) {
		for i := range signalFiles {
			name := "file-" + strconv.Itoa(i)
			if err := os.WriteFile(filepath.Join(w.work, name), []byte(name), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		args := []string{victim(t, "gosignals"), strconv.Itoa(signalFiles), strconv.Itoa(signalOpens)}
		line := w.underBroker(t, w.victimPolicy(t), args...)
		o := w.run(t, logAllowed(line)...)
		if want := fmt.Sprintf("opened %d\n", signalOpens); o.Stdout != want || o.Status != 0 {
			t.Fatalf("status %d, output %q, want 0 and %q\n%s", o.Status, o.Stdout, want, tail(o.Stderr))
		}
		w.checkOpenedOnce(t)
	})
}

// logAllowed has a run of the broker record allowed calls too.
func logAllowed(line []string) []string {
	return append([]string{line[0], "--log-allowed"}, line[1:]...)
}

// checkOpenedOnce counts the opens of every file in the log.
func (w *workspace) checkOpenedOnce(t *testing.T) {
	t.Helper()
	count := map[string]int{}
	for _, e := range w.audit(t) {
		if e.Action != "allowed" {
			t.Errorf("audit: %s", e)
		}
		if name, ok := strings.CutPrefix(e.Path, w.work+"/file-"); ok {
			count[name]++
			if e.Syscall != "openat" || e.Errno != "" {
				t.Errorf("audit: %s", e)
			}
		}
	}
	if len(count) != signalFiles {
		t.Errorf("opens of %d files are recorded, want %d", len(count), signalFiles)
	}
	for name, n := range count {
		if n != signalOpens/signalFiles {
			t.Errorf("file-%s: opened %d times, want %d", name, n, signalOpens/signalFiles)
		}
	}
}

// TestChurn has threads change a directory while timers interrupt them: with
// SA_RESTART no call may ever see it. Each of the victim's names is made,
// renamed, linked and removed exactly once, or it complains.
func TestChurn(t *testing.T) {
	for _, restart := range []string{"restart", "norestart"} {
		t.Run(restart, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) {
				args := []string{victim(t, "churn"), "8", "400", restart}
				native := w.run(t, args...)
				if native.Status != 0 {
					t.Fatalf("natively: %s", native.Stdout)
				}
				broker := w.run(t, w.underBroker(t, w.victimPolicy(t), args...)...)
				t.Logf("natively %s", native.Stderr)
				t.Logf("broker   %s", broker.Stderr)
				native.Stderr, broker.Stderr = "", "" // counts
				native.Tree = w.snapshot(t, nil, nil)
				broker.Tree = native.Tree
				compareOutcomes(t, native, broker)
				if len(native.Tree) != 3 {
					t.Errorf("left behind: %v", native.Tree)
				}
				w.checkNoRefusals(t, nil)
			})
		})
	}
}
