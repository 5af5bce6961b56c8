package broker

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
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

// victim compiles a C program of testdata/victims.
func victim(t testing.TB, name string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("gcc", "-O2", "-pthread", "-o", bin, filepath.Join("..", "testdata", "victims", name+".c")).CombinedOutput()
	if err != nil {
		t.Fatalf("compile %s: %v\n%s", name, err, out)
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
	env := &syscalls.Env{Proc: proc, Policy: policy, Log: log, FixedRoot: fixedRoot(spec), Breach: func() { t.Error("breach") }}
	var buf tracee.StatusBuffer
	if e := proc.Thread(unix.Getpid()).Identity(&env.Self, &buf); e != 0 {
		t.Fatal(e)
	}
	return env, program
}

// supervised runs a victim under a policy and returns how it ended.
func supervised(t testing.TB, policy *rules.Policy, log syscalls.Recorder, args []string) unix.WaitStatus {
	t.Helper()
	env, program := supervisor(t, policy, log)
	p, err := launch.Start(launch.Command{Path: args[0], Args: args, Env: os.Environ(), Program: program})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	env.Listener = p.Listener
	engine := NewEngine(env, func(err error) { t.Error(err) }, func(err error) { t.Error(err) })
	engine.Start()
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

// opensPerVictim is large, so that what starting costs disappears in it.
const opensPerVictim = 20000

// TestAllowPathDoesNotAllocate counts the allocations of a whole supervised
// run against the number of opens in it.
func TestAllowPathDoesNotAllocate(t *testing.T) {
	opens := victim(t, "opens")
	for _, tc := range []struct{ name, policy, path string }{
		{"absolute", allowAll, "/usr/include/stdio.h"},
		{"through a symlink", allowAll, "/proc/self/mounts"},
		{"relative", allowAll, "usr/include/stdio.h"},
		{"program block", allowAll + "\nprogram \"/**\" {\n allow \"p\" {\n access = [\"read\"]\n path = [\"/usr/**\"]\n }\n}", "/usr/include/stdio.h"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			policy := loadRules(t, tc.policy)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			status := supervised(t, policy, refusalsOnly{t}, []string{"/bin/sh", "-c", "cd / && exec " + opens + " " + tc.path + " 1 20000 >/dev/null"})
			runtime.ReadMemStats(&after)
			if status != 0 {
				t.Fatalf("the victim ended with %v", status)
			}
			perOpen := float64(after.Mallocs-before.Mallocs) / opensPerVictim
			t.Logf("%.3f allocations an open", perOpen)
			if perOpen > 0.5 {
				t.Errorf("%.2f allocations an open, want 0", perOpen)
			}
		})
	}
}

// TestSignalsDoNotLoseDescriptors showers the engine's own threads with the
// signals that Go's runtime and the terminal send. An injection that one of
// them interrupted would end as descriptor 0 in the target.
func TestSignalsDoNotLoseDescriptors(t *testing.T) {
	opens := victim(t, "opens")
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
	status := supervised(t, loadRules(t, allowAll), refusalsOnly{t}, []string{opens, "/usr/include/stdio.h", "1", "20000"})
	close(stop)
	<-stopped
	if status != 0 {
		t.Fatalf("the victim ended with %#x", status)
	}
}
