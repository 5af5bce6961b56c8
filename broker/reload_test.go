package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/filter"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// reloadable is a target under a policy that can be replaced.
func reloadable(t *testing.T, policy *rules.Policy, log *recorder) (*kerneltest.Victim, *reloader) {
	t.Helper()
	env, program := supervisor(t, policy, log)
	v := kerneltest.Start(t, program)
	env.Listener = v.Listener
	cfg := Config{Loaded: Loaded{Policy: policy, Links: NewLinks()}, Notice: func(string) {}, Fail: func(error) {}}
	r, err := newReloader(cfg, env, followed{})
	if err != nil {
		t.Fatal(err)
	}
	engine := NewEngine(env, func(err error) { t.Error(err) }, func(err error) { t.Error(err) })
	engine.Start()
	t.Cleanup(func() {
		v.Kill()
		engine.Wait()
		r.watch.close()
	})
	return v, r
}

// files makes files in a new directory whose name is canonical.
func files(t *testing.T, names ...string) string {
	t.Helper()
	dir := Canonical(t.TempDir())
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func allowRead(paths ...string) string {
	return fmt.Sprintf("allow \"some\" {\n access = [\"read\"]\n path = [\"%s\"]\n}\n", strings.Join(paths, `", "`))
}

func opens(t *testing.T, v *kerneltest.Victim, path string) bool {
	t.Helper()
	got := v.Call(unix.SYS_OPEN, path, unix.O_RDONLY, 0)
	if got.Errno == 0 {
		v.Call(unix.SYS_CLOSE, got.Value)
	}
	return got.Errno == 0
}

// What both policies refuse is refused while the one takes the other's place, and
// what only the new one allows can be had afterwards.
func TestReloadOpensNoWindow(t *testing.T) {
	dir := files(t, "secret", "old", "new")
	at := func(name string) string { return filepath.Join(dir, name) }
	deny := fmt.Sprintf("deny \"secret\" {\n access = [\"read\"]\n path = [%q]\n}\n", at("secret"))
	policies := []*rules.Policy{
		loadRules(t, allowRead(dir+"/**")+"program \"/**\" {\n"+deny+"}\n"),
		loadRules(t, allowRead(at("old"))),
		loadRules(t, "mode = \"enforce\"\ndefault = \"allow\"\n"+deny),
		loadRules(t, allowRead(at("new"))),
	}
	v, r := reloadable(t, policies[0], &recorder{})
	if opens(t, v, at("secret")) || !opens(t, v, at("new")) {
		t.Fatal("the first policy is not in force")
	}
	var reloads atomic.Int32
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := r.take(Loaded{Policy: policies[i%len(policies)], Links: NewLinks()}); err != nil {
				t.Error(err)
				return
			}
			reloads.Add(1)
		}
	})
	deadline := time.Now().Add(time.Minute)
	for tries := 0; (reloads.Load() < 400 || tries < 20000) && time.Now().Before(deadline); tries++ {
		if opens(t, v, at("secret")) {
			t.Fatalf("what every policy denies was opened, after %d reloads", reloads.Load())
		}
	}
	close(stop)
	wg.Wait()
	if n := reloads.Load(); n < 400 {
		t.Fatalf("only %d reloads", n)
	}
	if err := r.take(Loaded{Policy: policies[3], Links: NewLinks()}); err != nil {
		t.Fatal(err)
	}
	if !opens(t, v, at("new")) || opens(t, v, at("old")) {
		t.Error("the last policy is not in force")
	}
}

// What a filter cannot do any more stays as it was, as a whole.
func TestReloadThatNeedsAnotherFilter(t *testing.T) {
	dir := files(t, "a", "b")
	old, more := allowRead(dir+"/a"), allowRead(dir+"/b")
	connects := "allow \"net\" {\n access = [\"connect\"]\n address = [\"*\"]\n}\n"
	cut := "syscalls { deny = [\"connect\", \"bind\"] }\n"
	fake := "emulate \"fake\" {\n syscall = [\"sched_setscheduler\"]\n value = 0\n}\n"
	asked := "program \"/bin/x\" {\n emulate \"fake\" {\n  syscall = [\"umask\"]\n  value = 7\n }\n}\n"
	for _, c := range []struct {
		name, from, to string
		err            string
	}{
		{"denied call", old, more + "syscalls { deny = [\"umask\"] }", "umask: allowed now, refused with EPERM then"},
		{"killed call", old, more + "syscalls { kill = [\"kexec_load\"] }", "kexec_load: refused with EPERM now, killed then"},
		{"hiding", old, more + "deny \"h\" {\n access = [\"stat\"]\n path = [\"/x\"]\n}\n", "stat lstat"},
		{"emulation", old, more + fake, "sched_setscheduler"},
		{"asked emulation", old, more + asked, "umask"},
		{"lifted", old, more + "syscalls { allow = [\"@default\", \"@debug\"] }", ""},
		{"network", old, more + connects, ""},
		{"no network", old + connects, more, ""},
		{"network cut off", old + connects, more + cut, "socket socketpair with some arguments: allowed now, refused with EACCES then"},
		{"network no longer cut off", old + cut, more + connects, "listen: allowed now, decided by rules then"},
		{"no hiding", old + "deny \"h\" {\n access = [\"stat\"]\n path = [\"/x\"]\n}\n", more, ""},
		{"no emulation", old + fake, more, ""},
		{"no asked emulation", old + asked, more, ""},
		{"denied asked", old + asked, more + "syscalls { deny = [\"umask\"] }", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := &recorder{}
			v, r := reloadable(t, loadRules(t, c.from), log)
			err := r.take(Loaded{Policy: loadRules(t, c.to), Links: NewLinks()})
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if got, want := opens(t, v, dir+"/b"), c.err == ""; got != want {
				t.Errorf("new rules in force: %v, want %v", got, want)
			}
			if got, want := opens(t, v, dir+"/a"), c.err != ""; got != want {
				t.Errorf("old rules in force: %v, want %v", got, want)
			}
			for _, ev := range log.take() {
				if ev.Action == audit.Error {
					t.Errorf("recorded %+v", ev)
				}
			}
		})
	}
}

