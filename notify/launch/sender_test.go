package launch

import (
	"bytes"
	"os"
	"os/signal"
	"runtime/pprof"
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

// What the profiler's timer raises is for Go's runtime, what a process sends is
// for us.
func TestSendersLeaveTheProfilerAlone(t *testing.T) {
	s, err := NewSenders(unix.SIGPROF, unix.SIGUSR1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		t.Fatal(err)
	}
	// SIGPROF comes every 10 ms of processor time.
	var begin, now unix.Rusage
	for spent := int64(0); spent < int64(100*time.Millisecond); {
		if err := unix.Getrusage(unix.RUSAGE_SELF, &now); err != nil {
			t.Fatal(err)
		}
		if begin.Utime.Nano()+begin.Stime.Nano() == 0 {
			begin = now
		}
		spent = now.Utime.Nano() + now.Stime.Nano() - begin.Utime.Nano() - begin.Stime.Nano()
	}
	pprof.StopCPUProfile()
	for _, sig := range []unix.Signal{unix.SIGUSR1, unix.SIGPROF} {
		if err := unix.Kill(unix.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Next(); !ok || got != (Signal{Number: sig, Sent: true}) {
			t.Errorf("%+v, %v; want %v, sent", got, ok, sig)
		}
	}
}
