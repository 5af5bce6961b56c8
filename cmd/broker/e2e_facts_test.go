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
	} {
		for _, name := range c.cases {
			t.Run(c.victim+"/"+name, func(t *testing.T) {
				eachUser(t, func(t *testing.T, w *workspace) { w.compareVictim(t, victim(t, c.victim), name) })
			})
		}
	}
}
