package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"github.com/google/go-cmp/cmp"
)

// TestEscape runs every program of testdata/escape twice: natively, where it
// must get out — or it would prove nothing by being held — and under the
// broker, where it must not. Both as root and as an ordinary user when the
// test is run as root. Of a program that can only be broken, what it says must
// be the same both times.
//
// Results go into attributes of the tests, which `make escape` makes a table of.
func TestEscape(t *testing.T) {
	for _, c := range escapes {
		t.Run(c.name(), func(t *testing.T) {
			trial := &escapeTrial{escape: c, natively: map[string]escapeOutput{}}
			t.Run("native", func(t *testing.T) { eachIdentity(t, trial.runNatively) })
			t.Run("broker", func(t *testing.T) { eachIdentity(t, trial.isHeld) })
		})
	}
}

// escapeTrial is a way out, and how it went natively, by identity.
type escapeTrial struct {
	escape
	natively map[string]escapeOutput
}

// fewWins is how often a race must be won natively: once may be an accident.
const fewWins = 3

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

func eachIdentity(t *testing.T, half func(*testing.T, identity)) {
	for _, who := range identities() {
		t.Run(who.name, func(t *testing.T) { half(t, who) })
	}
}

func (c *escapeTrial) runNatively(t *testing.T, who identity) {
	tree := newEscapeTree(t, who)
	args := c.command(t, tree)
	if c.supervised || c.outside {
		args = append(standin(t, tree), args...)
	}
	out := runEscape(t, c.escape, tree, who, args, 0)
	if c.missing != nil && c.missing.match(out.stdout, who) {
		t.Attr("result", "missing: "+c.missing.feature)
		kerneltest.Missing(t, c.missing.feature)
	}
	v := out.verdict(t)
	t.Attr("result", v.String())
	c.natively[who.name] = out
	defer func() {
		if t.Failed() {
			t.Logf("output:\n%s", out)
		}
	}()
	if c.compared {
		if v.word != "DONE" {
			t.Errorf("natively %s, want DONE", v)
		}
		return
	}
	if !v.escaped || v.wins == 0 {
		t.Errorf("natively %s, want a way out", v)
	}
	if c.all && v.wins != v.attempts {
		t.Errorf("natively %s, want every attempt to succeed", v)
	}
	if c.isRace() && v.wins < fewWins {
		t.Errorf("natively %s, want %d wins", v, fewWins)
	}
	if out.status != 0 && !(c.killsSupervisor && out.killed) {
		t.Errorf("natively exit status %d, want 0", out.status)
	}
}

func (c *escapeTrial) isHeld(t *testing.T, who identity) {
	tree := newEscapeTree(t, who)
	before := tree.snapshot(t)
	native, known := c.natively[who.name]
	if !known && c.compared { // this half was asked for alone
		native = runEscape(t, c.escape, newEscapeTree(t, who), who, c.command(t, tree), 0)
	}
	least := 0
	if known {
		least = native.verdict(t).attempts
	}
	out := runEscape(t, c.escape, tree, who, c.underBroker(t, tree), least)
	defer func() {
		if t.Failed() {
			t.Logf("output:\n%s", out)
		}
	}()
	out.checkSecretKept(t, tree)
	switch {
	case c.compared:
		c.compare(t, native, out)
	case c.endedByForce(out):
		t.Attr("result", "killed by the broker")
	default:
		c.checkHeld(t, out)
	}
	tree.compare(t, before)
	if c.painted {
		checkUnpainted(t, tree, out.stderr)
	}
	if !c.killsSupervisor { // a killed broker cannot finish its log
		audit := readAudit(t, tree)
		t.Attr("audit", audit.String())
		audit.check(t, c.denied)
	}
}

func (c *escapeTrial) checkHeld(t *testing.T, out escapeOutput) {
	t.Helper()
	v := out.verdict(t)
	t.Attr("result", v.String())
	if v.word != "HELD" || v.wins != 0 || v.attempts == 0 {
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

// compare wants to hear the same under the broker as natively.
func (c *escapeTrial) compare(t *testing.T, native, out escapeOutput) {
	t.Helper()
	v := out.verdict(t)
	if diff := cmp.Diff(strings.Split(native.stdout, "\n"), strings.Split(out.stdout, "\n")); diff != "" || native.status != out.status {
		t.Attr("result", "DIFFERS")
		t.Errorf("exit status %d, under the broker %d (-natively +under the broker):\n%s", native.status, out.status, diff)
		return
	}
	t.Attr("result", fmt.Sprintf("SAME %d", v.attempts))
}

// underBroker is the command line of the broker, with a process outside of
// its tree where the case needs one.
func (c escape) underBroker(t *testing.T, tree *escapeTree) []string {
	rules := []string{tree.rules}
	if c.extra != "" {
		rules = append(rules, filepath.Join(filepath.Dir(tree.rules), c.extra))
	}
	args := []string{brokerBinary(t), "--log", tree.log, "--log-format", "json"}
	if c.outside {
		args = append(standin(t, tree), args...)
	}
	for _, file := range rules {
		args = append(args, "--rules", file)
	}
	return append(append(args, "--"), c.command(t, tree)...)
}

// standin starts what follows and is there to be attacked.
func standin(t *testing.T, tree *escapeTree) []string {
	return []string{escapeProgram(t, "standin"), filepath.Join(tree.root, "hide/target")}
}
