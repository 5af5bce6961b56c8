package broker

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/notify/launch"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// refusalsOnly is a recorder that fails the test for anything recorded.
type refusalsOnly struct{ t testing.TB }

func (r refusalsOnly) Wants(a audit.Action) bool { return a != audit.Allowed }
func (r refusalsOnly) Record(ev *audit.Event)    { r.t.Errorf("recorded %+v", *ev) }

// victims are the sources of programs that tests watch.
const victims = "../testdata/victims"

// compileC makes a program in dir, called by its sources and flags for gcc.
func compileC(t testing.TB, dir, name string, args ...string) string {
	t.Helper()
	bin := filepath.Join(dir, name)
	args = append([]string{"-O2", "-pthread", "-Wall", "-Wextra", "-Werror", "-o", bin}, args...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc %v: %v\n%s", args, err, out)
	}
	return bin
}

func loadRules(t testing.TB, text string) *rules.Policy {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, diags := rules.Load(rules.Options{
		Files: []string{file}, Canonical: Canonical, Classes: syscalls.Mediated(),
		Vars: rules.Vars{Home: "/root", Cwd: "/", Project: "/", Tmp: "/tmp", User: "u"},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

const allowAll = `
syscalls { allow = ["@default"] }
allow "all" {
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["/**"]
}`

// supervisor is what an engine needs to serve targets of this policy, but for
// the listener, and the filter for them.
func supervisor(t testing.TB, policy *rules.Policy, log syscalls.Recorder) (*syscalls.Env, filter.Program) {
	t.Helper()
	proc, err := tracee.OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proc.Close)
	spec := Plan(policy, os.Geteuid() == 0)
	program, err := compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	env := &syscalls.Env{Proc: proc, Rules: syscalls.Rules{Policy: policy}, Log: log, FixedRoot: fixedRoot(spec), Breach: func() { t.Error("breach") }}
	if env.Rules.Emulated, err = emulated(policy, spec); err != nil {
		t.Fatal(err)
	}
	var buf tracee.StatusBuffer
	if e := proc.Thread(unix.Getpid()).Identity(&env.Self, &buf); e != 0 {
		t.Fatal(e)
	}
	return env, program
}

// supervised runs a victim in a directory, under a policy, and returns how it
// ended.
func supervised(t testing.TB, dir string, policy *rules.Policy, log syscalls.Recorder, args []string) unix.WaitStatus {
	t.Helper()
	return prepared(t, dir, policy, log, args)()
}

// prepared is supervised in two steps: all that starting costs, and the victim's
// run, which the function that it returns waits for.
func prepared(t testing.TB, dir string, policy *rules.Policy, log syscalls.Recorder, args []string) func() unix.WaitStatus {
	t.Helper()
	env, program := supervisor(t, policy, log)
	p, err := launch.Start(launch.Command{Path: args[0], Args: args, Env: os.Environ(), Dir: dir, Program: program})
	if err != nil {
		t.Fatal(err)
	}
	env.Listener = p.Listener
	env.WaitKillable = p.WaitKillable
	engine := NewEngine(env, func(err error) { t.Error(err) }, func(err error) { t.Error(err) })
	engine.Start()
	return func() unix.WaitStatus {
		defer p.Close()
		p.Release()
		var status unix.WaitStatus
		for {
			if _, err := unix.Wait4(p.PID, &status, 0, nil); err != unix.EINTR {
				break
			}
		}
		engine.Wait()
		if err := p.Listener.Close(); err != nil {
			t.Error(err)
		}
		return status
	}
}

// TestSignalsDoNotLoseDescriptors showers the engine's own threads with the
// signals that Go's runtime and the terminal send. An injection that one of
// them interrupted would end as descriptor 0 in the target.
func TestSignalsDoNotLoseDescriptors(t *testing.T) {
	g := newCallGround(t, audit.Options{})
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, unix.SIGWINCH, unix.SIGURG)
	defer signal.Stop(caught)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			threads, _ := os.ReadDir("/proc/self/task")
			for _, th := range threads {
				tid, _ := strconv.Atoi(th.Name())
				_ = unix.Tgkill(unix.Getpid(), tid, unix.SIGURG)
				_ = unix.Tgkill(unix.Getpid(), tid, unix.SIGWINCH)
			}
		}
	}()
	g.prepare(t, loadRules(t, allowAll), callCase{name: "open"}, 20000)()
	close(stop)
	<-stopped
}
