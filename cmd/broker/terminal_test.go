package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminalLimit only ends a test that hangs: nothing is concluded from time.
const terminalLimit = 20 * time.Second

// terminal is a pseudo-terminal with a program on it, and the person in
// front of it. What the program prints is matched in order.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the program has been waited for

	mu     sync.Mutex
	all    bytes.Buffer // everything printed
	seen   int          // how much of it has been matched
	more   chan struct{}
	closed bool
}

// openTerminal returns both ends of a new pseudo-terminal. pts(4).
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	control(t, master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// resize changes the window size of a terminal. ioctl_tty(2).
func resize(t *testing.T, tty *os.File, rows uint16) {
	t.Helper()
	control(t, tty, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: 80})
	})
}

// control runs f on the descriptor. Fd would make it a blocking one, and then
// closing it would wait for the reader.
func control(t *testing.T, file *os.File, f func(fd int) error) {
	t.Helper()
	conn, err := file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		t.Fatal(err)
	}
	if failed != nil {
		t.Fatal(failed)
	}
}

// onTerminal starts a program as the leader of a session whose controlling
// terminal is a new one.
func onTerminal(t *testing.T, dir string, argv ...string) *terminal {
	t.Helper()
	master, slave := openTerminal(t)
	defer slave.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + filepath.Dir(brokerBinary(t)) + ":/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C", "TERM=dumb", "PS1=shell> ",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, master: master, cmd: cmd, ended: make(chan struct{}), more: make(chan struct{}, 1)}
	go term.read()
	go func() {
		_ = cmd.Wait()
		close(term.ended)
	}()
	t.Cleanup(term.end)
	return term
}

// shell is an interactive bash, which has job control.
func shell(t *testing.T, dir string) *terminal {
	t.Helper()
	term := onTerminal(t, dir, "bash", "--norc", "--noprofile", "-i")
	term.expect(`shell> `)
	return term
}

// end kills the whole session, for a test that failed half-way.
func (term *terminal) end() {
	session := term.cmd.Process.Pid
	for _, pid := range processes(term.t, func(p process) bool { return p.session == session }) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-term.ended
	_ = term.master.Close()
	if term.t.Failed() {
		term.t.Logf("the terminal showed:\n%s", term.text())
	}
}

func (term *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := term.master.Read(buf)
		term.mu.Lock()
		term.all.Write(buf[:n])
		term.closed = err != nil // EIO: nobody has the other end open
		term.mu.Unlock()
		select {
		case term.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return strings.ReplaceAll(term.all.String(), "\r\n", "\n")
}

// expect waits until what was printed since the last match matches, and
// returns the submatches.
func (term *terminal) expect(pattern string) []string {
	term.t.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(terminalLimit)
	for {
		term.mu.Lock()
		fresh := term.all.Bytes()[term.seen:]
		m := re.FindSubmatchIndex(fresh)
		if m != nil {
			found := make([]string, len(m)/2)
			for i := range found {
				if m[2*i] >= 0 {
					found[i] = string(fresh[m[2*i]:m[2*i+1]])
				}
			}
			term.seen += m[1]
			term.mu.Unlock()
			return found
		}
		closed := term.closed
		term.mu.Unlock()
		if closed {
			term.t.Fatalf("the terminal was closed before %q", pattern)
		}
		select {
		case <-term.more:
		case <-limit:
			term.t.Fatalf("%q was not printed within %v", pattern, terminalLimit)
		}
	}
}

// send types text.
func (term *terminal) send(text string) {
	term.t.Helper()
	if _, err := io.WriteString(term.master, text); err != nil {
		term.t.Fatal(err)
	}
}

// run types a command line into a shell, whose echo of it is skipped.
func (term *terminal) run(line string) {
	term.t.Helper()
	term.send(line + "\n")
	term.expect(regexp.QuoteMeta(line[max(0, len(line)-20):]) + `\r\n`)
}

// awaitForeground waits until the program of that name runs in the foreground:
// what is typed before goes to the shell.
func (term *terminal) awaitForeground(name string) {
	term.t.Helper()
	await(term.t, name+" in the foreground", func() bool {
		return len(processes(term.t, func(p process) bool {
			return p.session == term.cmd.Process.Pid && p.name == name && p.group == p.foreground && p.state != "T"
		})) > 0
	})
}

// What the keyboard sends. termios(3).
const (
	ctrlC         = "\x03"
	ctrlD         = "\x04"
	ctrlZ         = "\x1a"
	ctrlBackslash = "\x1c"
)

// process is what the tests ask of a line of /proc/PID/stat. proc_pid_stat(5).
type process struct {
	pid, parent, group, session int
	foreground                  int // process group of its terminal
	state                       string
	name                        string
}

// lookAt reads the state of a process; ok is false when it is gone.
func lookAt(pid int) (p process, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return p, false
	}
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < 0 {
		return p, false
	}
	p.pid, p.name = pid, string(text[open+1:end])
	var terminal int
	_, err = fmt.Sscan(string(text[end+1:]), &p.state, &p.parent, &p.group, &p.session, &terminal, &p.foreground)
	return p, err == nil
}

// processes lists the pids that the predicate chooses.
func processes(t testing.TB, choose func(process) bool) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscan(e.Name(), &pid); err != nil {
			continue
		}
		if p, ok := lookAt(pid); ok && choose(p) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// await polls until the condition holds, for what the kernel does not announce.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(terminalLimit); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen within %v", what, terminalLimit)
		}
	}
}
