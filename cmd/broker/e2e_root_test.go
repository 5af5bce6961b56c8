package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
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
	for _, name := range []string{"setuid", "seteuid", "groups", "fsuid", "thread", "capless", "exec", "bounding", "securebits"} {
		t.Run(name, func(t *testing.T) {
			asRoot(t).compareVictim(t, victim(t, "facts-user"), name)
		})
	}
}

// TestRootOfANamespace has a target make a user namespace, where rules let it:
// it is root in there, and what the broker does for it is done outside.
func TestRootOfANamespace(t *testing.T) {
	w := asRoot(t)
	args := []string{victim(t, "facts-user"), "namespace"}
	native := w.run(t, args...)
	w.reset(t, "")
	lifted := filepath.Join(w.base, "lifted.hcl")
	if err := os.WriteFile(lifted, []byte("extends = [\"victim.hcl\"]\nsyscalls {\n  allow = [\"@default\", \"@namespace\"]\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.victimPolicy(t)
	compareOutcomes(t, native, w.run(t, w.underBroker(t, lifted, args...)...))
	if native.Status != 0 || native.Stdout == "" {
		t.Errorf("natively status %d: %s", native.Status, native.Stdout)
	}
}

// TestBrokerWithCapabilities starts the broker with capabilities that its command
// does not get: those of its own file, which an exec does not pass on.
func TestBrokerWithCapabilities(t *testing.T) {
	w := asRoot(t)
	own := filepath.Join(w.base, "capable")
	text, err := os.ReadFile(brokerBinary(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, text, 0o755); err != nil {
		t.Fatal(err)
	}
	// struct vfs_cap_data, revision 2, effective: linux/capability.h.
	capable := binary.LittleEndian.AppendUint32(nil, 0x02000001)
	for _, word := range []uint32{1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_SYS_PTRACE, 0, 0, 0} {
		capable = binary.LittleEndian.AppendUint32(capable, word)
	}
	if err := unix.Setxattr(own, "security.capability", capable, 0); err != nil {
		t.Skipf("missing: file capabilities: %v", err)
	}
	w.who = identity{name: "user", uid: nobody, gid: nobody, switched: true}
	args := []string{victim(t, "facts-user"), "look"}
	run := func(args []string) outcome {
		w.reset(t, "")
		for name, mode := range map[string]os.FileMode{"secret": 0o600, "plain": 0o644, "for-group": 0o640} {
			file := filepath.Join(w.work, name)
			if err := os.WriteFile(file, []byte("root's\n"), mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Lchown(file, 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		return w.run(t, args...)
	}
	native := run(args)
	if !strings.Contains(native.Stdout, "secret EACCES") {
		t.Fatalf("natively %s", native.Stdout)
	}
	line := w.underBroker(t, w.victimPolicy(t), args...)
	compareOutcomes(t, native, run(append([]string{own}, line[1:]...)))
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
