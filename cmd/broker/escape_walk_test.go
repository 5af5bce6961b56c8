package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"seccomp-broker/broker"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

const (
	// lastWalked is far beyond the highest number of any kernel: 471 in Linux 6.19.
	lastWalked = 1023
	// lastWalked386 is beyond the i386 table, which ends where the other one does.
	lastWalked386 = 511
	bitX32        = 0x40000000
	// highHalf is a bit of rax that the kernel does not look at: do_syscall_64
	// takes an int.
	highHalf = 1 << 32
)

// beyondFilters are never asked about: seccomp_uprobe_exception in
// kernel/seccomp.c. They only work from a probe that an administrator has set.
var beyondFilters = []string{"uretprobe", "uprobe"}

// walkPolicies are the rules that numbers are walked under. Only exec of the
// victim is added to them.
var walkPolicies = map[string]string{
	"default": `extends = ["builtin:workdir"]`,
	"all classes": `extends = ["builtin:workdir"]
deny "nothing that is there" {
  access = ["stat"]
  path   = ["/nowhere/**"]
}
allow "loopback" {
  access  = ["connect", "bind"]
  address = ["127.0.0.1"]
}`,
}

// TestWalkNumbers makes every call there is, and many that are not, on the
// running kernel. What happens to each has a reason in a table: it is allowed,
// and is as natively; or mediated; or refused with its errno. Whether a call
// got through the filter is not concluded from an errno: "walk witness" and its
// tracer see it.
func TestWalkNumbers(t *testing.T) {
	for name, text := range walkPolicies {
		t.Run(name, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) {
				k := newWalk(t, w, text)
				for _, arg := range []int64{-1, 0} {
					k.checkWitness(t, arg, 0)
					k.checkWitness(t, arg, highHalf)
				}
				k.checkOutcomes(t)
			})
		})
	}
}

// TestWalkForeignTables makes every call of the i386 table by int 0x80, and
// every x32 call. All end the program. Natively only one is made, to see that
// the kernel has the table at all: some of the others wait for ever.
func TestWalkForeignTables(t *testing.T) {
	const getpid386 = 20
	eachUser(t, func(t *testing.T, w *workspace) {
		k := newWalk(t, w, walkPolicies["default"])
		native := k.run(t, false, "int80", -1, getpid386, getpid386)[getpid386]
		if native != "ok" && native != "signal 11" {
			t.Errorf("int 0x80: natively getpid gives %q", native)
		}
		killed := fmt.Sprintf("signal %d", syscall.SIGSYS)
		for _, table := range []struct {
			how         string
			first, last int64
		}{{"int80", 0, lastWalked386}, {"x64", bitX32, bitX32 + lastWalked}} {
			if native == "signal 11" && table.how == "int80" {
				t.Log("CONFIG_IA32_EMULATION: int 0x80 does not work here")
				continue
			}
			for nr, got := range k.run(t, true, table.how, -1, table.first, table.last) {
				if got != killed {
					t.Errorf("%s %#x: %s, want %s", table.how, nr, got, killed)
				}
			}
		}
	})
}

// walk is a policy, what is made of it, and where it is tried.
type walk struct {
	w        *workspace
	file     string
	spec     filter.Spec
	program  filter.Program
	mediated map[string]bool
}

