package filter

import (
	"testing"

	"golang.org/x/sys/unix"
)

type argCase struct {
	call string
	args []uint64
	want Action
}

func checkCases(t *testing.T, p Program, cases []argCase) {
	t.Helper()
	for _, c := range cases {
		if got := ask(t, p, c.call, c.args...); got != c.want {
			t.Errorf("%s(%#x): %v, want %v", c.call, c.args, got, c.want)
		}
	}
}

// neverCases hold under every plan, upper halves or not.
var neverCases = []argCase{
	{"ioctl", []uint64{0, 0x5412}, fails(unix.EPERM)},
	{"ioctl", []uint64{0, 0x5412 | high}, fails(unix.EPERM)},
	{"ioctl", []uint64{0, 0x5412 | 1<<63}, fails(unix.EPERM)},
	{"ioctl", []uint64{high, 0x541c}, fails(unix.EPERM)},
	{"ioctl", []uint64{1, 0x541c | 0xffffffff<<32, 3}, fails(unix.EPERM)},
	{"prctl", []uint64{4, 0}, Action{Errno, 0}},
	{"prctl", []uint64{4 | high, 0}, Action{Errno, 0}},
	{"prctl", []uint64{35, 9}, fails(unix.EPERM)},
	{"prctl", []uint64{35 | 1<<40, 0}, fails(unix.EPERM)},
	{"seccomp", []uint64{1, 8}, fails(unix.EBUSY)},
	{"seccomp", []uint64{1, 8 | high}, fails(unix.EBUSY)},
	{"seccomp", []uint64{1 | high, 8}, fails(unix.EBUSY)},
	{"seccomp", []uint64{1, 0x3f}, fails(unix.EBUSY)},
	{"seccomp", []uint64{1, 8 | 1 | 1<<5, 1}, fails(unix.EBUSY)},
	{"io_uring_setup", nil, fails(unix.ENOSYS)},
	{"io_uring_enter", nil, fails(unix.ENOSYS)},
	{"io_uring_register", nil, fails(unix.ENOSYS)},
	{"clone3", []uint64{1, 88}, fails(unix.ENOSYS)},
	{"open_by_handle_at", nil, fails(unix.EPERM)},
	{"uselib", nil, fails(unix.ENOSYS)},
}

func TestNever(t *testing.T) {
	everything := Spec{Allow: []string{"@default", "@obsolete", "@mount", "ioctl", "prctl", "seccomp"}}
	dead := Spec{Kill: Names()}
	denied := Spec{}
	for _, n := range Names() {
		denied.Deny = append(denied.Deny, Denial{n, int(unix.EDOM)})
	}
	for name, s := range specs {
		t.Run(name, func(t *testing.T) { checkCases(t, mustCompile(t, s), neverCases) })
	}
	for _, s := range []Spec{everything, dead, denied} {
		checkCases(t, mustCompile(t, s), neverCases)
	}
}

func TestDefaultArguments(t *testing.T) {
	p := mustCompile(t, Spec{})
	eperm, eacces := fails(unix.EPERM), fails(unix.EACCES)
	checkCases(t, p, []argCase{
		{"ioctl", []uint64{0, unix.TCGETS}, allow},
		{"ioctl", []uint64{0x5412, 0x5411, 0x5412}, allow},
		{"ioctl", []uint64{0, unix.TIOCGWINSZ | high}, allow},
		{"ioctl", []uint64{0, 0x5421}, allow},
		{"ioctl", []uint64{0, unix.FS_IOC_GETFLAGS}, allow},
		{"ioctl", []uint64{0, unix.FS_IOC_SETFLAGS}, eperm},
		{"ioctl", []uint64{0, unix.FS_IOC_SETFLAGS | high}, eperm},
		{"ioctl", []uint64{0, 0x401c5820}, eperm},                   // FS_IOC_FSSETXATTR
		{"ioctl", []uint64{0, unix.FS_IOC_ENABLE_VERITY}, eperm},    //
		{"ioctl", []uint64{0, 0x5000940e}, eperm},                   // BTRFS_IOC_SUBVOL_CREATE
		{"ioctl", []uint64{0, 0x50009418 | high}, eperm},            // BTRFS_IOC_SUBVOL_CREATE_V2
		{"ioctl", []uint64{0, 0x5000940f}, eperm},                   // BTRFS_IOC_SNAP_DESTROY
		{"ioctl", []uint64{0, unix.FICLONE}, allow},                 //
		{"ioctl", []uint64{0, unix.FICLONERANGE | high, 1}, allow},  //
		{"ioctl", []uint64{0, unix.FIDEDUPERANGE | high, 1}, allow}, //

		{"prctl", []uint64{4, 1}, allow},
		{"prctl", []uint64{4, high}, allow}, // the kernel's EINVAL
		{"prctl", []uint64{3, 0}, allow},
		{"prctl", []uint64{0, 4}, allow},
		{"prctl", []uint64{unix.PR_SET_NAME, 35}, allow},

		{"seccomp", []uint64{0, 0}, allow},
		{"seccomp", []uint64{1, 0}, allow},
		{"seccomp", []uint64{1, 1 | 2 | 4 | 16 | 32}, allow},
		{"seccomp", []uint64{2, 8}, allow}, // the kernel's EINVAL
		{"seccomp", []uint64{3, 0}, allow},
		{"seccomp", []uint64{1, high << 3}, allow},

		{"personality", []uint64{0}, allow},
		{"personality", []uint64{8}, allow},
		{"personality", []uint64{0x20000}, allow},
		{"personality", []uint64{0x20008}, allow},
		{"personality", []uint64{0xffffffff}, allow},
		{"personality", []uint64{0xffffffffffffffff}, allow},
		{"personality", []uint64{high}, allow}, // 0 for the kernel
		{"personality", []uint64{0x0400000}, eperm},
		{"personality", []uint64{0x0040000 | high}, eperm},
		{"personality", []uint64{1}, eperm},

		{"prlimit64", []uint64{0, 7, 1, 1}, allow},
		{"prlimit64", []uint64{high, 7, 1}, allow}, // 0 for the kernel
		{"prlimit64", []uint64{1, 7, 0, 1}, allow},
		{"prlimit64", []uint64{1, 7, 1}, eperm},
		{"prlimit64", []uint64{1, 7, high}, eperm},
		{"prlimit64", []uint64{1, 7, 1 << 63}, eperm},
		{"prlimit64", []uint64{1 | high, 7, 1}, eperm},
		{"prlimit64", []uint64{0xffffffff, 7, 1}, eperm},

		{"connect", nil, eacces},
		{"bind", nil, eacces},
		{"openat", nil, eperm},
		{"openat2", nil, fails(unix.ENOSYS)},
		{"fchmodat2", nil, fails(unix.ENOSYS)},
		{"setxattrat", nil, fails(unix.ENOSYS)},
		{"removexattrat", nil, fails(unix.ENOSYS)},
		{"file_setattr", nil, fails(unix.ENOSYS)},
		{"newfstatat", nil, allow},
		{"getxattrat", nil, allow},
		{"ptrace", nil, eperm},
		{"execve", nil, eperm},
	})
}

