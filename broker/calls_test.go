package broker

import (
	"cmp"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"
)

// watchedLog is an audit log that fails the test for events which say that
// something went wrong: refusals and substitutes are what is counted here.
type watchedLog struct {
	*audit.Log
	t testing.TB
}

func (w watchedLog) Record(ev *audit.Event) {
	if ev.Action == audit.Error || ev.Action == audit.Invalid {
		w.t.Errorf("recorded %+v", *ev)
	}
	w.Log.Record(ev)
}

// callGround is a directory in which testdata/victims/calls.c can work, and the
// log of what it does.
type callGround struct {
	dir      string
	policies string
	log      watchedLog
}

// newCallGround prepares one. Without a path in log, it is that of a user who
// asks for none: a line on standard error for what is new.
func newCallGround(t testing.TB, options audit.Options) *callGround {
	t.Helper()
	_ = rules.All.String() // the first one makes all names
	dir := Canonical(t.TempDir())
	compileC(t, dir, "new-exit", "-static", "-nostdlib", victims+"/exit.c")
	cmd := exec.Command(compileC(t, dir, "calls", "-static", victims+"/calls.c"), "prepare", "new-exit")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	options.Stderr = io.Discard
	log, err := audit.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return &callGround{dir, filepath.Join(victims, "../policies"), watchedLog{log, t}}
}

// policy loads a file of testdata/policies for this directory.
func (g *callGround) policy(t testing.TB, file string) *rules.Policy {
	t.Helper()
	p, diags := rules.Load(rules.Options{
		Files: []string{filepath.Join(g.policies, file)}, Canonical: Canonical, Classes: syscalls.Mediated(),
		Vars: rules.Vars{Home: "/root", Cwd: g.dir, Project: g.dir, Tmp: "/tmp", User: "u"},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

// callCase is a kind of call that the victim makes.
type callCase struct {
	name   string
	policy string // in testdata/policies
	victim string // its name for the case, if another
	path   string // in place of the case's own
}

// callCases are the ways through the broker that are taken again and again.
// bench measures those of the same name.
var callCases = []callCase{
	{name: "open", policy: "calls.hcl"},
	{name: "open-symlink", policy: "calls.hcl"},
	{name: "open-cwd", policy: "calls.hcl"},
	{name: "open-dirfd", policy: "calls.hcl"},
	{name: "create", policy: "calls.hcl"},
	{name: "content", policy: "calls.hcl"},
	{name: "open-stat-rule", policy: "calls-stat.hcl", victim: "open"},
	{name: "open-program", policy: "calls-program.hcl", victim: "open"},
	{name: "open-proc", policy: "calls.hcl", victim: "open", path: "/proc/self/mounts"},
	{name: "missing", policy: "calls.hcl"},
	{name: "missing-symlink", policy: "calls.hcl", victim: "missing", path: "link/none"},
	{name: "stat", policy: "calls-stat.hcl"},
	{name: "rename", policy: "calls.hcl"},
	{name: "execve", policy: "calls.hcl"},
	{name: "unix", policy: "calls.hcl"},
	{name: "tcp", policy: "calls.hcl"},
	{name: "lseek", policy: "calls.hcl"},
	{name: "stat-unnamed", policy: "calls.hcl"},
	{name: "deny", policy: "calls.hcl"},
	{name: "deny-unnamed", policy: "calls.hcl", victim: "deny", path: "/usr/bin/env"},
	{name: "deny-symlink", policy: "calls.hcl", victim: "deny", path: "/proc/self/root/usr/bin/env"},
	{name: "deny-stat-rule", policy: "calls-stat.hcl", victim: "deny"},
	{name: "deny-unlink", policy: "calls.hcl"},
	{name: "deny-rename", policy: "calls.hcl"},
	{name: "deny-execve", policy: "calls.hcl"},
	{name: "deny-connect", policy: "calls.hcl"},
	{name: "uname", policy: "calls-emulate.hcl"},
	{name: "getpriority", policy: "calls-emulate.hcl"},
}

// prepare starts a victim that will make a call so many times. The function that
// it returns lets it do so, and waits.
func (g *callGround) prepare(t testing.TB, policy *rules.Policy, c callCase, count int) func() {
	t.Helper()
	args := []string{filepath.Join(g.dir, "calls"), cmp.Or(c.victim, c.name), strconv.Itoa(count)}
	if c.path != "" {
		args = append(args, c.path)
	}
	run := prepared(t, g.dir, policy, g.log, args)
	return func() {
		if status := run(); status != 0 {
			t.Fatalf("%v ended with %#x", args, status)
		}
	}
}

const (
	// callsPerVictim is large, so that what starting costs disappears in it.
	callsPerVictim = 5000
	// otherAllocations is what everything else may allocate, by call: the start
	// and the end of a target, some forty, and what is done from time to time.
	otherAllocations = 0.05
)

// TestCallsDoNotAllocate counts the allocations of a whole supervised run
// against the number of calls in it: what the collector has to clear away would
// hold up later calls. The log is the one of a user who asks for none: the
// writer of a file formats every event, in a goroutine of its own.
// (audit.TestRecordDoesNotAllocate is about what the receivers do for it.)
func TestCallsDoNotAllocate(t *testing.T) {
	g := newCallGround(t, audit.Options{})
	for _, c := range callCases {
		t.Run(c.name, func(t *testing.T) {
			policy := g.policy(t, c.policy)
			run := g.prepare(t, policy, c, callsPerVictim)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			run()
			runtime.ReadMemStats(&after)
			each := float64(after.Mallocs-before.Mallocs) / callsPerVictim
			t.Logf("%.3f allocations a call", each)
			if each > otherAllocations {
				t.Errorf("%.2f allocations a call, want 0", each)
			}
		})
	}
}
