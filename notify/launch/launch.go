package launch

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"seccomp-broker/notify"

	"golang.org/x/sys/unix"
)

// Command is what to start and under which filter.
type Command struct {
	Path string   // the executable, found already; see [Find]
	Args []string // argv, the program's own name first
	Env  []string // environment; nil means an empty one
	Dir  string   // working directory; "" means the caller's
	// Files become descriptors 0, 1 and 2; a nil one is closed there, missing
	// ones too. No Files at all means the caller's own, as it was started.
	Files   []*os.File
	Program []unix.SockFilter // the filter, as package filter compiles it

	// AllowOutsideSignals leaves out the Landlock domain that forbids the
	// target to signal processes that are not its descendants.
	AllowOutsideSignals bool

	// ExecBelow, if any, are the only places from which the target will be able
	// to execute: files and directories with all that is below them. A
	// coarser guard below the filter's own, by Landlock.
	ExecBelow []string

	// Sys sets further attributes of the child, such as a credential in
	// tests. nil means none.
	Sys *syscall.SysProcAttr
}

// Process is a started command whose listener is in the caller's hands but
// which has not executed yet: it waits until [Process.Release].
type Process struct {
	PID           int // also the id of its first thread
	Listener      *notify.Listener
	WaitKillable  bool // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is on (Linux 5.19)
	SignalsScoped bool // signals to the outside are forbidden (Landlock ABI 6)
	ExecGuarded   bool // Command.ExecBelow is in force (Landlock ABI 1)

	mu      sync.Mutex
	page    *page
	execErr error // of a process that is closed
}

// Error is a failed start. It unwraps to the errno.
type Error struct {
	Step string // what was being done
	Err  error

	// HandOver tells that the filter was installed and its listener could not
	// be fetched: pidfd_open(2) or pidfd_getfd(2) failed.
	HandOver bool
}

