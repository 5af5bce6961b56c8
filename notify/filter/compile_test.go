package filter

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// specs are plans that together use every statement of a plan.
var specs = map[string]Spec{
	"default":  {},
	"files":    {Notify: []string{"@file", "@exec"}},
	"stat":     {Notify: []string{"@file", "@exec", "@stat", "umask", "@credentials"}},
	"all":      {Notify: Names()},
	"network":  {Notify: []string{"@file", "@exec"}, Network: true},
	"lifted":   {Allow: []string{"@default", "@namespace", "@debug", "@mount", "personality", "prlimit64", "ioctl"}},
	"explicit": {Allow: []string{"read", "write", "exit_group", "socketpair", "sendmsg"}, Notify: []string{"openat", "execve"}},
	"stricter": {Deny: []Denial{{Name: "@ipc", Errno: int(unix.ENOSYS)}, {Name: "personality"}}, Kill: []string{"@namespace", "kexec_load"}},
	"emulated": {
		Deny: []Denial{{Name: "@namespace"}}, Kill: []string{"umask"},
		Emulate: []Emulation{
			{Name: "sched_setscheduler", When: []Test{{Arg: 1, Mask: low, Value: 1, High: 2}}},
			{Name: "sched_setscheduler", When: []Test{{Arg: 1, Mask: low, Value: 6}, {Arg: 0, Mask: ^uint64(0), Value: 1<<40 + 7}}, Notify: true},
			{Name: "uname", Notify: true},
			{Name: "prctl", Errno: int(unix.ENOSYS)},
			{Name: "clone", When: []Test{{Arg: 0, Mask: 0xff, Value: 17}}, Errno: int(unix.EAGAIN)},
			{Name: "io_uring_setup", Errno: int(unix.ENOSYS)},
			{Name: "umask", Errno: 0},
			{Name: "mount", Errno: 0},
			{Name: "socket", When: []Test{{Arg: 0, Mask: low, Value: unix.AF_INET6}}, Errno: int(unix.EAFNOSUPPORT)},
		},
	},
	"strict io": {Notify: []string{"@file"}, Deny: []Denial{{Name: "socket", Errno: int(unix.EAFNOSUPPORT)}, {Name: "openat"}}, Kill: []string{"ioctl", "prctl", "io_uring_setup"}},
}

// samples are arguments near the edges of a decision's checks, and random ones.
func (d decision) samples(r *rand.Rand) [][6]uint64 {
	edges := []uint64{0, 1, high, low, ^uint64(0)}
	for _, b := range d.branches {
		for _, c := range b.when {
			edges = append(edges, c.value, c.value|high, c.value|1<<63, c.value+1, c.value-1, c.high, c.high+1, c.value^0x80,
				c.mask, c.mask|high, c.mask&-c.mask, ^c.mask, c.value|^c.mask)
		}
	}
	list := [][6]uint64{{}}
	for range 40 * (1 + len(d.branches)) {
		var args [6]uint64
		for i := range args {
			args[i] = edges[r.IntN(len(edges))]
			if r.IntN(8) == 0 {
				args[i] = r.Uint64()
			}
		}
		list = append(list, args)
	}
	return list
}

// The compiled program must say what the plan says, for every number, here
// compared over the numbers with a row.
func TestProgramSaysWhatThePlanSays(t *testing.T) {
	for name, s := range specs {
		t.Run(name, func(t *testing.T) {
			p := mustCompile(t, s)
			plan, err := s.resolve()
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, 2))
			for i, call := range table {
				d := plan.decide(i)
				answer := d.answer(call)
				for _, args := range d.samples(r) {
					got := p.Run(Data{Nr: int32(call.Number), Arch: unix.AUDIT_ARCH_X86_64, IP: r.Uint64(), Args: args})
					if want := answer.To(args); got != want {
						t.Fatalf("%s%x: %v, want %v", call.Name, args, got, want)
					}
				}
			}
		})
	}
}

