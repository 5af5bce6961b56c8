package profile

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"seccomp-broker/notify/filter"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	seccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// plans are all kinds of conditions.
var plans = map[string]filter.Spec{
	"default": {},
	"paths":   {Notify: []string{"open", "openat", "openat2", "execve", "rename"}},
	"network": {Notify: []string{"openat"}, Network: true, Sockets: []filter.Socket{{Domain: unix.AF_NETLINK, Protocol: 0}}},
	"lifted":  {Allow: []string{"@default", "@namespace", "ptrace", "personality"}},
	"severe":  {Kill: []string{"ptrace", "@kexec"}, Deny: []filter.Denial{{Name: "chmod", Errno: int(unix.ENOSYS)}, {Name: "@debug"}}},
	"emulated": {Notify: []string{"openat"}, Emulate: []filter.Emulation{
		{Name: "sched_setscheduler", When: []filter.Test{{Arg: 1, Mask: 0xffffffff, Value: 1, High: 6}}},
		{Name: "getpriority", When: []filter.Test{{Arg: 0, Mask: 0xffffffff, Value: 3, High: 0x1234}}, Notify: true},
		{Name: "uname", Notify: true},
	}},
	"condition": {Deny: []filter.Denial{{Name: "@namespace", Errno: int(unix.EINVAL)}}},
}

// matches evaluates a rule of a profile as seccomp_rule_add(3) says.
func matches(r specs.LinuxSyscall, args [filter.ArgCount]uint64) bool {
	for _, a := range r.Args {
		v := args[a.Index]
		switch a.Op {
		case specs.OpEqualTo:
			if v != a.Value {
				return false
			}
		case specs.OpNotEqual:
			if v == a.Value {
				return false
			}
		case specs.OpMaskedEqual:
			if v&a.Value != a.ValueTwo {
				return false
			}
		default:
			panic(a.Op)
		}
	}
	return true
}

// A profile answers every call as the plan's own filter does, and no two of its
// rules are about the same call with the same arguments.
func TestProfileSaysWhatThePlanSays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, plan := range plans {
		p, err := Export(plan, Listener{})
		if err != nil {
			t.Fatal(err)
		}
		answers, err := plan.Answers()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			var rules []specs.LinuxSyscall
			for _, s := range p.Syscalls {
				for _, n := range s.Names {
					if n == a.Call.Name {
						rules = append(rules, s)
					}
				}
			}
			for _, args := range samples(r, &a) {
				got, hits := filter.Unknown(), 0
				for _, s := range rules {
					if matches(s, args) {
						got = actionOf(t, s)
						hits++
					}
				}
				if want := a.To(args); !sameAnswer(got, want) || hits > 1 {
					t.Fatalf("%s: %s %#x: the profile says %v by %d rules, the plan %v", name, a.Call.Name, args, got, hits, want)
				}
			}
		}
	}
}

// sameAnswer lets a refusal have the default's errno.
func sameAnswer(got, want filter.Action) bool {
	return got == want || refuses(want) && got == filter.Unknown()
}

func actionOf(t *testing.T, s specs.LinuxSyscall) filter.Action {
	t.Helper()
	switch s.Action {
	case specs.ActAllow:
		return filter.Action{Kind: filter.Allow}
	case specs.ActNotify:
		return filter.Action{Kind: filter.Notify}
	case specs.ActErrno:
		return filter.Action{Kind: filter.Errno, Errno: int(*s.ErrnoRet)}
	case specs.ActKillProcess:
		return filter.Action{Kind: filter.KillProcess}
	}
	t.Fatalf("action %q", s.Action)
	return filter.Action{}
}

