package launch

import (
	"os"
	"os/signal"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSenders has a signal sent by a process, and one that the kernel makes
// for a timer.
func TestSenders(t *testing.T) {
	wanted := make(chan os.Signal, 8)
	signal.Notify(wanted, unix.SIGALRM, unix.SIGUSR2)
	defer signal.Stop(wanted)
	s, err := NewSenders(unix.SIGALRM, unix.SIGUSR2)
	if err != nil {
		t.Fatal(err)
	}
	arrives := func(want Signal) {
		t.Helper()
		got, ok := s.Next()
		if !ok || got != want {
			t.Errorf("%+v, %v; want %+v", got, ok, want)
		}
	}
	kill := func(sig unix.Signal) {
		t.Helper()
		if err := unix.Kill(unix.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		kill(unix.SIGUSR2)
		arrives(Signal{Number: unix.SIGUSR2, Sent: true})
		kill(unix.SIGALRM)
		arrives(Signal{Number: unix.SIGALRM, Sent: true})
		soon := unix.Itimerval{Value: unix.NsecToTimeval(int64(time.Millisecond))}
		if _, err := unix.Setitimer(unix.ItimerReal, soon); err != nil {
			t.Fatal(err)
		}
		arrives(Signal{Number: unix.SIGALRM})
	}
	select {
	case sig := <-wanted:
		t.Errorf("%v reached os/signal too", sig)
	default:
	}
	s.Close()
	if sig, ok := s.Next(); ok {
		t.Errorf("%+v after Close", sig)
	}
	kill(unix.SIGUSR2)
	if got := <-wanted; got != unix.SIGUSR2 {
		t.Errorf("after Close os/signal gets %v, want SIGUSR2", got)
	}
}
