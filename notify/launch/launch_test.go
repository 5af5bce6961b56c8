package launch_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/launch"

	"golang.org/x/sys/unix"
)

var few = kerneltest.Notify(unix.SYS_GETPPID)

func TestArgumentsAndEnvironment(t *testing.T) {
	args := []string{"name of its own", "", " ", "a b", "\xff\xfe", "--", "-x=1", "line\nbreak", strings.Repeat("long", 1000)}
	env := []string{"A=1", "A=2", "EMPTY=", "without", "BYTES=\xff", "=odd"}
	o := run(t, launch.Command{Path: report(t), Args: args, Env: env, Program: few})
	sameBytes(t, "arguments", o.texts(t, "arg "), args)
	sameBytes(t, "environment", o.texts(t, "env "), env)
	if got := o.value("NoNewPrivs"); got != "1" {
		t.Errorf("no_new_privs is %s", got)
	}
	if err := o.failed; err != nil {
		t.Error(err)
	}
	o = run(t, launch.Command{Path: report(t), Args: []string{"x"}, Program: few})
	sameBytes(t, "no environment", o.texts(t, "env "), nil)
}

func TestDirectory(t *testing.T) {
	dir := kerneltest.Dir(t)
	o := run(t, launch.Command{Path: report(t), Args: []string{"x"}, Dir: dir, Program: few})
	sameBytes(t, "directory", o.texts(t, "cwd "), []string{dir})
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	o = run(t, launch.Command{Path: report(t), Args: []string{"x"}, Program: few})
	sameBytes(t, "directory", o.texts(t, "cwd "), []string{here})
}

// The command has its three descriptors, whatever else is open here.
func TestDescriptors(t *testing.T) {
	var leaked []int
	for range 3 { // without O_CLOEXEC
		fd, err := unix.Open("/proc/self/status", unix.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		leaked = append(leaked, fd)
	}
	defer func() {
		for _, fd := range leaked {
			_ = unix.Close(fd)
		}
	}()
	o := run(t, launch.Command{Path: report(t), Args: []string{"x"}, Program: few})
	if got := o.value("fds"); got != "0 1 2" {
		t.Errorf("descriptors %s", got)
	}
}

// Fewer than three stay fewer: the stub's own must not slip into the gap.
func TestFewDescriptors(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	p, err := launch.Start(launch.Command{Path: report(t), Args: []string{"x"}, Program: few, Files: []*os.File{nil, w}})
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer func() { _ = p.Listener.Close() }()
	p.Release()
	buf := make([]byte, 64)
	n, err := r.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "fds 1\n") {
		t.Errorf("report %q, %v; want descriptor 1 only", buf[:n], err)
	}
	if _, err := unix.Wait4(p.PID, nil, 0, nil); err != nil {
		t.Error(err)
	}
}

// What Go's runtime changes in a process must not reach the command: it finds
// the signals and limits that the supervisor was started with.
func TestInheritedState(t *testing.T) {
	cmd := exec.Command(report(t), "start", fmt.Sprintf("/proc/%d/exe", os.Getpid()))
	cmd.Env = append(os.Environ(), superviseEnv+"="+report(t))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{output: string(out)}
	bit := func(sig int) uint64 { return 1 << (sig - 1) }
	// glibc's SIGRTMIN is 34.
	ignored := bit(int(unix.SIGPIPE)) | bit(int(unix.SIGTERM)) | bit(int(unix.SIGHUP)) | bit(34+5)
	// 32 and 33 belong to glibc, which neither sets nor clears them here: they
	// are what whoever started the tests made them.
	if got, err := strconv.ParseUint(o.value("SigIgn"), 16, 64); err != nil || got&^(bit(32)|bit(33)) != ignored {
		t.Errorf("SigIgn is %q, want %016x", o.value("SigIgn"), ignored)
	}
	for what, want := range map[string]string{
		"SigCgt": fmt.Sprintf("%016x", 0),
		"SigBlk": fmt.Sprintf("%016x", 0),
		"files":  "100 200",
		"fds":    "0 1 2",
	} {
		if got := o.value(what); got != want {
			t.Errorf("%s is %q, want %q", what, got, want)
		}
	}
}