// A call that the filter notifies is answered as the filter of the new rules would
// have answered it.
func TestReloadAnswersForTheFilter(t *testing.T) {
	asked := "program \"/**\" {\n emulate \"fake\" {\n  syscall = [\"umask\"]\n  value = 7\n }\n}\n"
	v, r := reloadable(t, loadRules(t, asked+"deny \"h\" {\n access = [\"stat\"]\n path = [\"/etc\"]\n}\n"), &recorder{})
	umask := func(want int, errno unix.Errno) {
		t.Helper()
		if got := v.Call(unix.SYS_UMASK, 0o22); got.Value != want || got.Errno != errno {
			t.Errorf("umask is %v, want %d %v", got, want, errno)
		}
	}
	umask(7, 0)
	if got := v.Call(unix.SYS_ACCESS, "/etc", unix.R_OK); got.Errno != unix.ENOENT {
		t.Fatalf("access is %v", got)
	}
	if err := r.take(Loaded{Policy: loadRules(t, "default = \"allow\"\n"), Links: NewLinks()}); err != nil {
		t.Fatal(err)
	}
	v.Call(unix.SYS_UMASK, 0o22)
	umask(0o22, 0)
	if got := v.Call(unix.SYS_ACCESS, "/etc", unix.R_OK); got.Errno != 0 {
		t.Errorf("access is %v where no rule hides anything any more", got)
	}
	if err := r.take(Loaded{Policy: loadRules(t, "syscalls { deny = [\"umask\"] }"), Links: NewLinks()}); err != nil {
		t.Fatal(err)
	}
	umask(-1, unix.EPERM)
}

func TestKernelChangesOfConditions(t *testing.T) {
	emulate := func(values string) []filter.Answer {
		t.Helper()
		p := loadRules(t, "emulate \"x\" {\n syscall = [\"sched_setscheduler\"]\n when = { policy = "+values+" }\n errno = \"EPERM\"\n}\n")
		answers, err := Plan(p, true).Answers()
		if err != nil {
			t.Fatal(err)
		}
		return answers
	}
	if k := KernelChanges(emulate("[1, 2]"), emulate("[2, 1]")); len(k) != 0 {
		t.Errorf("another order: %v", k)
	}
	for _, c := range []struct {
		from, to string
		stricter bool
	}{{"[1, 2]", "[1]", false}, {"[1]", "[1, 2]", true}} {
		k := KernelChanges(emulate(c.from), emulate(c.to))
		if len(k) != 1 || k[0].Stricter != c.stricter || !k[0].Sometimes || k[0].Calls[0] != "sched_setscheduler" {
			t.Errorf("%s to %s: %+v", c.from, c.to, k)
		}
	}
}

// A use that only a combination of three arguments shows counts: nobody may slip
// through a filter because few combinations were tried.
func TestKernelChangesOfCombinations(t *testing.T) {
	refused := filter.Action{Kind: filter.Errno, Errno: 1}
	is := func(arg int, value uint64) []filter.Test {
		return []filter.Test{{Arg: arg, Mask: ^uint64(0), Value: value}}
	}
	both := []filter.Case{
		{When: is(1, 0), Action: refused}, {When: is(1, ^uint64(0)), Action: refused},
		{When: is(2, 0), Action: refused}, {When: is(2, ^uint64(0)), Action: refused},
	}
	answer := func(last filter.Case) []filter.Answer {
		cases := append(both[:len(both):len(both)], last)
		return []filter.Answer{{Call: filter.Syscall{Name: "some"}, Cases: cases, Otherwise: filter.Action{Kind: filter.Allow}}}
	}
	lax := answer(filter.Case{When: is(4, 1), Action: refused})
	// This difference is harmless, and easily found.
	lax[0].Cases = append([]filter.Case{{When: is(5, 9), Action: filter.Action{Kind: filter.Errno, Errno: 2}}}, lax[0].Cases...)
	strict := answer(filter.Case{When: is(0, 7), Action: filter.Action{Kind: filter.KillProcess}})
	if tooStrict(KernelChanges(lax, strict)) == nil {
		t.Error("a filter that kills what the running one allows is no stricter")
	}
	if k := KernelChanges(lax, lax); len(k) != 0 {
		t.Errorf("the same is %v", k)
	}
	fewer := []filter.Answer{lax[0]}
	fewer[0].Cases = slices.Delete(slices.Clone(lax[0].Cases), 1, 2)
	if k := KernelChanges(lax, fewer); tooStrict(k) != nil || len(k) != 1 || !k[0].Sometimes {
		t.Errorf("with a refusal less it is %v", k)
	}
	if tooStrict(KernelChanges(fewer, lax)) == nil {
		t.Error("with a refusal more it is no stricter")
	}
	many := lax[0]
	for i := range uint64(5000) {
		many.Cases = append(many.Cases, filter.Case{When: is(3, i*0x9e3779b97f4a7c15), Action: refused})
	}
	if tooStrict(KernelChanges(lax, []filter.Answer{many})) == nil {
		t.Error("what cannot be compared is no stricter")
	}
}
