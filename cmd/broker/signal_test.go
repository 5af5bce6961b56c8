package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// brokerRun is a broker without a terminal, and its command's output by line.
type brokerRun struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Reader
	limit *time.Timer
}

// startBroker runs the broker in a session of its own, so that no terminal of
// the person who runs the tests is in play.
func startBroker(t *testing.T, dir string, args ...string) *brokerRun {
	t.Helper()
	cmd := exec.Command(brokerBinary(t), args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return startRun(t, cmd)
}

func startRun(t *testing.T, cmd *exec.Cmd) *brokerRun {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.Stdout = in
	if cmd.Stderr == nil {
		cmd.Stderr = in
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &brokerRun{t: t, cmd: cmd, lines: bufio.NewReader(out)}
	r.limit = time.AfterFunc(terminalLimit, r.killAll)
	t.Cleanup(func() {
		r.killAll()
		_ = cmd.Wait()
		out.Close()
	})
	return r
}

func (r *brokerRun) killAll() {
	for _, pid := range processes(r.t, func(p process) bool { return p.session == r.cmd.Process.Pid }) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// expect reads lines until one matches and returns its submatches.
func (r *brokerRun) expect(pattern string) []string {
	r.t.Helper()
	re := regexp.MustCompile(pattern)
	var before strings.Builder
	for {
		line, err := r.lines.ReadString('\n')
		if m := re.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			return m
		}
		before.WriteString(line)
		if err != nil {
			r.t.Fatalf("no line matches %q (%v), but:\n%s", pattern, err, before.String())
		}
	}
}

func (r *brokerRun) signal(sig syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		r.t.Fatal(err)
	}
}

// status waits for the end and returns the exit status as a shell has it.
func (r *brokerRun) status() int {
	r.t.Helper()
	_, _ = io.Copy(io.Discard, r.lines)
	_ = r.cmd.Wait()
	status := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// Signals sent to the broker alone are meant for the command.
func TestSignalsAreForwarded(t *testing.T) {
	dir := jobDir(t)
	for name, sig := range map[string]syscall.Signal{
		"TERM": unix.SIGTERM, "HUP": unix.SIGHUP, "INT": unix.SIGINT, "USR1": unix.SIGUSR1, "USR2": unix.SIGUSR2,
		"ALRM": unix.SIGALRM, "WINCH": unix.SIGWINCH, "ABRT": unix.SIGABRT, "35": 35, "64": 64,
	} {
		t.Run(name, func(t *testing.T) {
			r := startBroker(t, dir, "--", "./counter", name)
			r.expect(`^ready`)
			for i := range times {
				r.signal(sig)
				r.expect(fmt.Sprintf(`^%s %d$`, name, i+1))
			}
			r.signal(unix.SIGQUIT)
			if got := r.expect(fmt.Sprintf(`^total %s (\d+)$`, name))[1]; got != strconv.Itoa(times) {
				t.Errorf("sent %d times, the command got %s", times, got)
			}
			if status := r.status(); status != 7 {
				t.Errorf("exit status %d, want 7", status)
			}
		})
	}
}

func TestStatusOfACommandEndedByASignal(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, 40} {
		r := startBroker(t, jobDir(t), "--", "sh", "-c", "echo ready; exec sleep 100000")
		r.expect(`^ready`)
		r.signal(sig)
		if status := r.status(); status != 128+int(sig) {
			t.Errorf("ended by %v: exit status %d, want %d", sig, status, 128+int(sig))
		}
	}
}

// A command that was started with a signal ignored keeps ignoring it, and so
// does the broker: nohup(1).
func TestNohup(t *testing.T) {
	dir := jobDir(t)
	cmd := exec.Command("nohup", brokerBinary(t), "--", "./counter", "USR1")
	cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	r := startRun(t, cmd)
	r.expect(`^ready`)
	_ = syscall.Kill(-cmd.Process.Pid, unix.SIGHUP) // as a terminal that hangs up
	r.signal(unix.SIGUSR1)
	r.expect(`^USR1 1$`)
	r.signal(unix.SIGQUIT)
	if status := r.status(); status != 7 {
		t.Errorf("exit status %d, want 7", status)
	}
}

// --linger waits for what the command leaves behind until the broker itself
// is asked to end.
func TestTermEndsALingeringBroker(t *testing.T) {
	r := startBroker(t, jobDir(t), "--linger", "--grace", "1h", "--", "sh", "-c", "(trap 'echo left behind got TERM; exit' TERM; echo ready; while :; do sleep 100000 & wait; done) & exit 3")
	r.expect(`^ready`)
	broker := r.cmd.Process.Pid
	await(t, "the end of the command", func() bool {
		return len(processes(t, func(p process) bool { return p.session == broker && p.name == "sh" && p.parent == broker })) == 1
	})
	r.signal(unix.SIGTERM)
	r.expect(`^left behind got TERM`)
	r.expect(`^broker: ended (a process|2 processes) that`) // its sleep may not have started
	if status := r.status(); status != 3 {
		t.Errorf("exit status %d, want 3", status)
	}
}

// What is born while the broker looks for what the command left behind is asked
// to end as well; else the grace would be waited for. None of them has a handler: a
// shell forgets a signal that comes between its fork and the end of its traps.
func TestWhatIsBornMeanwhileIsEnded(t *testing.T) {
	for range 5 {
		r := startBroker(t, jobDir(t), "--grace", "1h", "--", "sh", "-c",
			"(echo ready >ready; while :; do sleep 100000 & done) & until test -s ready; do :; done; exit 3")
		r.expect(`^broker: ended [0-9]+ processes that`)
		if status := r.status(); status != 3 {
			t.Errorf("exit status %d, want 3", status)
		}
	}
}

// A terminal that goes away takes the broker and the command with it.
func TestHangupEndsBrokerAndCommand(t *testing.T) {
	dir := jobDir(t)
	term := onTerminal(t, dir, brokerBinary(t), "--", "sh", "-c", "trap 'echo hung up >>hup; exit 9' HUP; echo ready; while :; do read line; done")
	term.expect(`ready`)
	if err := term.master.Close(); err != nil {
		t.Fatal(err)
	}
	<-term.ended
	if status := term.cmd.ProcessState.ExitCode(); status != 9 {
		t.Errorf("exit status %d, want 9", status)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "hup")); string(text) != "hung up\n" {
		t.Errorf("the command's handler for SIGHUP left %q", text)
	}
}

