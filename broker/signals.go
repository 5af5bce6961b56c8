package broker

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Signals of the keyboard and the terminal reach the command by themselves:
// it is in the broker's process group. The broker must only outlive them.
var fromTerminal = []os.Signal{
	syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH, syscall.SIGHUP,
}

// forwarded signals were meant for the command.
var forwarded = []os.Signal{
	syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGVTALRM, syscall.SIGPROF,
	syscall.SIGIO, syscall.SIGPWR, syscall.SIGXCPU, syscall.SIGXFSZ,
}

// signals stands between the broker's own signals and the command.
type signals struct {
	incoming chan os.Signal
}

// catchSignals takes over every signal that would end or stop the broker.
// They are caught and not ignored: an ignored disposition would be inherited.
func catchSignals() *signals {
	s := &signals{incoming: make(chan os.Signal, 64)}
	signal.Notify(s.incoming, fromTerminal...)
	signal.Notify(s.incoming, forwarded...)
	signal.Notify(s.incoming, syscall.SIGCONT, syscall.SIGPIPE)
	return s
}

func (s *signals) stop() { signal.Stop(s.incoming) }

// wait forwards signals until the command has ended, and stops and continues
// together with it, so that a shell's job control sees one job.
func (s *signals) wait(pid int) unix.WaitStatus {
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for {
			select {
			case <-done:
				return
			case sig := <-s.incoming:
				s.pass(pid, sig)
			}
		}
	}()
	status := waitFor(pid)
	close(done)
	<-finished
	return status
}

// pass hands a signal on, unless the terminal has sent it to both.
func (s *signals) pass(pid int, sig os.Signal) {
	number, ok := sig.(syscall.Signal)
	if !ok || number == syscall.SIGPIPE {
		return
	}
	for _, t := range fromTerminal {
		if t == sig && foreground() {
			return
		}
	}
	_ = unix.Kill(pid, number)
}

// foreground reports whether this process group owns its terminal: then
// keyboard signals went to the whole group.
func foreground() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer func() { _ = tty.Close() }()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// waitFor reaps children, orphans included, until pid has ended. When pid
// stops, the broker stops itself, and continues it when it is continued.
func waitFor(pid int) unix.WaitStatus {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, unix.WUNTRACED, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return status
		}
		if got != pid {
			continue
		}
		if status.Stopped() {
			_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
			_ = unix.Kill(pid, unix.SIGCONT)
			continue
		}
		return status
	}
}
