package filter

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSpecErrors(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want []string
	}{
		{Spec{Notify: []string{"opnat"}}, []string{`notify: unknown system call "opnat"`}},
		{Spec{Allow: []string{"@defalt"}}, []string{`allow: unknown group "@defalt"`, "@default"}},
		{Spec{Allow: []string{"default"}}, []string{`allow: "default" is a group: write "@default"`}},
		{Spec{Kill: []string{"@kexec_load"}}, []string{`kill: "@kexec_load" is not a group: write "kexec_load"`}},
		{Spec{Kill: []string{""}}, []string{`kill: unknown system call ""`}},
		{Spec{Deny: []Denial{{Name: "opn"}}}, []string{`deny: unknown system call "opn"`}},
		{Spec{Deny: []Denial{{"open", 512}}}, []string{"deny: open: 512 is not an error number"}},
		{Spec{Deny: []Denial{{"open", -13}}}, []string{"deny: open: -13 is not"}},
		{Spec{Allow: []string{"openat"}}, []string{"allow: openat is mediated; write an allow block instead"}},
		{Spec{Allow: []string{"connect"}, Network: true}, []string{"connect is mediated"}},
		{Spec{Allow: []string{"@exec"}}, []string{"allow: @exec holds mediated calls (execve execveat); write an allow block"}},
		{Spec{Allow: []string{"@network"}}, []string{"bind connect"}},
		{Spec{Allow: []string{"io_uring_setup"}}, []string{"allow: io_uring_setup can not be allowed: its operations"}},
		{Spec{Allow: []string{"clone3"}}, []string{"clone3 can not be allowed: its flags are in memory"}},
		{Spec{Allow: []string{"open_by_handle_at"}}, []string{"with no path"}},
		// All of them, not the first.
		{Spec{Allow: []string{"aa", "execve", "bb"}, Notify: []string{"cc"}, Deny: []Denial{{Name: "dd"}, {Name: "@ee"}}, Kill: []string{"ff"}},
			[]string{"aa", "execve", "bb", "cc", "dd", "@ee", "ff"}},
	} {
		p, err := Compile(c.spec)
		if err == nil || p != nil {
			t.Errorf("%+v: no error", c.spec)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: error %q does not say %q", c.spec, err, want)
			}
		}
	}
}

// never > kill > deny > notify > allow > refused.
func TestPrecedence(t *testing.T) {
	deny := func(names ...string) (list []Denial) {
		for _, n := range names {
			list = append(list, Denial{n, int(unix.EDOM)})
		}
		return list
	}
	edom, one := fails(unix.EDOM), []string{"getpid"}
	for _, c := range []struct {
		name string
		spec Spec
		call string
		want Action
	}{
		{"allow by default", Spec{}, "getpid", allow},
		{"allow is complete", Spec{Allow: []string{"read"}}, "getpid", fails(unix.EPERM)},
		{"allow is complete, newer call", Spec{Allow: []string{"read"}}, "close_range", fails(unix.ENOSYS)},
		{"allow is complete, stat call", Spec{Allow: []string{"read"}}, "newfstatat", fails(unix.EPERM)},
		{"stat by name", Spec{Allow: []string{"stat"}}, "stat", allow},
		{"stat by group", Spec{Allow: []string{"@stat"}}, "statx", allow},
		{"notify stat", Spec{Allow: []string{"@stat"}, Notify: []string{"@stat"}}, "statx", notify},
		{"notify over allow", Spec{Notify: one, Allow: one}, "getpid", notify},
		{"notify over refused", Spec{Notify: []string{"ptrace"}}, "ptrace", notify},
		{"notify beside allow", Spec{Notify: []string{"openat"}, Allow: one}, "openat", notify},
		{"deny over notify", Spec{Deny: deny("getpid"), Notify: one, Allow: one}, "getpid", edom},
		{"deny a group", Spec{Deny: deny("@default")}, "getpid", edom},
		{"deny a mediated call", Spec{Deny: deny("@file"), Notify: []string{"@file"}}, "openat", edom},
		{"deny with EPERM", Spec{Deny: []Denial{{Name: "getpid"}}}, "getpid", fails(unix.EPERM)},
		{"deny by name beats group", Spec{Deny: []Denial{{"@default", 5}, {"getpid", 6}, {"getpid", 7}}}, "getpid", fails(6)},
		{"deny, first group", Spec{Deny: []Denial{{"@numa", 5}, {"@default", 6}}}, "mbind", fails(5)},
		{"deny like an unknown call", Spec{Deny: []Denial{{"getpid", int(unix.ENOSYS)}}}, "getpid", fails(unix.ENOSYS)},
		{"deny with the largest errno", Spec{Deny: []Denial{{"getpid", int(unix.EHWPOISON)}}}, "getpid", fails(unix.EHWPOISON)},
		{"kill over deny", Spec{Kill: one, Deny: deny("getpid"), Notify: one}, "getpid", kill},
		{"kill a group", Spec{Kill: []string{"@debug"}, Allow: []string{"@debug"}}, "ptrace", kill},
		{"never over kill", Spec{Kill: []string{"clone3"}}, "clone3", fails(unix.ENOSYS)},
		{"never over notify", Spec{Notify: []string{"open_by_handle_at"}}, "open_by_handle_at", fails(unix.EPERM)},
		{"never in a group", Spec{Allow: []string{"@obsolete"}}, "uselib", fails(unix.ENOSYS)},
		{"lift", Spec{Allow: []string{"@default", "@debug"}}, "ptrace", allow},
		{"lift by name", Spec{Allow: []string{"@default", "mount"}}, "mount", allow},
		{"lift nothing else", Spec{Allow: []string{"@default", "mount"}}, "umount2", fails(unix.EPERM)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ask(t, mustCompile(t, c.spec), c.call); got != c.want {
				t.Errorf("%s: %v, want %v", c.call, got, c.want)
			}
		})
	}
}
