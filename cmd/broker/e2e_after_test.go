package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAfter: when a call has returned, the broker holds nothing of what it
// touched. A port can be bound again, a file system unmounted.
func TestAfter(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(policies, "everything.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("ports", func(t *testing.T) {
		eachUser(t, func(t *testing.T, w *workspace) {
			args := []string{victim(t, "after"), "ports"}
			policy := w.networkPolicy(t, string(text))
			compareOutcomes(t, w.run(t, args...), w.run(t, w.underBroker(t, policy, args...)...))
			w.checkNoRefusals(t, nil)
		})
	})
	t.Run("mounts", func(t *testing.T) {
		w := asRoot(t)
		dir := filepath.Join(w.work, "mount")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		args := []string{victim(t, "after"), "mounts", dir}
		policy := w.networkPolicy(t, string(text))
		compareOutcomes(t, w.run(t, args...), w.run(t, w.underBroker(t, policy, args...)...))
		w.checkNoRefusals(t, nil)
	})
}
