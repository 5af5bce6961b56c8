package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestEscape runs every program of testdata/escape twice: natively, where it
// must get out — or it would prove nothing by being held — and under the
// broker, where it must not. Both as root and as an ordinary user when the
// test is run as root.
func TestEscape(t *testing.T) {
	for _, c := range escapes {
		t.Run(c.name(), func(t *testing.T) {
			t.Run("native", func(t *testing.T) { eachIdentity(t, c, escapesNatively) })
			t.Run("broker", func(t *testing.T) { eachIdentity(t, c, isHeld) })
		})
	}
}

// identity is whom a target runs as.
type identity struct {
	name     string
	uid, gid int
	switched bool // not the user that runs the test
}

const nobody = 65534

func identities() []identity {
	if os.Geteuid() != 0 {
		return []identity{{name: "user", uid: os.Getuid(), gid: os.Getgid()}}
	}
	return []identity{
		{name: "root"},
		{name: "user", uid: nobody, gid: nobody, switched: true},
	}
}

func eachIdentity(t *testing.T, c escape, half func(*testing.T, escape, identity)) {
	for _, who := range identities() {
		t.Run(who.name, func(t *testing.T) { half(t, c, who) })
	}
}

func escapesNatively(t *testing.T, c escape, who identity) {
	tree := newEscapeTree(t, who)
	args := c.command(t, tree)
	if c.supervised {
		args = append([]string{escapeProgram(t, "standin")}, args...)
	}
	out := runEscape(t, c, tree, who, args)
	if c.missing != nil && c.missing.match(out.stdout, who) {
		t.Skipf("missing: %s", c.missing.feature)
	}
	v := out.verdict(t)
	if !v.escaped || v.wins == 0 {
		t.Errorf("natively %s, want a way out", v)
	}
	if c.all && v.wins != v.attempts {
		t.Errorf("natively %s, want every attempt to succeed", v)
	}
	if out.status != 0 && !(c.killsSupervisor && out.killed) {
		t.Errorf("natively exit status %d, want 0", out.status)
	}
	if t.Failed() {
		t.Logf("output:\n%s", out)
	}
}

func isHeld(t *testing.T, c escape, who identity) {
	broker := brokerBinary(t)
	tree := newEscapeTree(t, who)
	before := tree.snapshot(t)
	rules := []string{"--rules", tree.rules}
	if c.network {
		rules = append(rules, "--rules", filepath.Join(filepath.Dir(tree.rules), "network.hcl"))
	}
	args := append(append([]string{broker}, rules...), "--log", tree.log, "--log-format", "json", "--")
	args = append(args, c.command(t, tree)...)
	out := runEscape(t, c, tree, who, args)
	out.checkSecretKept(t, tree)
	if !c.endedByForce(out) {
		if v := out.verdict(t); v.escaped || v.wins != 0 || v.attempts == 0 {
			t.Errorf("under the broker %s, want held", v)
		}
		if out.status != 1 && !(c.killsSupervisor && out.killed) {
			t.Errorf("under the broker exit status %d, want 1", out.status)
		}
		for _, want := range c.want {
			if !want.MatchString(out.stdout) {
				t.Errorf("under the broker no line of the output matches %q", want)
			}
		}
	}
	tree.compare(t, before)
	if !c.killsSupervisor { // a killed broker cannot finish its log
		checkAudit(t, tree, c.denied)
	}
	if t.Failed() {
		t.Logf("output:\n%s", out)
	}
}
