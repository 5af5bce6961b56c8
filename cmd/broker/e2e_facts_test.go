package main

import "testing"

// TestFacts has victims print what they see of the file system. Every line
// must be the same natively and under the broker.
func TestFacts(t *testing.T) {
	for _, c := range []struct {
		victim string
		cases  []string
	}{
		{"facts-open", []string{"flags", "lowest", "full"}},
		{"facts-errno", []string{"calls", "rename", "noreplace", "exchange", "both", "unknown", "link", "link-follow", "link-unknown"}},
		{"facts-mode", []string{"umask", "umask-child", "acl", "setgid", "tmpfile", "append"}},
		{"facts-limits", []string{"length", "loop", "busy", "pointers"}},
		{"facts-attr", []string{"times", "mode", "owner", "xattr"}},
		{"facts-table", []string{"full", "lowered", "written", "lock"}},
	} {
		for _, name := range c.cases {
			t.Run(c.victim+"/"+name, func(t *testing.T) {
				eachUser(t, func(t *testing.T, w *workspace) { w.compareVictim(t, victim(t, c.victim), name) })
			})
		}
	}
}

// TestOpenat2Reference pins a difference. O_PATH descriptors cannot be
// injected, so the kernel opens them, on the strength of a flag in a register;
// openat2 has its flags in memory, where they can change after the look.
func TestOpenat2Reference(t *testing.T) {
	eachUser(t, func(t *testing.T, w *workspace) {
		args := []string{victim(t, "facts-limits"), "reference"}
		if got, want := w.run(t, args...).Stdout, "openat: ok\nopenat2: ok\n"; got != want {
			t.Errorf("natively %q, want %q", got, want)
		}
		got := w.run(t, w.underBroker(t, w.victimPolicy(t), args...)...).Stdout
		if want := "openat: ok\nopenat2: ENOSYS\n"; got != want {
			t.Errorf("under the broker %q, want %q", got, want)
		}
	})
}