// The broker ignores and catches signals that the command must find as they
// were.
func TestDispositionsOfTheCommand(t *testing.T) {
	for _, with := range [][]string{nil, {"env", "--ignore-signal=PIPE", "--ignore-signal=USR2", "--block-signal=TERM"}} {
		look := []string{"grep", "Sig[BIC]", "/proc/self/status"}
		native := exec.Command("env", append(with[min(1, len(with)):], look...)...)
		want, err := native.Output()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("env", append(append(with[min(1, len(with)):], brokerBinary(t), "--"), look...)...)
		cmd.Dir = jobDir(t)
		if got, err := cmd.Output(); err != nil || string(got) != string(want) {
			t.Errorf("%q: %v\nunder the broker:\n%s\nnatively:\n%s", with, err, got, want)
		}
	}
}

// Signals that are blocked where the broker starts stay blocked for the
// command, which may wait for them; the broker forwards them all the same.
func TestBlockedSignalsAreForwarded(t *testing.T) {
	const wait = `while :; do while read key value; do
		case $key$value in ShdPnd:*[1-9a-f]*) echo "pending $value"; exit 3;; esac
	done </proc/self/status; done`
	for _, sig := range []syscall.Signal{unix.SIGUSR1, unix.SIGTERM, 40} {
		cmd := exec.Command("env", fmt.Sprintf("--block-signal=%d", int(sig)), brokerBinary(t), "--", "sh", "-c", "echo ready; "+wait)
		cmd.Dir, cmd.Env = jobDir(t), []string{"PATH=/usr/bin:/bin"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		r := startRun(t, cmd)
		r.expect(`^ready`)
		r.signal(sig)
		r.expect(fmt.Sprintf(`^pending %016x$`, uint64(1)<<(sig-1)))
		if status := r.status(); status != 3 {
			t.Errorf("%v: exit status %d, want 3", sig, status)
		}
	}
}

// The broker slackens its own threads' timers, and not those of the command.
func TestTimerSlackOfTheCommand(t *testing.T) {
	runtime.LockOSThread() // the thread ends with the test
	for _, slack := range []uintptr{77777, 7777777} {
		if err := unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(brokerBinary(t), "--", "cat", "/proc/self/timerslack_ns")
		cmd.Dir = jobDir(t)
		if got, err := cmd.Output(); err != nil || string(got) != fmt.Sprintln(slack) {
			t.Errorf("started with %d ns the command has %q, %v", slack, got, err)
		}
	}
}
