package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"seccomp-broker/broker/audit"

	"golang.org/x/sys/unix"
)

// commandLimit is how long a program may take with one alert.
const commandLimit = 10 * time.Second

// command runs a program for each alert, one at a time.
type command struct{ path string }

func newCommand(path string) (Sink, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, unopened("command:"+path, errors.Unwrap(err))
	case info.IsDir() || info.Mode()&0o111 == 0:
		return nil, unopened("command:"+path, errors.New("that is no program"))
	}
	return &command{path}, nil
}

func (c *command) Name() string { return "command " + audit.Quote(c.path) }
func (c *command) Close() error { return nil }

func (c *command) Deliver(ctx context.Context, ev *audit.Event) error {
	line, err := audit.Encode(ev)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path)
	cmd.Stdin = bytes.NewReader(line)
	// A session of its own tells it, and what it starts, from the processes that
	// are supervised, and its end ends all of them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	ended := make(chan syscall.WaitStatus, 1)
	sessions.start.Lock()
	err = cmd.Start()
	if err == nil {
		sessions.of.Store(cmd.Process.Pid, ended)
	}
	sessions.start.Unlock()
	if err != nil {
		return err
	}
	defer sessions.of.Delete(cmd.Process.Pid)
	if err := cmd.Wait(); !errors.Is(err, syscall.ECHILD) {
		return err
	}
	return taken(ended)
}

// taken is the outcome of a command whose status somebody else took, who waits
// for the orphans of the supervised program and says so.
func taken(ended chan syscall.WaitStatus) error {
	select {
	case status := <-ended:
		if status.Exited() && status.ExitStatus() == 0 {
			return nil
		}
		return fmt.Errorf("exit status %d", status.ExitStatus())
	case <-time.After(commandLimit):
		return errors.New("nobody knows how it ended")
	}
}

// Reaped is to be told how children have ended, by whoever waits for all.
func Reaped(pid int, status unix.WaitStatus) {
	sessions.start.Lock() // one that is just started is known
	defer sessions.start.Unlock()
	if ended, ok := sessions.of.Load(pid); ok {
		select {
		case ended.(chan syscall.WaitStatus) <- syscall.WaitStatus(status):
		default:
		}
	}
}

// sessions are those of the programs that run for alerts.
var sessions struct {
	start sync.Mutex
	of    sync.Map // of int to chan syscall.WaitStatus
}

// Owns reports whether a process runs for an alert, and so is none of those that
// are supervised.
func Owns(pid int) bool {
	sessions.start.Lock() // one that is just started is known
	defer sessions.start.Unlock()
	session, err := unix.Getsid(pid)
	if err != nil {
		return false
	}
	_, ok := sessions.of.Load(session)
	return ok
}
