package broker

import (
	"testing"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// TestPlanEmulates: what the kernel can answer by itself it does, the rest is
// notified, and where no rule holds the plan decides as if there were none.
func TestPlanEmulates(t *testing.T) {
	p := loadRules(t, `
syscalls { deny = ["personality"] }
emulate "realtime" {
  syscall = ["sched_setscheduler"]
  when    = { policy = [1, "2-3"] }
  value   = 0
}
emulate "a number" {
  syscall = ["sched_setscheduler"]
  when    = { policy = 6 }
  value   = 7
}
emulate "denied anyway" {
  syscall = ["personality"]
  value   = 0
}
emulate "refused otherwise" {
  syscall = ["mount"]
  when    = { arg3 = 32 }
  value   = 0
}
emulate "never" {
  syscall = ["io_uring_setup"]
  errno   = "EACCES"
}
emulate "long" {
  syscall = ["mprotect"]
  when    = { len = "4096-0x100000000" }
  errno   = "ENOMEM"
}
emulate "many" {
  syscall = ["prlimit64"]
  when = {
    pid      = [0, 1, 2, 3, 4, 5, 6]
    resource = [0, 1, 2, 3, 4, 5, 6]
  }
  errno = "ENOMEM"
}
program "/usr/bin/git" {
  emulate "for git" {
    syscall = ["umask", "sched_setscheduler", "setuid"]
    errno   = "EPERM"
  }
}
`)
	spec := Plan(p, true)
	program, err := compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := emulated(p, spec)
	if err != nil {
		t.Fatal(err)
	}
	rest := map[string]func([6]uint64) (syscalls.Fate, sys.Errno){}
	for _, c := range calls {
		rest[c.Name] = c.Otherwise
	}
	errno := func(e int) filter.Action { return filter.Action{Kind: filter.Errno, Errno: e} }
	notify, allow := filter.Action{Kind: filter.Notify}, filter.Action{Kind: filter.Allow}
	for _, tc := range []struct {
		call string
		args [6]uint64
		want filter.Action
		rest string
	}{
		{"sched_setscheduler", [6]uint64{0, 1}, errno(0), "true"},
		{"sched_setscheduler", [6]uint64{0, 3}, errno(0), "true"},
		{"sched_setscheduler", [6]uint64{0, 6}, notify, "true"},
		{"sched_setscheduler", [6]uint64{0, 0}, notify, "true"}, // git's rule may hold
		{"personality", [6]uint64{}, errno(int(unix.EPERM)), "EPERM"},
		{"mount", [6]uint64{3: 32}, errno(0), "EPERM"},
		{"mount", [6]uint64{3: 33}, errno(int(unix.EPERM)), "EPERM"},
		{"io_uring_setup", [6]uint64{}, errno(int(unix.EACCES)), "ENOSYS"},
		{"mprotect", [6]uint64{}, notify, "true"},
		{"prlimit64", [6]uint64{6, 6, 1}, notify, "EPERM"},
		{"prlimit64", [6]uint64{0, 9}, notify, "true"},
		{"umask", [6]uint64{}, notify, "true"},
		{"setuid", [6]uint64{}, notify, "judged"},
		{"getpid", [6]uint64{}, allow, ""},
	} {
		call, _ := filter.ByName(tc.call)
		got := program.Run(filter.Data{Nr: int32(call.Number), Arch: auditArchX8664, Args: tc.args})
		if got != tc.want {
			t.Errorf("%s%x: %v, want %v", tc.call, tc.args, got, tc.want)
		}
		if f := rest[tc.call]; f != nil {
			fate, e := f(tc.args)
			said := map[syscalls.Fate]string{syscalls.Runs: "true", syscalls.Judged: "judged", syscalls.Fails: unix.ErrnoName(unix.Errno(e))}[fate]
			if said != tc.rest {
				t.Errorf("%s%x without a rule: %s, want %s", tc.call, tc.args, said, tc.rest)
			}
		}
	}
}