func newWalk(t *testing.T, w *workspace, text string) *walk {
	t.Helper()
	w.reset(t, "")
	k := &walk{w: w, file: filepath.Join(w.base, "walk.hcl"), mediated: map[string]bool{}}
	text += fmt.Sprintf("\nallow \"the victim\" {\n  access = [\"read\", \"exec\"]\n  path   = [\"%s/victims/**\"]\n}\n", builtDir(t))
	if err := os.WriteFile(k.file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	policy, err := loadPolicy([]string{k.file}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	privileged := w.who.uid == 0
	k.spec = broker.Plan(policy, privileged)
	if k.program, err = filter.Compile(k.spec); err != nil {
		t.Fatal(err)
	}
	for _, call := range syscalls.Table(privileged) {
		k.mediated[call.Name] = call.Wanted(policy.Classes())
	}
	k.mediated["sendto"] = false // only with an address: its condition decides
	return k
}

// run makes calls and returns the result of each by its number.
func (k *walk) run(t *testing.T, brokered bool, how string, arg, first, last int64) map[int64]string {
	t.Helper()
	args := []string{victim(t, "walk"), how, fmt.Sprint(arg), fmt.Sprint(first), fmt.Sprint(last)}
	if brokered {
		args = k.w.underBroker(t, k.file, args...)
	}
	if how == "witness" {
		args = append([]string{victim(t, "witness")}, args...)
	}
	out := k.w.run(t, args...)
	if strings.HasPrefix(out.Stderr, "PTRACE_SEIZE: ") {
		if scope, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); err != nil || scope[0] < '2' {
			t.Fatalf("%s: the kernel.yama.ptrace_scope %q allows it (%v)", out.Stderr, scope, err)
		}
		t.Skip("missing: ptrace of descendants (kernel.yama.ptrace_scope)")
	}
	if out.Status != 0 || out.Stderr != "" {
		t.Fatalf("%v: status %d\n%s\n%s", args, out.Status, tail(out.Stdout), out.Stderr)
	}
	results := map[int64]string{}
	lines := bufio.NewScanner(strings.NewReader(out.Stdout))
	for lines.Scan() {
		var nr, given int64
		if _, err := fmt.Sscan(lines.Text(), &nr, &given); err != nil || given != arg {
			t.Fatalf("%v prints %q: %v", args, lines.Text(), err)
		}
		results[nr] = strings.SplitN(lines.Text(), " ", 3)[2]
	}
	for nr := first; nr <= last; nr++ {
		if results[nr] == "" && (how != "witness" || !isBeyondFilters(nr)) {
			t.Errorf("%v: no result for %d", args, nr)
		}
	}
	return results
}

func isBeyondFilters(nr int64) bool {
	call, _ := filter.ByNumber(int(int32(nr)))
	return slices.Contains(beyondFilters, call.Name)
}

// fate is what has to happen to a call, and why.
type fate struct {
	kind   filter.Kind // Allow, Notify or Errno
	errno  int
	reason string
}

func (f fate) String() string {
	return fmt.Sprintf("%v, for %s", filter.Action{Kind: f.kind, Errno: f.errno}, f.reason)
}

// fate looks a call up in the tables. The filter is not asked, except where
// arguments decide.
func (k *walk) fate(nr, arg int64) fate {
	call, ok := filter.ByNumber(int(int32(nr)))
	switch {
	case !ok:
		return fate{filter.Errno, int(unix.ENOSYS), "no table names it"}
	case call.Disposition == filter.Never:
		return fate{filter.Errno, call.Errno, call.Reason}
	case k.mediated[call.Name]:
		return fate{filter.Notify, 0, "it is mediated"}
	}
	groups := allowing(k.spec, call)
	switch {
	case len(groups) == 0:
		return fate{filter.Errno, call.Errno, "nothing allows it"}
	case call.Conditional || call.Name == "sendto":
		action := k.ask(nr, arg)
		return fate{action.Kind, action.Errno, "its arguments"}
	}
	return fate{filter.Allow, 0, "the plan allows " + strings.Join(groups, " ")}
}

// allowing are the entries of the plan that let a call pass.
func allowing(spec filter.Spec, call filter.Syscall) []string {
	var by []string
	for _, entry := range spec.Allow {
		if entry == call.Name || slices.Contains(call.Groups, entry) {
			by = append(by, entry)
		}
	}
	return by
}

func (k *walk) ask(nr, arg int64) filter.Action {
	d := filter.Data{Nr: int32(nr), Arch: unix.AUDIT_ARCH_X86_64}
	for i := range d.Args {
		d.Args[i] = uint64(arg)
	}
	return k.program.Run(d)
}

// checkWitness compares what reaches the kernel with what has a reason to.
func (k *walk) checkWitness(t *testing.T, arg, from int64) {
	t.Helper()
	for nr, got := range k.run(t, true, "witness", arg, from, from+lastWalked) {
		want := k.fate(nr, arg)
		if action := k.ask(nr, arg); action != (filter.Action{Kind: want.kind, Errno: want.errno}) {
			t.Errorf("%s with %d: the filter says %v, want %v", callName(nr), arg, action, want)
		}
		ok := false
		switch want.kind {
		case filter.Allow:
			ok = got == "reached"
		case filter.Notify:
			ok = got != "reached"
		case filter.Errno:
			ok = got == fmt.Sprint(-want.errno) || want.errno == 0 && got == "ok"
		}
		if !ok {
			t.Errorf("%s with %d: %s, want %v", callName(nr), arg, got, want)
		}
	}
}

// checkOutcomes compares with the native outcome. Nothing can be done with -1,
// so that it is the same whether the kernel or the broker answers.
func (k *walk) checkOutcomes(t *testing.T) {
	t.Helper()
	native := k.run(t, false, "x64", -1, 0, lastWalked)
	unlisted := 0
	for nr, got := range k.run(t, true, "x64", -1, 0, lastWalked) {
		want, expected := k.fate(nr, -1), native[nr]
		if want.kind == filter.Errno {
			expected = fmt.Sprint(-want.errno)
		}
		if got != expected {
			t.Errorf("%s: %s, natively %s, want %v", callName(nr), got, native[nr], want)
		}
		if _, ok := filter.ByNumber(int(nr)); !ok && native[nr] != fmt.Sprint(-int(unix.ENOSYS)) {
			unlisted++
			t.Logf("the kernel knows the number %d, which no table names", nr)
		}
	}
	if len(native) > lastWalked && native[lastWalked] != fmt.Sprint(-int(unix.ENOSYS)) {
		t.Errorf("the kernel knows %d: walk further", lastWalked)
	}
	k.checkMediatedRecorded(t)
}

// checkMediatedRecorded reads the log: every call that is said to be mediated
// has come to the broker. Those on a socket that is none leave no line, and
// neither do those that are only noticed.
func (k *walk) checkMediatedRecorded(t *testing.T) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range k.w.audit(t) {
		seen[e.Syscall] = true
	}
	for _, call := range syscalls.Table(false) {
		if k.mediated[call.Name] && !seen[call.Name] && call.Access&(rules.Connect|rules.Bind) == 0 {
			t.Errorf("%s is mediated, and the log has no line of it", call.Name)
		}
	}
}

func callName(nr int64) string {
	call, ok := filter.ByNumber(int(int32(nr)))
	if !ok {
		return fmt.Sprintf("%#x (unknown)", nr)
	}
	return fmt.Sprintf("%#x (%s)", nr, call.Name)
}
