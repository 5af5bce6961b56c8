package profile

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"seccomp-broker/broker"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The rules of an exported and imported profile make the plan that was exported,
// but for the errno of refusals, and for what is never lifted by import.
func TestRoundTrip(t *testing.T) {
	stricterBecause := map[string][]string{"lifted": {"clone", "unshare", "personality"}, "network": {"socket"}, "emulated": {"sched_setscheduler", "getpriority", "uname"}}
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			p, err := Export(plan, Listener{Path: "/run/broker.sock", Metadata: "policy=web"})
			if err != nil {
				t.Fatal(err)
			}
			text, err := Encode(p, Docker, "")
			if err != nil {
				t.Fatal(err)
			}
			read, err := Decode(text, nil)
			if err != nil {
				t.Fatal(err)
			}
			in, err := Import(read)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := plan.Answers()
			got, err := in.Plan().Answers()
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(5, 6))
			for i := range want {
				if call := want[i].Call.Name; slices.Contains(stricterBecause[name], call) {
					if !slices.ContainsFunc(in.Stricter, func(n Note) bool { return n.Call == call }) {
						t.Errorf("nothing says that %s is stricter now", call)
					}
					continue
				}
				for _, args := range samples(r, &want[i]) {
					g, w := got[i].To(args), want[i].To(args)
					if g.Kind != w.Kind {
						t.Fatalf("%s %#x: %v came back as %v", want[i].Call.Name, args, w, g)
					}
				}
			}
			loaded := load(t, string(in.HCL("test"))+everything)
			again, err := broker.Plan(loaded, false).Answers()
			if err != nil {
				t.Fatal(err)
			}
			for i := range again {
				for _, args := range samples(r, &again[i]) {
					if g, w := again[i].To(args), got[i].To(args); g.Kind != w.Kind && in.Network {
						t.Fatalf("%s %#x: %v is %v in HCL", got[i].Call.Name, args, w, g)
					}
				}
			}
		})
	}
}

// everything makes the rules mediate what can be.
const everything = `
allow "everything" {
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["/**"]
}
allow "network" {
  access  = ["connect", "bind"]
  address = ["*"]
}
`

func load(t *testing.T, text string) *rules.Policy {
	t.Helper()
	file := t.TempDir() + "/imported.hcl"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	policy, diags := rules.Load(rules.Options{
		Files: []string{file}, Vars: broker.Vars(nil), Canonical: broker.NewResolver().Canonical,
		KnownCall: filter.Known, CallNames: filter.Names, Allowable: filter.Allowable, Classes: syscalls.Mediated(),
	})
	if diags != nil && diags.HasErrors() {
		t.Fatalf("%v\n%s", diags.All(), text)
	}
	return policy
}

// What is not certain is refused, and said.
func TestImportIsNeverLooser(t *testing.T) {
	one := uint(1)
	rule := func(action specs.LinuxSeccompAction, name string, args ...specs.LinuxSeccompArg) specs.LinuxSyscall {
		return specs.LinuxSyscall{Names: []string{name}, Action: action, Args: args}
	}
	for _, c := range []struct {
		name string
		rule specs.LinuxSyscall
		call string
		want filter.Kind
	}{
		{"condition on a harmless call", rule(specs.ActAllow, "getpid", specs.LinuxSeccompArg{Value: 1, Op: specs.OpGreaterThan}), "getpid", filter.Errno},
		{"all of a harmless call", rule(specs.ActAllow, "getpid"), "getpid", filter.Allow},
		{"log", rule(specs.ActLog, "getpid"), "getpid", filter.Allow},
		{"trap", rule(specs.ActTrap, "getpid"), "getpid", filter.KillProcess},
		{"a dangerous call", rule(specs.ActAllow, "ptrace"), "ptrace", filter.Allow},
		{"some of a dangerous call", rule(specs.ActAllow, "ptrace", specs.LinuxSeccompArg{Value: 1, Op: specs.OpEqualTo}), "ptrace", filter.Errno},
		{"what is never allowed", rule(specs.ActAllow, "io_uring_setup"), "io_uring_setup", filter.Errno},
		{"what rules decide", rule(specs.ActAllow, "openat"), "openat", filter.Notify},
		{"what an agent decides", rule(specs.ActNotify, "getpid"), "getpid", filter.Errno},
		{"what rules can decide for an agent", rule(specs.ActNotify, "setuid"), "setuid", filter.Notify},
		{"what is not named", rule(specs.ActAllow, "getppid"), "getpid", filter.Errno},
	} {
		p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: &one, Syscalls: []specs.LinuxSyscall{c.rule}}
		in, err := Import(p)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		answers, err := in.Plan().Answers()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			if a.Call.Name == c.call {
				if got := a.To([filter.ArgCount]uint64{2}).Kind; got != c.want {
					t.Errorf("%s: %s is answered %v, want %v", c.name, c.call, got, c.want)
				}
			}
		}
	}
}

