package broker

import (
	"slices"
	"strings"
	"testing"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

const auditArchX8664 = 0xc000003e // AUDIT_ARCH_X86_64

// Every call of the engine's table is notified under every policy, those that
// only ask about files where a rule names stat; a call in the filter's table that
// could be mediated and is not is refused.
func TestPlanMediatesOrRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"least":      ``,
		"allowed":    allowAll,
		"everything": `default = "allow"`,
		"monitor":    `mode = "monitor"`,
		"network":    "allow \"x\" {\n access = [\"connect\", \"bind\"]\n address = [\"*\"]\n}",
		"hiding":     "deny \"x\" {\n access = [\"stat\"]\n path = [\"/x\"]\n}",
	} {
		t.Run(name, func(t *testing.T) {
			spec := Plan(loadRules(t, text), true)
			program, err := compile(spec)
			if err != nil {
				t.Fatal(err)
			}
			var mediated []string
			for _, c := range syscalls.Table(true) {
				mediated = append(mediated, c.Name)
				want := filter.Notify
				if c.Access == rules.Stat && name != "hiding" {
					want = filter.Allow
				}
				got := program.Run(filter.Data{Nr: int32(c.Number), Arch: auditArchX8664, Args: [6]uint64{4: 1}})
				if got.Kind != want {
					t.Errorf("%s: %v, want %v", c.Name, got, want)
				}
			}
			for _, c := range filter.Table() {
				if c.Disposition != filter.Mediated || slices.Contains(mediated, c.Name) {
					continue
				}
				data := filter.Data{Nr: int32(c.Number), Arch: auditArchX8664}
				if got := program.Run(data); got.Kind == filter.Allow {
					t.Errorf("%s is neither mediated nor refused", c.Name)
				}
			}
		})
	}
}

// Changes of identity are noticed, and no more allowed for that.
func TestPlanOfIdentity(t *testing.T) {
	for text, want := range map[string]filter.Action{
		``:                                  {Kind: filter.Notify},
		`syscalls { allow = ["@default"] }`: {Kind: filter.Notify},
		`syscalls { allow = ["read", "prctl", "write"] }`: {Kind: filter.Errno, Errno: int(unix.EPERM)},
		`syscalls { deny = ["@credentials"] }`:            {Kind: filter.Errno, Errno: int(unix.EPERM)},
		`syscalls { kill = ["@credentials"] }`:            {Kind: filter.KillProcess},
	} {
		program, err := compile(Plan(loadRules(t, text), true))
		if err != nil {
			t.Fatal(text, err)
		}
		for _, name := range []string{"setuid", "setfsgid", "capset", "setgroups"} {
			call, _ := filter.ByName(name)
			if got := program.Run(filter.Data{Nr: int32(call.Number), Arch: auditArchX8664}); got != want {
				t.Errorf("%q: %s: %v, want %v", text, name, got, want)
			}
		}
	}
}

// Where a policy has the kernel refuse connect and bind, and no rule names an
// address, the kernel refuses the whole network by itself, and is asked nothing.
// Anything less is judged, and keeps its record.
func TestPlanCutOff(t *testing.T) {
	const rule = "allow \"x\" {\n access = [\"bind\"]\n address = [\"*\"]\n}\n"
	at := func(name string, args ...uint64) filter.Data {
		call, _ := filter.ByName(name)
		d := filter.Data{Nr: int32(call.Number), Arch: auditArchX8664}
		copy(d.Args[:], args)
		return d
	}
	for _, tc := range []struct {
		text string
		cut  bool
	}{
		{`syscalls { deny = ["connect", "bind"] }`, true},
		{`syscalls { deny = ["@network"] }`, true},
		{"syscalls { deny = [\"connect\"] }\nsyscalls { kill = [\"bind\"] }\ndefault = \"allow\"", true},
		{`syscalls { deny = ["connect"] }`, false},
		{`syscalls { deny = ["bind", "sendto"] }`, false},
		{`syscalls { deny = ["connect", "bind"] }` + "\n" + rule, false},
		{``, false},
	} {
		program, err := compile(Plan(loadRules(t, tc.text), true))
		if err != nil {
			t.Fatal(err)
		}
		want := filter.Notify
		if tc.cut {
			want = filter.Allow
		}
		if strings.Contains(tc.text, "@network") {
			want = filter.Errno
		}
		if got := program.Run(at("sendmsg", 3, 1, 0)); got.Kind != want {
			t.Errorf("%s: sendmsg is answered %v, want %v", tc.text, got, want)
		}
		if got := program.Run(at("socket", unix.AF_INET, unix.SOCK_DGRAM)); (got.Kind == filter.Errno) != tc.cut {
			t.Errorf("%s: an internet socket is answered %v", tc.text, got)
		}
		for _, data := range []filter.Data{at("connect", 3, 1, 16), at("bind", 3, 1, 16), at("sendto", 3, 1, 1, 0, 1, 16)} {
			if got := program.Run(data); got.Kind == filter.Allow {
				t.Errorf("%s: %d is let pass", tc.text, data.Nr)
			}
		}
	}
}

func TestFixedRoot(t *testing.T) {
	for _, tc := range []struct {
		lifted string
		want   bool
	}{
		{`"@default"`, true},
		{`"@default", "@debug"`, true},
		{`"@default", "chroot"`, false},
		{`"@default", "unshare"`, false},
		{`"@default", "clone"`, false},
		{`"@default", "@namespace"`, false},
		{`"@default", "@mount"`, false},
	} {
		spec := Plan(loadRules(t, "syscalls { allow = ["+tc.lifted+"] }"), false)
		if got := fixedRoot(spec); got != tc.want {
			t.Errorf("lifting %s: fixed root %v, want %v", tc.lifted, got, tc.want)
		}
	}
}

// The descriptors that a command starts with must not be a way to any address.
func TestStandardSockets(t *testing.T) {
	for _, tc := range []struct {
		kind int
		ok   bool
	}{{unix.SOCK_STREAM, true}, {unix.SOCK_SEQPACKET, true}, {unix.SOCK_DGRAM, false}} {
		pair, err := unix.Socketpair(unix.AF_UNIX, tc.kind|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		saved, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Dup2(pair[0], 0); err != nil {
			t.Fatal(err)
		}
		err = checkStdio()
		if e := unix.Dup2(saved, 0); e != nil {
			t.Fatal(e)
		}
		for _, fd := range []int{pair[0], pair[1], saved} {
			_ = unix.Close(fd)
		}
		if (err == nil) != tc.ok {
			t.Errorf("socket type %d as standard input: %v", tc.kind, err)
		}
	}
}
