package syscalls

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

type reasons []string

func (r *reasons) Wants(audit.Action) bool { return true }
func (r *reasons) Record(ev *audit.Event) {
	*r = append(*r, string(ev.Action)+" "+ev.Errno+" "+strings.Clone(ev.Reason))
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: targets of an ordinary user cannot change who they are")
	}
}

func openProc(t *testing.T) *tracee.Proc {
	t.Helper()
	proc, err := tracee.OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proc.Close)
	return proc
}

func policyOf(t *testing.T, text string) *rules.Policy {
	t.Helper()
	policy, diags := rules.Load(rules.Options{
		Files: []string{"test.hcl"}, Texts: map[string][]byte{"test.hcl": []byte(text)},
		Canonical: func(p string) string { return p }, Classes: Mediated(),
		Vars: rules.Vars{Home: "/root", Cwd: "/nowhere", Project: "/nowhere", Tmp: "/tmp", User: "u"},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return policy
}

// envOf is an Env of this process, for the targets of a listener, and its log.
func envOf(t *testing.T, text string, l *notify.Listener, emulated ...Emulated) (*Env, *reasons) {
	t.Helper()
	log := new(reasons)
	env := &Env{
		Listener: l, Proc: openProc(t), Log: log, FixedRoot: true,
		Rules: Rules{Policy: policyOf(t, text), Emulated: emulated},
	}
	var buf tracee.StatusBuffer
	if e := env.Proc.Thread(unix.Getpid()).Identity(&env.Self, &buf); e != 0 {
		t.Fatal(e)
	}
	return env.Init(), log
}

// inContext runs test on a thread that is a context's.
func inContext(t *testing.T, env *Env, test func(c *Context)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		c, err := NewContext(env)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		test(c)
	}()
	<-done
}

// called has a target make a call, and gives its notification.
func called(t *testing.T, v *kerneltest.Victim, number int, args ...any) *notify.Notification {
	t.Helper()
	v.SendCall(number, args...)
	n, err := v.Listener.NewReceiver().Receive()
	if err != nil {
		t.Fatal(err)
	}
	return n
}
