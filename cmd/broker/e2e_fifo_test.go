package main

import (
	"regexp"
	"testing"
)

// TestFIFO runs the cases of the FIFO victim natively and under the broker. A
// sleeping open must not delay anybody else, and must end when and as it does
// natively.
func TestFIFO(t *testing.T) {
	for _, name := range []string{"others", "kill", "eintr", "restart", "masked", "stop", "modes", "alarm", "thread", "thread-restart", "leader", "leaderless", "meet"} {
		t.Run(name, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) { w.compareVictim(t, victim(t, "fifo"), name) })
		})
	}
}

// badArguments are calls that the kernel refuses for their arguments alone.
// They are recorded: nothing could be judged.
var badArguments = []*regexp.Regexp{
	regexp.MustCompile(`^invalid .* \((?:\S+) by \S+\) E(FAULT|NAMETOOLONG|RANGE|INVAL|BADF|2BIG|AGAIN|AFNOSUPPORT|MSGSIZE|PERM|NOBUFS|OPNOTSUPP) `),
}

// compareVictim runs a victim natively and under the broker, and compares.
func (w *workspace) compareVictim(t *testing.T, args ...string) {
	t.Helper()
	w.compareUnder(t, w.victimPolicy(t), args...)
}

// compareUnder is compareVictim with other rules.
func (w *workspace) compareUnder(t *testing.T, policy string, args ...string) {
	t.Helper()
	native := w.run(t, args...)
	native.Tree = w.snapshot(t, nil, nil)
	w.reset(t, "")
	broker := w.run(t, w.underBroker(t, policy, args...)...)
	broker.Tree = w.snapshot(t, nil, nil)
	compareOutcomes(t, native, broker)
	w.checkNoRefusals(t, badArguments)
	if native.Status != 0 || native.Stdout == "" {
		t.Errorf("natively status %d, output %q", native.Status, native.Stdout)
	}
	if t.Failed() {
		t.Logf("natively:\n%s\nbroker:\n%s", tail(native.Stdout), tail(broker.Stdout))
	}
}