// A supervisor that wants to know of changes of capabilities is told of the one
// that no call but prctl makes, where the plan lets it be made.
func TestSecurebits(t *testing.T) {
	const option = unix.PR_SET_SECUREBITS
	for name, tc := range map[string]struct {
		spec Spec
		want Action
	}{
		"nobody asks": {Spec{Notify: []string{"@file"}}, allow},
		"told":        {Spec{Securebits: true}, notify},
		"not allowed": {Spec{Allow: []string{"read"}, Securebits: true}, fails(unix.EPERM)},
		"denied":      {Spec{Deny: []Denial{{"prctl", int(unix.ENOSYS)}}, Securebits: true}, fails(unix.ENOSYS)},
		"killed":      {Spec{Kill: []string{"prctl"}, Securebits: true}, kill},
	} {
		t.Run(name, func(t *testing.T) {
			checkCases(t, mustCompile(t, tc.spec), []argCase{
				{"prctl", []uint64{option, 1}, tc.want},
				{"prctl", []uint64{option | high, 1}, tc.want},
			})
		})
	}
	checkCases(t, mustCompile(t, Spec{Securebits: true}), []argCase{
		{"prctl", []uint64{unix.PR_SET_NAME}, allow},
		{"prctl", []uint64{unix.PR_SET_DUMPABLE, 0}, Action{Errno, 0}},
	})
}

func TestNamespaceFlags(t *testing.T) {
	flags := map[string]uint64{
		"NEWNS": 0x20000, "NEWCGROUP": 0x2000000, "NEWUTS": 0x4000000, "NEWIPC": 0x8000000,
		"NEWUSER": 0x10000000, "NEWPID": 0x20000000, "NEWNET": 0x40000000,
	}
	const thread = 0x3d0f00 // what pthread_create asks for
	plans := map[string]struct {
		spec Spec
		want Action
	}{
		"default":    {Spec{}, fails(unix.EPERM)},
		"by group":   {Spec{Allow: []string{"@default", "@namespace"}}, allow},
		"group only": {Spec{Allow: []string{"@namespace"}}, allow},
		"by name":    {Spec{Allow: []string{"@default", "clone", "unshare"}}, allow},
		"other":      {Spec{Allow: []string{"@default", "@debug", "setns"}}, fails(unix.EPERM)},
		"denied":     {Spec{Deny: []Denial{{"@namespace", int(unix.ENOSPC)}}}, fails(unix.ENOSPC)},
		"killed":     {Spec{Allow: []string{"@default", "clone", "unshare"}, Kill: []string{"@namespace"}}, kill},
		"notified":   {Spec{Notify: []string{"@namespace"}}, notify},
	}
	for name, plan := range plans {
		p := mustCompile(t, plan.spec)
		cases := []argCase{
			{"clone", []uint64{17}, allow},
			{"clone", []uint64{thread}, allow},
			{"clone", []uint64{0x80 | 17}, allow}, // CLONE_NEWTIME is signal bits here
			{"clone", []uint64{0x40000000 << 32}, allow},
			{"unshare", []uint64{unix.CLONE_FILES | unix.CLONE_FS}, allow},
			{"unshare", []uint64{unix.CLONE_NEWTIME}, plan.want},
		}
		for _, bit := range flags {
			cases = append(cases,
				argCase{"clone", []uint64{bit}, plan.want},
				argCase{"clone", []uint64{bit | 17 | high}, plan.want},
				argCase{"clone", []uint64{bit | thread}, plan.want},
				argCase{"unshare", []uint64{bit | unix.CLONE_FS}, plan.want})
		}
		t.Run(name, func(t *testing.T) { checkCases(t, p, cases) })
	}
}

func TestLiftingByName(t *testing.T) {
	p := mustCompile(t, Spec{Allow: []string{"@default", "personality", "prlimit64", "ioctl"}})
	checkCases(t, p, []argCase{
		{"personality", []uint64{0x0400000}, allow},
		{"prlimit64", []uint64{1, 7, 1}, allow},
		{"ioctl", []uint64{0, unix.FS_IOC_SETFLAGS}, allow},
		{"ioctl", []uint64{0, unix.TIOCSTI}, fails(unix.EPERM)},
		{"clone", []uint64{unix.CLONE_NEWNS}, fails(unix.EPERM)},
	})
}
