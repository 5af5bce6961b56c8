package main

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// asRoot returns a workspace for a target that starts as root. Only root has
// such targets.
func asRoot(t *testing.T) *workspace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: targets of an ordinary user cannot change who they are")
	}
	w := newWorkspace(t, identity{name: "root"})
	w.reset(t, "")
	return w
}

// TestChangedUser has a target that was started as root become somebody else.
// The broker acts for it with the rights of that somebody: what nobody may
// not read stays closed, and what nobody makes is nobody's.
func TestChangedUser(t *testing.T) {
	for _, name := range []string{"setuid", "seteuid", "groups", "fsuid", "thread", "capless", "exec"} {
		t.Run(name, func(t *testing.T) {
			asRoot(t).compareVictim(t, victim(t, "facts-user"), name)
		})
	}
}

// TestReadOnlyMount compares what a read-only mount answers.
func TestReadOnlyMount(t *testing.T) {
	w := asRoot(t)
	source := filepath.Join(w.base, "source")
	if err := os.Mkdir(source, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "file"), []byte("fixed\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{victim(t, "facts-user"), "readonly"}
	native := w.onReadOnly(t, source, args)
	broker := w.onReadOnly(t, source, w.underBroker(t, w.victimPolicy(t), args...))
	compareOutcomes(t, native, broker)
	w.checkNoRefusals(t, nil)
	if native.Status != 0 {
		t.Errorf("natively status %d: %s", native.Status, native.Stdout)
	}
}

// onReadOnly runs args in a fresh workspace with source mounted read-only at
// work/readonly.
func (w *workspace) onReadOnly(t *testing.T, source string, args []string) outcome {
	t.Helper()
	w.reset(t, "")
	at := filepath.Join(w.work, "readonly")
	if err := os.Mkdir(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(source, at, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Unmount(at, 0); err != nil {
			t.Error(err)
		}
	}()
	if err := unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	return w.run(t, args...)
}