func TestDecode(t *testing.T) {
	const docker = `{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
	  "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
	  "syscalls": [
	    {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
	    {"name": "write", "action": "SCMP_ACT_ALLOW"},
	    {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}},
	    {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
	    {"names": ["arm_sync_file_range"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}}]}`
	names := func(p *specs.LinuxSeccomp) (all []string) {
		for _, s := range p.Syscalls {
			all = append(all, s.Names...)
		}
		return all
	}
	for _, c := range []struct {
		text         string
		capabilities []string
		want         string // names, or part of the error
	}{
		{docker, nil, "read write clone"},
		{docker, []string{"CAP_SYS_ADMIN", "CAP_BPF"}, "read write bpf"},
		{`{"ociVersion": "1.0.2", "linux": {"seccomp": {"defaultAction": "SCMP_ACT_KILL", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG"}]}}}`, nil, "read"},
		{`{"kind": "SeccompProfile", "spec": ` + docker + `}`, nil, "read write clone"},
		{`{"kind": "Pod", "spec": {}}`, nil, "no defaultAction"},
		{"{\n\"defaultAction\": \"SCMP_ACT_ALLOW\",\n}", nil, "line 3"},
		{"{\n\"defaultAction\": 1}", nil, "line 2"},
		{`{"defaultAction": "SCMP_ACT_MAYBE"}`, nil, `no action "SCMP_ACT_MAYBE"`},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 5000}`, nil, "5000 is not an error number"},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_ARM"]}`, nil, "other architectures"},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW"}]}`, nil, "rule 1 of syscalls names no system call"},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]}`, nil, "no argument 6"},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "op": "="}]}]}`, nil, `no comparison "="`},
		{strings.Repeat(" ", maxProfile+1), nil, "more than"},
	} {
		p, err := Decode([]byte(c.text), c.capabilities)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = strings.Join(names(p), " ")
		}
		if err == nil && got != c.want || err != nil && !strings.Contains(got, c.want) {
			t.Errorf("%.60s…: %s, want %s", c.text, got, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for name, plan := range plans {
		p, err := Export(plan, Listener{})
		if err != nil {
			f.Fatal(err)
		}
		text, err := Encode(p, Kubernetes, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text[:min(len(text), 4096)])
		p.Syscalls = p.Syscalls[:3]
		text, _ = Encode(p, OCI, "")
		f.Add(text)
	}
	f.Add([]byte(`{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "ioctl"], "action": "SCMP_ACT_ALLOW", "args": [` +
		`{"index": 0, "op": "SCMP_CMP_NE"}, {"index": 1, "op": "SCMP_CMP_NE"}, {"index": 2, "op": "SCMP_CMP_NE"}, {"index": 3, "op": "SCMP_CMP_NE"}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Decode(text, nil)
		if err != nil {
			return
		}
		in, err := Import(p)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		in.HCL("fuzz")
	})
}

// Conditions that sets of bits cannot say refuse where the profile may.
func TestConditionsThatCannotBeSaid(t *testing.T) {
	for name, args := range map[string][]specs.LinuxSeccompArg{
		"by order":             {{Index: 0, Value: 5, Op: specs.OpGreaterThan}},
		"two of one, either":   {{Index: 0, Value: 1, Op: specs.OpEqualTo}, {Index: 0, Value: 2, Op: specs.OpEqualTo}},
		"two that leave some":  {{Index: 0, Value: 1, Op: specs.OpNotEqual}, {Index: 0, Value: 2, Op: specs.OpNotEqual}},
		"order and a register": {{Index: 1, Value: 1, Op: specs.OpEqualTo}, {Index: 0, Value: 5, Op: specs.OpLessEqual}},
	} {
		in, err := Import(&specs.LinuxSeccomp{
			DefaultAction: specs.ActAllow,
			Syscalls:      []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActErrno, Args: args}},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		answers, err := in.Plan().Answers()
		if err != nil {
			t.Fatal(err)
		}
		for i := range answers {
			if a := &answers[i]; a.Call.Name == "read" && a.To([filter.ArgCount]uint64{1}).Kind != filter.Errno {
				t.Errorf("%s: read passes", name)
			}
		}
	}
}

// The last look finds what would pass beyond the profile.
func TestVerify(t *testing.T) {
	in := &Imported{Allow: []string{"ptrace"}}
	if err := in.verify(&specs.LinuxSeccomp{DefaultAction: specs.ActErrno}); err == nil {
		t.Error("ptrace passes where the profile refuses it")
	}
	if err := (&Imported{}).verify(&specs.LinuxSeccomp{DefaultAction: specs.ActAllow}); err != nil {
		t.Error(err)
	}
}