// samples are arguments at, next to and far from what the conditions test.
func samples(r *rand.Rand, a *filter.Answer) [][filter.ArgCount]uint64 {
	list := [][filter.ArgCount]uint64{{}, {^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}}
	for range 20 {
		list = append(list, [filter.ArgCount]uint64{r.Uint64(), uint64(r.Uint32()), r.Uint64N(4), r.Uint64(), r.Uint64N(2), r.Uint64N(2)})
	}
	for _, c := range a.Cases {
		var exact [filter.ArgCount]uint64
		for _, t := range c.When {
			exact[t.Arg] |= t.Value
			if t.Any {
				exact[t.Arg] |= t.Mask & -t.Mask
			}
		}
		list = append(list, exact)
		for _, t := range c.When {
			if t.High != 0 {
				for _, v := range []uint64{t.Value - 1, t.High, t.High + 1, t.Value + (t.High-t.Value)/2} {
					edge := exact
					edge[t.Arg] = v
					list = append(list, edge)
				}
			}
			for range 8 {
				near := exact
				near[t.Arg] ^= 1 << r.UintN(64)
				list = append(list, near)
			}
		}
	}
	return list
}

// libseccomp, which runtimes use, makes of the profile a filter that answers as
// the plan's own.
func TestLibseccompAgrees(t *testing.T) {
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Export(plan, Listener{})
			if err != nil {
				t.Fatal(err)
			}
			theirs := compileAsRuntime(t, p)
			ours, err := filter.Compile(plan)
			if err != nil {
				t.Fatal(err)
			}
			answers, err := plan.Answers()
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(3, 4))
			for _, a := range answers {
				if _, err := seccomp.GetSyscallFromName(a.Call.Name); err != nil {
					continue // newer than the library: its default answers
				}
				for _, args := range samples(r, &a) {
					d := filter.Data{Nr: int32(a.Call.Number), Arch: unix.AUDIT_ARCH_X86_64, Args: args}
					if got, want := theirs.Run(d), ours.Run(d); !sameAnswer(got, want) {
						t.Fatalf("%s %#x: the runtime's filter says %v, ours %v", a.Call.Name, args, got, want)
					}
				}
			}
		})
	}
}

// compileAsRuntime does what a runtime does with a profile.
func compileAsRuntime(t *testing.T, p *specs.LinuxSeccomp) filter.Program {
	t.Helper()
	f, err := seccomp.NewFilter(libAction(t, p.DefaultAction, p.DefaultErrnoRet))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	for _, s := range p.Syscalls {
		for _, name := range s.Names {
			nr, err := seccomp.GetSyscallFromName(name)
			if err != nil {
				continue
			}
			conditions := libConditions(t, s.Args)
			if len(conditions) == 0 {
				err = f.AddRule(nr, libAction(t, s.Action, s.ErrnoRet))
			} else {
				err = f.AddRuleConditional(nr, libAction(t, s.Action, s.ErrnoRet), conditions)
			}
			if err != nil {
				t.Fatalf("%s %v: %v", name, s.Args, err)
			}
		}
	}
	fd, err := unix.MemfdCreate("profile", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "profile")
	defer file.Close()
	if err := f.ExportBPF(file); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	program := make(filter.Program, len(raw)/8)
	if err := binary.Read(bytes.NewReader(raw), binary.NativeEndian, program); err != nil {
		t.Fatal(err)
	}
	if err := program.Check(); err != nil {
		t.Fatal(err)
	}
	return program
}

func libAction(t *testing.T, a specs.LinuxSeccompAction, errno *uint) seccomp.ScmpAction {
	t.Helper()
	switch a {
	case specs.ActAllow:
		return seccomp.ActAllow
	case specs.ActNotify:
		return seccomp.ActNotify
	case specs.ActErrno:
		return seccomp.ActErrno.SetReturnCode(int16(*errno))
	case specs.ActKillProcess:
		return seccomp.ActKillProcess
	}
	t.Fatalf("action %q", a)
	return seccomp.ActInvalid
}

func libConditions(t *testing.T, args []specs.LinuxSeccompArg) []seccomp.ScmpCondition {
	t.Helper()
	ops := map[specs.LinuxSeccompOperator]seccomp.ScmpCompareOp{
		specs.OpEqualTo: seccomp.CompareEqual, specs.OpNotEqual: seccomp.CompareNotEqual, specs.OpMaskedEqual: seccomp.CompareMaskedEqual,
	}
	var list []seccomp.ScmpCondition
	for _, a := range args {
		values := []uint64{a.Value}
		if a.Op == specs.OpMaskedEqual {
			values = append(values, a.ValueTwo)
		}
		c, err := seccomp.MakeCondition(a.Index, ops[a.Op], values...)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}
