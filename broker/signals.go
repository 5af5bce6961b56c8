package broker

import (
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"seccomp-broker/notify/launch"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Signals of the keyboard and the terminal reach the command by themselves:
// it is in the broker's process group. The broker must only outlive them.
var fromTerminal = []os.Signal{
	syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH, syscall.SIGHUP,
}

// forwarded signals were meant for the command. Those from SIGRTMIN on join
// them; 32 and 33 are the C library's own, see nptl(7), and sys.WakeSignal is
// what the broker wakes its own threads with: passed on, it would kill.
var forwarded = []os.Signal{
	syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGVTALRM, syscall.SIGPROF,
	syscall.SIGIO, syscall.SIGPWR, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGABRT, syscall.SIGTRAP,
	syscall.SIGSYS, syscall.SIGSTKFLT,
}

// ending are the signals that ask a program to end. Once the command has
// ended they are about what it left behind.
var ending = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP}

const (
	firstRealTime = 35
	lastRealTime  = 64
)

// askedFor are the signals of the terminal that people and supervisors send
// to the broker alone too, and mean the command: who sent them decides.
var askedFor = []unix.Signal{unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGWINCH}

// signals stands between the broker's own signals and the command.
type signals struct {
	incoming chan os.Signal
	senders  *launch.Senders
	asked    chan launch.Signal // those of askedFor
}

// catchSignals takes over every signal that would end or stop the broker.
// They are caught and not ignored: an ignored disposition would be inherited.
// SIGCONT is not among them: it has done its work when it arrives, and who
// continues the group continues the command too.
func catchSignals() *signals {
	s := &signals{incoming: make(chan os.Signal, 64)}
	signal.Notify(s.incoming, fromTerminal...)
	signal.Notify(s.incoming, forwarded...)
	signal.Notify(s.incoming, syscall.SIGPIPE)
	for n := syscall.Signal(firstRealTime); n <= lastRealTime; n++ {
		if n != sys.WakeSignal {
			signal.Notify(s.incoming, n)
		}
	}
	s.senders, s.asked = askSenders()
	return s
}

// askSenders takes the signals over whose senders matter. If it cannot, they
// arrive with the others, and count as the terminal's.
func askSenders() (*launch.Senders, chan launch.Signal) {
	asked := make(chan launch.Signal, 64)
	senders, err := launch.NewSenders(askedFor...)
	if err != nil {
		return nil, asked
	}
	go func() {
		for {
			sig, ok := senders.Next()
			if !ok {
				return
			}
			asked <- sig
		}
	}()
	return senders, asked
}

// started is told that the command has inherited its dispositions. A handler
// for SIGTTOU would make every write of the broker to a terminal with tostop
// start over for ever while the broker is in the background; a process that
// ignores SIGTTOU may write, and decisions must go on. ioctl_tty(2), TOSTOP.
func (s *signals) started() { signal.Ignore(syscall.SIGTTOU) }

func (s *signals) stop() {
	if s.senders != nil {
		s.senders.Close()
	}
	signal.Stop(s.incoming)
}

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
				pass(pid, sig, false)
			case sig := <-s.asked:
				pass(pid, sig.Number, sig.Sent)
			}
		}
	}()
	status := waitFor(pid)
	close(done)
	<-finished
	return status
}

// afterwards is how signals are taken once the command has ended and its
// descendants are waited for: the keyboard stops the broker again, and asking
// it to end closes the returned channel. Call the returned function when the
// wait is over.
func (s *signals) afterwards() (asked <-chan struct{}, over func()) {
	signal.Reset(syscall.SIGTSTP, syscall.SIGTTIN)
	ask, done := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case sig := <-s.incoming:
				if slices.Contains(ending, sig) {
					close(ask)
					return
				}
			case sig := <-s.asked:
				if slices.Contains(ending, os.Signal(sig.Number)) {
					close(ask)
					return
				}
			}
		}
	}()
	return ask, func() { close(done) }
}

// pass hands a signal on, unless the terminal has sent it to both. sent says
// that a process has sent it: to the broker, and perhaps to the whole group,
// but a signal that arrives twice is better than one that never does.
func pass(pid int, sig os.Signal, sent bool) {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return
	}
	switch number {
	case syscall.SIGPIPE: // the broker's own
		return
	case syscall.SIGTTIN, syscall.SIGTTOU: // a terminal sends them to a whole group
		return
	}
	if slices.Contains(fromTerminal, sig) && !sent {
		group, ok := foreground()
		// Ctrl-Z stops the broker too, often before it gets here: by now a
		// shell may have continued the job in the background.
		if ok && (group == unix.Getpgrp() || number == syscall.SIGTSTP) {
			return
		}
	}
	_ = unix.Kill(pid, number)
}

// foreground is the process group that owns the controlling terminal, to
// which the keyboard's signals go; false without a terminal.
func foreground() (group int, ok bool) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return 0, false
	}
	defer func() { _ = tty.Close() }()
	group, err = unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return group, err == nil
}

// waitFor reaps children, orphans included, until pid has ended. When pid
// stops, the broker stops too.
func waitFor(pid int) unix.WaitStatus {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, unix.WUNTRACED, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return status
		case got != pid:
		case !status.Stopped():
			return status
		default:
			if status, ended := stopAlong(pid); ended {
				return status
			}
		}
	}
}

// stopAlong stops this process as the command has stopped. It takes SIGSTOP
// whatever stopped the command: the others do nothing in an orphaned process
// group. The signal goes to this very thread, which cannot leave the system
// call without obeying it; sent to the process it would let the thread run on.
//
// Who continues the group continues the command too; who continues the broker
// alone means the command, which is still stopped then. It can also have been
// continued and stopped again, or killed, before the broker runs.
func stopAlong(pid int) (status unix.WaitStatus, ended bool) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		_ = sys.Tgkill(unix.Gettid(), unix.SIGSTOP)
		got, err := unix.Wait4(pid, &status, unix.WUNTRACED|unix.WCONTINUED|unix.WNOHANG, nil)
		switch {
		case err == unix.EINTR || got == pid && status.Stopped():
		case got == pid:
			return status, !status.Continued()
		default:
			_ = unix.Kill(pid, unix.SIGCONT)
			return status, false
		}
	}
}
