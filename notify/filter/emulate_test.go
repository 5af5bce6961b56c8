package filter

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// An emulation beats what the plan would do with the call, and nothing that the
// filter or the plan refuses.
func TestEmulations(t *testing.T) {
	p := mustCompile(t, specs["emulated"])
	for _, tc := range []struct {
		call string
		args [6]uint64
		want Action
	}{
		{"sched_setscheduler", [6]uint64{0, 1}, Action{Errno, 0}},
		{"sched_setscheduler", [6]uint64{0, 2}, Action{Errno, 0}},
		{"sched_setscheduler", [6]uint64{0, 0xdead_0000_0002}, Action{Errno, 0}}, // an int: the upper half does not count
		{"sched_setscheduler", [6]uint64{0, 3}, Action{Kind: Allow}},
		{"sched_setscheduler", [6]uint64{0, 0}, Action{Kind: Allow}},
		{"sched_setscheduler", [6]uint64{1<<40 + 7, 6}, Action{Kind: Notify}},
		{"sched_setscheduler", [6]uint64{7, 6}, Action{Kind: Allow}},
		{"uname", [6]uint64{}, Action{Kind: Notify}},
		{"prctl", [6]uint64{unix.PR_SET_NAME}, Action{Errno, int(unix.ENOSYS)}},
		{"prctl", [6]uint64{unix.PR_SET_DUMPABLE, 0}, Action{Errno, 0}}, // whatever the plan says
		{"prctl", [6]uint64{unix.PR_SET_MM}, Action{Errno, int(unix.EPERM)}},
		{"clone", [6]uint64{17}, Action{Errno, int(unix.EAGAIN)}},
		{"clone", [6]uint64{17 | unix.CLONE_NEWUSER}, Action{Errno, int(unix.EPERM)}}, // denied
		{"clone", [6]uint64{18}, Action{Kind: Allow}},
		{"io_uring_setup", [6]uint64{}, Action{Errno, int(unix.ENOSYS)}},
		{"umask", [6]uint64{}, Action{Kind: KillProcess}},
		{"mount", [6]uint64{}, Action{Errno, 0}},
		{"socket", [6]uint64{unix.AF_INET6, unix.SOCK_STREAM}, Action{Errno, int(unix.EAFNOSUPPORT)}},
		{"socket", [6]uint64{unix.AF_INET, unix.SOCK_STREAM}, Action{Errno, int(unix.EACCES)}},
	} {
		call, _ := ByName(tc.call)
		got := p.Run(Data{Nr: int32(call.Number), Arch: unix.AUDIT_ARCH_X86_64, Args: tc.args})
		if got != tc.want {
			t.Errorf("%s%x: %v, want %v", tc.call, tc.args, got, tc.want)
		}
	}
}

func TestEmulationsThatCannotBe(t *testing.T) {
	for _, tc := range []struct {
		e    Emulation
		want string
	}{
		{Emulation{Name: "io_uring_setup"}, "refused whatever the rules say"},
		{Emulation{Name: "io_uring_enter", Notify: true, Errno: 1}, "refused whatever the rules say"},
		{Emulation{Name: "openat", Errno: 1}, "is mediated"},
		{Emulation{Name: "@debug"}, `@debug is a group`},
		{Emulation{Name: "nothing"}, "unknown system call"},
		{Emulation{Name: "umask", Errno: 516}, "not an error number"},
		{Emulation{Name: "umask", When: []Test{{Arg: 6}}}, "no argument 6"},
		{Emulation{Name: "umask", When: []Test{{Mask: ^uint64(0), Value: 1, High: 1 << 40}}}, "lower 32 bits"},
	} {
		_, err := Compile(Spec{Emulate: []Emulation{tc.e}})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.e, err, tc.want)
		}
	}
}