// Even a filter that notifies every call, the stub's last and the command's
// first, finds the listener served.
func TestNotifyEverything(t *testing.T) {
	o := run(t, launch.Command{Path: report(t), Args: []string{"x"}, Program: kerneltest.NotifyAll()})
	if o.status.ExitStatus() != 0 || o.value("fds") != "0 1 2" {
		t.Errorf("status %#x, output %q", o.status, o.output)
	}
	if o.calls < 10 {
		t.Errorf("%d calls were notified", o.calls)
	}
	// A failed execve is told although writing and exiting are notified too.
	o = run(t, launch.Command{Path: "/nonexistent", Args: []string{"x"}, Program: kerneltest.NotifyAll()})
	if err := o.failed; !errors.Is(err, unix.ENOENT) || o.status.ExitStatus() != 127 {
		t.Errorf("a missing command: %v, status %#x", err, o.status)
	}
}

func TestExecError(t *testing.T) {
	dir := kerneltest.Dir(t)
	plain, garbage := filepath.Join(dir, "plain"), filepath.Join(dir, "garbage")
	kerneltest.Write(t, plain, "#!/bin/sh\n")
	kerneltest.Write(t, garbage, "garbage")
	if err := os.Chmod(garbage, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]unix.Errno{
		filepath.Join(dir, "missing"):   unix.ENOENT,
		plain:                           unix.EACCES,
		dir:                             unix.EACCES,
		garbage:                         unix.ENOEXEC,
		filepath.Join(plain, "below"):   unix.ENOTDIR,
		"/" + strings.Repeat("x", 5000): unix.ENAMETOOLONG,
	} {
		o := run(t, launch.Command{Path: path, Args: []string{path}, Program: few})
		var failed *launch.Error
		if err := o.failed; !errors.As(err, &failed) || !errors.Is(err, want) || failed.Step != "execute the command" {
			t.Errorf("%.40s: %v, want %v", path, err, want)
		}
		if o.status.ExitStatus() != 127 {
			t.Errorf("%.40s: status %#x", path, o.status)
		}
	}
}

// What cannot be started leaves no child.
func TestStartFails(t *testing.T) {
	ok := launch.Command{Path: "/bin/true", Args: []string{"true"}, Program: few}
	change := func(f func(*launch.Command)) launch.Command { c := ok; f(&c); return c }
	endless := make([]unix.SockFilter, 1<<16+1) // its length would wrap to 1
	for i := range endless {
		endless[i] = unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}
	}
	for _, c := range []struct {
		name string
		c    launch.Command
		want unix.Errno
		step string
	}{
		{"no filter", change(func(c *launch.Command) { c.Program = nil }), unix.EINVAL, "install the seccomp filter"},
		{"bad filter", change(func(c *launch.Command) { c.Program = []unix.SockFilter{{Code: 0xffff}} }), unix.EINVAL, "install the seccomp filter"},
		{"endless filter", change(func(c *launch.Command) { c.Program = endless }), unix.EINVAL, "start the stub"},
		{"no arguments", change(func(c *launch.Command) { c.Args = nil }), unix.EINVAL, "start the stub"},
		{"four files", change(func(c *launch.Command) { c.Files = make([]*os.File, 4) }), unix.EINVAL, "start the stub"},
		{"no directory", change(func(c *launch.Command) { c.Dir = "/nonexistent" }), unix.ENOENT, "start the stub"},
		{"NUL", change(func(c *launch.Command) { c.Args = []string{"a\x00b"} }), unix.EINVAL, "start the stub"},
	} {
		p, err := launch.Start(c.c)
		var failed *launch.Error
		if p != nil || !errors.As(err, &failed) || !errors.Is(err, c.want) || failed.Step != c.step || failed.HandOver {
			t.Errorf("%s: %v, %v; want %v at %q", c.name, p, err, c.want, c.step)
		}
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); !errors.Is(err, unix.ECHILD) {
		t.Errorf("a child is left: %d, %v", pid, err)
	}
}

// Root may start the command as somebody else.
func TestCredential(t *testing.T) {
	if os.Getuid() != 0 {
		return // the run as root does it
	}
	o := run(t, launch.Command{Path: report(t), Args: []string{"x"}, Program: few, Dir: "/",
		Sys: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}})
	if got := o.value("Uid"); got != "65534 65534 65534 65534" {
		t.Errorf("uid %s", got)
	}
}
