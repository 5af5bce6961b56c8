package kerneltest

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"seccomp-broker/notify"
	"seccomp-broker/notify/launch"

	"golang.org/x/sys/unix"
)

// Victim is a target that does as it is told, one thing at a time.
type Victim struct {
	PID      int
	Listener *notify.Listener // nil without a filter
	Process  *launch.Process  // nil without a filter

	t      testing.TB
	in     *os.File
	out    *os.File
	lines  *bufio.Reader
	reaped bool
}

// Start starts a target under a filter, which may notify whatever it likes.
// The target is ended with the test.
func Start(t testing.TB, program []unix.SockFilter) *Victim {
	t.Helper()
	v, files := newVictim(t)
	path := VictimPath(t)
	p, err := launch.Start(launch.Command{Path: path, Args: []string{"victim"}, Files: files, Program: program})
	closeAll(files)
	if err != nil {
		v.closePipes()
		t.Fatalf("launch: %v", err)
	}
	v.PID, v.Process, v.Listener = p.PID, p, p.Listener
	t.Cleanup(v.end)
	p.Release()
	v.Send("tid")
	v.settle()
	v.Answer()
	return v
}

// settle lets all calls go on that are notified before the target answers:
// its exec and its loader's.
func (v *Victim) settle() {
	v.t.Helper()
	r := v.Listener.NewReceiver()
	for {
		fds := []unix.PollFd{{Fd: int32(v.out.Fd()), Events: unix.POLLIN}, {Fd: int32(v.Listener.FD()), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			v.t.Fatal(err)
		}
		if fds[0].Revents != 0 {
			return
		}
		if fds[1].Revents&unix.POLLIN == 0 {
			continue
		}
		n, err := r.Receive()
		if err != nil {
			v.t.Fatalf("the target's start: %v", err)
		}
		if err := v.Listener.Reply(n.ID, notify.Continue()); err != nil {
			v.t.Fatalf("the target's start: %v", err)
		}
	}
}

// StartPlain starts a target without a filter. attr may be nil.
func StartPlain(t testing.TB, attr *syscall.SysProcAttr) *Victim {
	t.Helper()
	v, files := newVictim(t)
	cmd := exec.Command(VictimPath(t))
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = files[0], files[1], files[2], attr
	err := cmd.Start()
	closeAll(files)
	if err != nil {
		v.closePipes()
		t.Fatal(err)
	}
	v.PID = cmd.Process.Pid
	_ = cmd.Process.Release() // it is reaped by its number
	t.Cleanup(v.end)
	v.Do("tid")
	return v
}

func newVictim(t testing.TB) (*Victim, []*os.File) {
	t.Helper()
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	v := &Victim{t: t, in: inWrite, out: outRead, lines: bufio.NewReader(outRead)}
	return v, []*os.File{inRead, outWrite, os.Stderr}
}

func closeAll(files []*os.File) {
	_ = files[0].Close()
	_ = files[1].Close()
}

func (v *Victim) closePipes() {
	_ = v.in.Close()
	_ = v.out.Close()
}

// Kill kills the target and reaps it.
func (v *Victim) Kill() {
	if v.reaped {
		return
	}
	_ = unix.Kill(v.PID, unix.SIGKILL)
	v.Wait()
}

// Wait reaps the target, which must be about to end.
func (v *Victim) Wait() unix.WaitStatus {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(v.PID, &status, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			v.reaped = true
			return status
		}
	}
}

func (v *Victim) end() {
	v.Kill()
	v.closePipes()
	if v.Process != nil {
		v.Process.Close()
		_ = v.Listener.Close()
	}
}

// Send gives the target a command without waiting for its answer; see
// victim.c for the commands.
func (v *Victim) Send(format string, args ...any) {
	v.t.Helper()
	if _, err := fmt.Fprintf(v.in, format+"\n", args...); err != nil {
		v.t.Fatalf("command the target: %v", err)
	}
}

// Answer reads the answer to the oldest command that has none.
func (v *Victim) Answer() string {
	v.t.Helper()
	line, err := v.lines.ReadString('\n')
	if err != nil {
		v.t.Fatalf("the target's answer: %v", err)
	}
	return strings.TrimSuffix(line, "\n")
}

// Do sends a command and reads its answer.
func (v *Victim) Do(format string, args ...any) string {
	v.t.Helper()
	v.Send(format, args...)
	return v.Answer()
}

// Number is Do for an answer that is a number.
func (v *Victim) Number(format string, args ...any) int {
	v.t.Helper()
	text := v.Do(format, args...)
	n, err := strconv.Atoi(text)
	if err != nil {
		v.t.Fatalf("%s: the target answered %q", fmt.Sprintf(format, args...), text)
	}
	return n
}

// Result is what a system call returned in the target.
type Result struct {
	Value int
	Errno unix.Errno
}

// Result reads the answer to a call command.
func (v *Victim) Result() Result {
	v.t.Helper()
	var r Result
	if text := v.Answer(); scan(text, &r) != nil {
		v.t.Fatalf("the target answered %q", text)
	}
	return r
}

func scan(text string, r *Result) error {
	var errno int
	_, err := fmt.Sscanf(text, "%d %d", &r.Value, &errno)
	r.Errno = unix.Errno(errno)
	return err
}

// Call makes a system call that is not notified.
func (v *Victim) Call(nr int, args ...any) Result {
	v.t.Helper()
	v.SendCall(nr, args...)
	return v.Result()
}

// SendCall makes a system call; [Victim.Result] reads what it returned.
func (v *Victim) SendCall(nr int, args ...any) {
	v.t.Helper()
	v.Send("%s", CallText(nr, args...))
}

// CallText is the command for a system call, where strings stand for
// pointers to them.
func CallText(nr int, args ...any) string {
	text := fmt.Sprintf("call %d", nr)
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			text += " s:" + hex.EncodeToString([]byte(arg))
		case Raw:
			text += " " + string(arg)
		default:
			text += fmt.Sprintf(" %d", arg)
		}
	}
	return text
}

// Raw is an argument as victim.c reads it, such as "m:64".
type Raw string

// Hex writes a string as a command's argument.
func Hex(s string) string { return "s:" + hex.EncodeToString([]byte(s)) }
