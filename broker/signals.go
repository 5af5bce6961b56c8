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
var forwarded = []unix.Signal{
	unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGVTALRM, unix.SIGPROF, unix.SIGIO, unix.SIGPWR, unix.SIGXCPU,
	unix.SIGXFSZ, unix.SIGABRT, unix.SIGTRAP, unix.SIGSYS, unix.SIGSTKFLT,
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

// jobControl are the other signals of the terminal that the broker outlives.
var jobControl = []unix.Signal{unix.SIGTSTP, unix.SIGTTIN}

// signals stands between the broker's own signals and the command.
type signals struct {
	senders  *launch.Senders
	asked    chan launch.Signal // from senders
	incoming chan os.Signal     // where there are no senders
	reload   chan<- struct{}    // nil: SIGHUP is forwarded
}

// catchSignals takes over every signal that would end or stop the broker. Two
// are ignored, which the command does not inherit. A handler for SIGTTOU would
// make every write of the broker to a terminal with tostop start over for ever
// while the broker is in the background; a process that ignores it may write,
// and decisions must go on: ioctl_tty(2), TOSTOP. SIGPIPE is only about what the
// broker itself writes. SIGCONT is not among them: it has done its work when it
// arrives, and who continues the group continues the command too.
//
// They do not come by os/signal, which hands each of them over between two
// threads at the beginning and at the end: that was a quarter of the broker's
// start. Nor does it tell who sent one. If it has to do, they all count as the
// terminal's.
//
// A SIGHUP that a process has sent goes to reload, if that is not nil, and no
// further; one of the terminal, which has gone then, is none of those.
func catchSignals(reload chan<- struct{}) *signals {
	s := &signals{reload: reload}
	signal.Ignore(syscall.SIGPIPE, syscall.SIGTTOU)
	wanted := slices.Concat(askedFor, jobControl, forwarded)
	for n := unix.Signal(firstRealTime); n <= lastRealTime; n++ {
		if n != sys.WakeSignal {
			wanted = append(wanted, n)
		}
	}
	var err error
	if s.senders, err = launch.NewSenders(wanted...); err == nil {
		s.asked = make(chan launch.Signal, 64)
		go s.receive()
		return s
	}
	s.incoming = make(chan os.Signal, 64)
	for _, sig := range wanted {
		signal.Notify(s.incoming, sig)
	}
	return s
}

func (s *signals) receive() {
	for {
		sig, ok := s.senders.Next()
		if !ok {
			return
		}
		// A shell's kill(1) sends these to a whole job. Passed on, one could arrive
		// when the command has been continued already.
		if slices.Contains(jobControl, sig.Number) {
			sig.Sent = false
		}
		s.asked <- sig
	}
}

func (s *signals) stop() {
	if s.senders != nil {
		s.senders.Close()
	} else {
		signal.Stop(s.incoming)
	}
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
				if !s.reloads(sig, true) {
					pass(pid, sig, false)
				}
			case sig := <-s.asked:
				if !s.reloads(sig.Number, sig.Sent) {
					pass(pid, sig.Number, sig.Sent)
				}
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
	if s.senders != nil {
		s.senders.Return(jobControl...)
	} else {
		signal.Reset(syscall.SIGTSTP, syscall.SIGTTIN)
	}
	ask, done := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case sig := <-s.incoming:
				if !s.reloads(sig, true) && slices.Contains(ending, sig) {
					close(ask)
					return
				}
			case sig := <-s.asked:
				if !s.reloads(sig.Number, sig.Sent) && slices.Contains(ending, os.Signal(sig.Number)) {
					close(ask)
					return
				}
			}
		}
	}()
	return ask, func() { close(done) }
}

// reloads reports whether a signal asks for the rules to be loaded anew, and sees
// to it. One that comes before the last one was taken up is that one.
func (s *signals) reloads(sig os.Signal, sent bool) bool {
	if s.reload == nil || sig != syscall.SIGHUP || !sent {
		return false
	}
	select {
	case s.reload <- struct{}{}:
	default:
	}
	return true
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
	case syscall.SIGTTIN: // a terminal sends it to a whole group
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
			reaped(got, status)
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
