package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"seccomp-broker/notify/probe"

	"golang.org/x/sys/unix"
)

// refuse runs a command under a filter that answers one system call with an
// errno, as an older kernel or a container's profile does: refuse NUMBER
// ERRNO command...
const refuse = `
my ($number, $errno, @command) = @ARGV;
my @program = ([0x20, 0, 0, 0], [0x15, 0, 1, $number], [0x06, 0, 0, 0x00050000 | $errno], [0x06, 0, 0, 0x7fff0000]);
my $program = join "", map { pack("SCCL", @$_) } @program;
syscall(157, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!";
syscall(317, 1, 0, pack("S x6 P", scalar(@program), $program)) == 0 or die "seccomp: $!";
exec @command or die "$command[0]: $!";
`

// TestMissingFeature takes system calls away: the broker starts nothing and
// says which is missing, and the doctor says so too.
func TestMissingFeature(t *testing.T) {
	broker := brokerBinary(t)
	for _, c := range []struct {
		name      string
		number    int
		errno     unix.Errno
		run, tell string
	}{
		{"seccomp", unix.SYS_SECCOMP, unix.ENOSYS, "use seccomp user notification", "seccomp user notification"},
		{"seccomp refused", unix.SYS_SECCOMP, unix.EPERM, "use seccomp user notification", "seccomp user notification"},
		{"pidfd_getfd", unix.SYS_PIDFD_GETFD, unix.EPERM, "fetch the listener", "fetching a child's descriptor"},
		{"pidfd_open", unix.SYS_PIDFD_OPEN, unix.ENOSYS, "open the stub's pidfd", "fetching a child's descriptor"},
		{"process_vm_readv", unix.SYS_PROCESS_VM_READV, unix.EPERM, "read the memory of a process", "reading a child's memory"},
		{"openat2", unix.SYS_OPENAT2, unix.ENOSYS, "open files without following symlinks", "opening without symlinks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			started := filepath.Join(t.TempDir(), "started")
			_, stderr, status := runRefused(t, c.number, c.errno, broker, "--", "touch", started)
			if status != statusUnavailable || !strings.Contains(stderr, "broker: touch did not start: cannot "+c.run) ||
				!strings.Contains(stderr, c.errno.Error()) || !strings.Contains(stderr, "a seccomp filter on this process may be why") {
				t.Errorf("status %d, want %d and %q:\n%s", status, statusUnavailable, c.run, stderr)
			}
			if _, err := os.Stat(started); err == nil {
				t.Error("the command was started")
			}
			stdout, _, status := runRefused(t, c.number, c.errno, broker, "doctor", "--json")
			if status != statusUnavailable {
				t.Errorf("doctor: status %d, want %d", status, statusUnavailable)
			}
			if !missingIn(t, stdout, c.tell) {
				t.Errorf("the doctor does not miss %q:\n%s", c.tell, stdout)
			}
		})
	}
}

func runRefused(t *testing.T, number int, errno unix.Errno, command ...string) (stdout, stderr string, status int) {
	t.Helper()
	args := append([]string{"-e", refuse, strconv.Itoa(number), strconv.Itoa(int(errno))}, command...)
	cmd := exec.Command("perl", args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// missingIn reports whether the report has a check that begins so, missing,
// with its reason and remedy.
func missingIn(t *testing.T, report, name string) bool {
	t.Helper()
	var d diagnosis
	if err := json.Unmarshal([]byte(report), &d); err != nil {
		t.Fatalf("%v in %s", err, report)
	}
	if d.OK {
		t.Error("the report says that all is well")
	}
	for _, c := range d.Checks {
		if strings.HasPrefix(c.Name, name) {
			return c.State == stateMissing && c.Error != "" && c.Remedy != ""
		}
	}
	return false
}

func TestDoctorTable(t *testing.T) {
	required := probe.Feature{Name: "one", Since: "5.0", Need: probe.Required, Remedy: "do this"}
	recommended := probe.Feature{Name: "two", Since: "6.6", Need: probe.Recommended, Remedy: "do that"}
	for _, c := range []struct {
		name    string
		results []probe.Result
		bars    bool
		want    string
	}{
		{"all is well", []probe.Result{{Feature: required, OK: true}, {Feature: recommended, OK: true, Detail: "ABI 7"}}, false, `
  ok       one  since Linux 5.0
  ok       two  ABI 7

broker can run programs here; nothing is missing
`},
		{"a recommended feature is missing", []probe.Result{{Feature: required, OK: true}, {Feature: recommended, Err: unix.EINVAL}}, false, `
  ok       one  since Linux 5.0
  missing  two  recommended; since Linux 6.6
           why: invalid argument
           do:  do that

broker can run programs here; 1 recommended thing is missing
`},
		{"a required feature is missing", []probe.Result{{Feature: required, Err: unix.EBUSY}, {Feature: recommended, Err: probe.ErrUntried}}, true, `
  missing  one  required; since Linux 5.0
           why: device or resource busy
           do:  ` + insideRemedy + `
  untried  two  since Linux 6.6

broker cannot run programs here: 1 required thing is missing
`},
	} {
		d := diagnosis{Broker: "v1", Kernel: "6", Machine: "x86_64", Library: "2"}
		bars := false
		for _, r := range c.results {
			d.Checks = append(d.Checks, tried(r))
			bars = bars || tried(r).bars()
		}
		var out strings.Builder
		if err := d.writeTable(&out, false); err != nil {
			t.Fatal(err)
		}
		want := "broker v1, Linux 6 x86_64, libseccomp 2\n\n" + groupKernel + c.want
		if out.String() != want || bars != c.bars {
			t.Errorf("%s: bars %v, want %v; printed\n%s\nwant\n%s", c.name, bars, c.bars, out.String(), want)
		}
	}
}
