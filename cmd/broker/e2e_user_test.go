package main

import (
	"os"
	"testing"
)

// TestUserFacts has root run victims with --user, and compares them with what
// they print when they are started as that user natively.
func TestUserFacts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: only root can run commands as another user")
	}
	for _, c := range []struct{ victim, name string }{
		{"facts-open", "flags"}, {"facts-errno", "calls"}, {"facts-mode", "umask"}, {"facts-mode", "setgid"},
		{"facts-mode", "acl"}, {"facts-mode", "tmpfile"}, {"facts-limits", "pointers"},
		{"facts-attr", "owner"}, {"facts-attr", "mode"}, {"fifo", "eintr"}, {"fifo", "kill"},
	} {
		t.Run(c.victim+"/"+c.name, func(t *testing.T) {
			w := newWorkspace(t, identity{name: "user", uid: nobody, gid: nobody, switched: true})
			w.reset(t, "")
			args := []string{victim(t, c.victim), c.name}
			native := w.run(t, args...)
			native.Tree = w.snapshot(t, nil, nil)
			w.reset(t, "")
			line := w.underBroker(t, w.victimPolicy(t), args...)
			w.who.switched = false // root starts the broker
			broker := w.run(t, append([]string{line[0], "--user", "nobody"}, line[1:]...)...)
			broker.Tree = w.snapshot(t, nil, nil)
			compareOutcomes(t, native, broker)
			w.checkNoRefusals(t, badArguments)
			if native.Status != 0 || native.Stdout == "" {
				t.Errorf("natively status %d, output %q", native.Status, native.Stdout)
			}
		})
	}
}