func (e *Error) Error() string { return fmt.Sprintf("cannot %s: %v", e.Step, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Start starts the stub and fetches the listener. The caller must serve the
// listener before or right after [Process.Release]: execve(2) itself may be
// notified. The caller reaps the child.
func Start(c Command) (*Process, error) {
	if err := c.check(); err != nil {
		return nil, &Error{Step: "start the stub", Err: err}
	}
	// The stub inherits the slack, and the launcher's looks at it are short.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := restoreSlack(); err != nil {
		return nil, &Error{Step: "start the stub", Err: err}
	}
	confined, err := newDomain(&c)
	if err != nil {
		return nil, err
	}
	defer confined.close()
	shared, err := newPage(c.Program, confined.ruleset != nil)
	if err != nil {
		return nil, &Error{Step: "start the stub", Err: err}
	}
	pid, err := fork(c, shared, confined.ruleset)
	if err != nil {
		shared.close()
		return nil, &Error{Step: "start the stub", Err: err}
	}
	p := &Process{PID: pid, page: shared}
	if err := p.takeListener(); err != nil {
		p.abandon()
		return nil, err
	}
	p.WaitKillable = shared.waitKillable()
	p.SignalsScoped, p.ExecGuarded = confined.signals, confined.exec
	return p, nil
}

// maxInstructions is BPF_MAXINSNS. The kernel's own field has 16 bits: a longer
// program must be refused here, or it would be installed cut off.
const maxInstructions = 4096

func (c *Command) check() error {
	switch {
	case len(c.Args) == 0:
		return fmt.Errorf("no arguments, not even the program's name: %w", unix.EINVAL)
	case len(c.Files) > standardFiles:
		return fmt.Errorf("%d files, where a command gets %d: %w", len(c.Files), standardFiles, unix.EINVAL)
	case len(c.Program) > maxInstructions:
		return fmt.Errorf("a filter of %d instructions, where the kernel takes %d: %w", len(c.Program), maxInstructions, unix.EINVAL)
	}
	return nil
}

// standardFiles is how many descriptors a command starts with.
const standardFiles = 3

// closed is what [syscall.ProcAttr] wants for a descriptor that is not to be.
const closed = ^uintptr(0)

// ownFiles are this process's standard files. One that was closed when it
// started is not among them: Go's runtime has put /dev/null in its place, and
// the target would write there without an error.
func ownFiles() []*os.File {
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	for fd := range files {
		if closedAtStart(fd) {
			files[fd] = nil
		}
	}
	return files
}

func fork(c Command, shared *page, ruleset *os.File) (int, error) {
	files := c.Files
	if files == nil {
		files = ownFiles()
	}
	// The mapping comes after the standard ones however many there are, and
	// then the ruleset: the stub closes everything from there on.
	fds := [standardFiles + 2]uintptr{closed, closed, closed, shared.file.Fd(), closed}
	if ruleset != nil {
		fds[standardFiles+1] = ruleset.Fd()
	}
	for i, f := range files {
		if f != nil {
			fds[i] = f.Fd()
		}
	}
	defer runtime.KeepAlive(files)
	number := strconv.Itoa(standardFiles)
	argv := append([]string{stubArgv0, number, c.Path}, c.Args...)
	env := c.Env
	if env == nil {
		env = []string{}
	}
	return syscall.ForkExec("/proc/self/exe", argv, &syscall.ProcAttr{
		Dir: c.Dir, Env: env, Files: fds[:], Sys: c.Sys,
	})
}

// lookPause is how long the launcher sleeps between looks at the stub.
const lookPause = 20 * time.Microsecond

// takeListener waits until the stub listens and copies the descriptor. The
// stub cannot be waited for in the kernel, since it makes no call; it needs
// about a millisecond, so a short sleep between looks is cheap.
func (p *Process) takeListener() error {
	pidfd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return &Error{Step: "open the stub's pidfd", Err: err, HandOver: true}
	}
	defer func() { _ = unix.Close(pidfd) }()
	for !p.page.listening() {
		over := exited(pidfd)
		if p.page.failed() { // which it says before it exits
			return p.failure()
		}
		if over {
			return &Error{Step: "start the stub", Err: errors.New("it exited before it installed the filter")}
		}
	}
	fd, err := unix.PidfdGetfd(pidfd, p.page.listener(), 0)
	if err != nil {
		return &Error{Step: "fetch the listener from the stub (pidfd_getfd needs ptrace rights over it)", Err: err, HandOver: true}
	}
	p.Listener, err = notify.NewListener(fd)
	return err
}

// exited waits a moment for the end of a process. It sleeps in the kernel and
// not in Go's scheduler, which has to hand a locked thread over to wake it.
func exited(pidfd int) bool {
	fds := [1]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	pause := unix.NsecToTimespec(int64(lookPause))
	n, err := unix.Ppoll(fds[:], &pause, nil)
	return err == nil && n == 1
}

func (p *Process) failure() error {
	step, errno := p.page.failure()
	return &Error{Step: step.String(), Err: errno}
}

// abandon ends a stub whose start failed and reaps it.
func (p *Process) abandon() {
	_ = unix.Kill(p.PID, unix.SIGKILL)
	for {
		if _, err := unix.Wait4(p.PID, nil, 0, nil); err != unix.EINTR {
			break
		}
	}
	if p.Listener != nil {
		_ = p.Listener.Close()
	}
	p.page.close()
}

// Release lets the stub execute the command.
func (p *Process) Release() { p.page.release() }

// ExecError reports, after the child has ended, whether it ended because the
// command could not be executed; nil means that it did run.
func (p *Process) ExecError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.page != nil && p.page.failed() {
		p.execErr = p.failure()
	}
	return p.execErr
}

// Close releases the mapping shared with the stub. The listener stays open,
// and [Process.ExecError] keeps what it has said before.
func (p *Process) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.page != nil {
		p.page.close()
		p.page = nil
	}
}
