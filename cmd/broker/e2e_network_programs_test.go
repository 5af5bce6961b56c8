package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// networkProgram is a real program that talks to others over sockets.
type networkProgram struct {
	program

	// serve starts what the program talks to, and puts where into the
	// environment. heard returns what the servers were told since it was last
	// asked, which is compared too.
	serve func(t *testing.T, w *workspace) (heard func() string)

	// drive runs the program where others have to act while it runs.
	drive func(t *testing.T, w *workspace, args []string) outcome

	works  string // regexp: what it prints where all goes well
	closed []closedCase
}

// closedCase is a program that works under the policy, and that fails when one
// rule closes what it needs. In its texts $NAME stands for the
// value in the program's environment.
type closedCase struct {
	name    string
	command []string
	rule    string // the body of a deny rule
	refusal string // regexp: how the broker says it, up to the rule's name
	says    string // regexp: what the program says
}

// TestNetworkPrograms runs every program natively and under its policy, as
// every user, and compares all that can be seen of it, by its peers too. Then
// it closes one thing that the program needs.
func TestNetworkPrograms(t *testing.T) {
	for _, p := range networkPrograms {
		t.Run(p.name, func(t *testing.T) {
			for _, who := range identities() {
				t.Run(who.name, func(t *testing.T) { p.test(t, who) })
			}
		})
	}
}

func (p networkProgram) test(t *testing.T, who identity) {
	for _, name := range append([]string{p.command[0]}, p.needs...) {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%v: make test installs it", err)
		}
	}
	w := newWorkspace(t, who)
	heard := p.serve(t, w)
	drive := p.drive
	if drive == nil {
		drive = runToEnd
	}
	run := func(args []string) outcome {
		o := p.runWith(t, w, args, drive)
		if heard != nil {
			o.Stdout += "\nwhat the servers heard:\n" + heard()
		}
		return o
	}
	policy := policyFile(t, p.policy)
	native := run(p.command)
	broker := run(w.underBroker(t, policy, p.command...))
	compareOutcomes(t, native, broker)
	w.checkNoRefusals(t, p.harmlessPatterns())
	if !regexp.MustCompile(p.works).MatchString(native.Stdout) {
		t.Errorf("natively it does not work: nothing like %s is printed", p.works)
	}
	if t.Failed() {
		t.Logf("native: status %d\n%s\nstderr:\n%s", native.Status, tail(native.Stdout), tail(native.Stderr))
	}
	for _, c := range p.closed {
		t.Run(c.name+" closed", func(t *testing.T) { c.test(t, w, p, policy) })
	}
}

func (c closedCase) test(t *testing.T, w *workspace, p networkProgram, policy string) {
	var command []string
	for _, word := range c.command {
		command = append(command, w.expand(word))
	}
	if o := p.runOnce(t, w, command); o.Status != 0 {
		t.Fatalf("natively status %d:\n%s%s", o.Status, o.Stdout, o.Stderr)
	}
	if o := p.runOnce(t, w, w.underBroker(t, policy, command...)); o.Status != 0 {
		t.Errorf("status %d with everything open:\n%s%s", o.Status, o.Stdout, o.Stderr)
	}
	file := filepath.Join(w.base, "closed.hcl")
	text := "extends = [\"" + policy + "\"]\n\ndeny \"closed\" {\n  " +
		strings.ReplaceAll(w.expand(c.rule), "], ", "]\n  ") + "\n  reason = \"for the test\"\n}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	o := p.runOnce(t, w, append([]string{brokerBinary(t), "--rules", file, "--"}, command...))
	if o.Status == 0 || o.Status > 128 && o.Status < 255 { // ssh says 255
		t.Errorf("status %d, want a failure of the program's", o.Status)
	}
	refusal := `(?m)^broker: ` + w.expand(c.refusal) + `: rule "closed" at \S*closed\.hcl:3: for the test$`
	for _, want := range []string{refusal, w.expand(c.says)} {
		if !regexp.MustCompile(want).MatchString(o.Stdout + o.Stderr) {
			t.Errorf("nothing like %s in\n%s%s", want, o.Stdout, o.Stderr)
		}
	}
}

// expand puts values of the program's environment in for $NAME; $$ is a $.
func (w *workspace) expand(text string) string {
	return os.Expand(text, func(name string) string {
		if name == "$" {
			return "$"
		}
		return w.value(name)
	})
}

// value is a variable of the program's environment.
func (w *workspace) value(name string) string {
	for _, v := range w.env {
		if key, value, _ := strings.Cut(v, "="); key == name {
			return value
		}
	}
	return ""
}

func (p program) harmlessPatterns() []*regexp.Regexp {
	var list []*regexp.Regexp
	for _, text := range p.harmless {
		list = append(list, regexp.MustCompile(text))
	}
	return list
}