// Numbers without a row answer ENOSYS, those of x32 kill, under every plan.
func TestUnknownNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, s := range specs {
		t.Run(name, func(t *testing.T) {
			p := mustCompile(t, s)
			check := func(nr int32, want Action) {
				t.Helper()
				if got := p.Run(Data{Nr: nr, Arch: unix.AUDIT_ARCH_X86_64, Args: [6]uint64{r.Uint64(), 0, r.Uint64()}}); got != want {
					t.Errorf("number %d (%#x): %v, want %v", nr, uint32(nr), got, want)
				}
			}
			for nr := range int32(4096) {
				if _, ok := ByNumber(int(nr)); !ok {
					check(nr, fails(unix.ENOSYS))
				}
				check(nr|x32, kill)
				check(^nr-1, kill) // negative, and so with the bit of x32
				check(int32(uint32(nr)|1<<31), kill)
			}
			for range 4096 {
				check(4096+r.Int32N(x32-4096), fails(unix.ENOSYS))
			}
			for _, nr := range []int32{x32 - 1, 472, 1 << 16, 1<<16 | 257, 1 << 29} {
				check(nr, fails(unix.ENOSYS))
			}
			check(0x7fffffff, kill)
			// What a tracer sets to skip a call: seccomp(2), SECCOMP_RET_TRACE.
			check(-1, fails(unix.ENOSYS))
		})
	}
}

func TestForeignArchitecturesAreKilled(t *testing.T) {
	for name, s := range specs {
		p := mustCompile(t, s)
		for _, arch := range []uint32{
			unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_AARCH64, armArch, 0, ^uint32(0),
			unix.AUDIT_ARCH_X86_64 &^ 0x40000000, unix.AUDIT_ARCH_X86_64 | 1<<16,
		} {
			for nr := range int32(600) {
				for _, nr := range []int32{nr, nr | x32, -nr - 1} {
					if got := p.Run(Data{Nr: nr, Arch: arch}); got != kill {
						t.Fatalf("%s: architecture %#x, number %d: %v", name, arch, nr, got)
					}
				}
			}
		}
	}
}

// A plan that notifies everything: nothing but the Never calls, the parts of
// others that are never, and what the network's rules keep back stays behind.
func TestNotifyEverything(t *testing.T) {
	p := mustCompile(t, specs["all"])
	for _, s := range Table() {
		want := notify
		switch {
		case s.Disposition == Never:
			want = fails(unix.Errno(s.Errno))
		case s.Name == "socket", s.Name == "socketpair":
			continue // see TestNetworkMediated
		case s.Name == "sendto":
			want = allow // without an address
		}
		if got := ask(t, p, s.Name); got != want {
			t.Errorf("%s: %v, want %v", s.Name, got, want)
		}
	}
}

func TestProgramFits(t *testing.T) {
	for name, s := range specs {
		p := mustCompile(t, s)
		if len(p) > 1000 {
			t.Errorf("%s: %d instructions; about 600 were measured", name, len(p))
		}
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The tree must keep hot calls cheap. Those that are always allowed are not
// even run: since Linux 5.11 the kernel remembers them in a bitmap.
func TestHotCallsAreShort(t *testing.T) {
	p := mustCompile(t, specs["files"])
	for _, name := range []string{"read", "write", "futex", "close", "mmap", "openat", "newfstatat", "execve"} {
		_, steps := p.run(&Data{Nr: number(t, name), Arch: unix.AUDIT_ARCH_X86_64})
		t.Logf("%s: %d of %d instructions", name, steps, len(p))
		if steps > 24 {
			t.Errorf("%s: %d instructions", name, steps)
		}
	}
}

// Two compilations of one plan give one program: it can be compared and cached.
func TestCompileIsRepeatable(t *testing.T) {
	for name, s := range specs {
		if a, b := mustCompile(t, s), mustCompile(t, s); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: two programs", name)
		}
	}
}

func TestSpliceRefusesStrangeTrees(t *testing.T) {
	d := decision{otherwise: allow}
	if p, err := splice(Program{ret(mark(1))}, []Program{d.assemble()}); err == nil {
		t.Errorf("unknown mark accepted: %v", p)
	}
	if p, err := splice(Program{ret(allow)}, []Program{d.assemble()}); err == nil {
		t.Errorf("lost mark accepted: %v", p)
	}
	for _, raw := range [][]byte{nil, make([]byte, 7), make([]byte, 12)} {
		if p, err := decode(raw); err == nil {
			t.Errorf("%d bytes accepted: %v", len(raw), p)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		mustCompile(b, specs["files"])
	}
}
