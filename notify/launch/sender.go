package launch

/*
#include "sender.h"
*/
import "C"

import (
	"fmt"
	"os"
	"slices"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Signal is one that arrived, and whether a process sent it: kill(2),
// tgkill(2), sigqueue(3). Others come from the kernel, most of them because of
// a terminal.
type Signal struct {
	Number unix.Signal
	Sent   bool
}

// Senders delivers signals with what the kernel knows of their sender. It
// takes them from os/signal, and one process can have one only.
type Senders struct {
	read    *os.File
	write   int
	signals []unix.Signal
}

// NewSenders takes over the signals, whether they are blocked for the calling
// thread or not. What a fault of this process or Go's profiler raises still goes
// to Go's runtime. [Senders.Close] gives the signals back.
func NewSenders(signals ...unix.Signal) (*Senders, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("create the pipe for signals: %w", err)
	}
	s := &Senders{read: os.NewFile(uintptr(ends[0]), "signals"), write: ends[1]}
	var all unix.Sigset_t
	for _, sig := range signals {
		if e := C.broker_tell(C.int(sig), C.int(ends[1])); e != 0 {
			s.Close()
			return nil, fmt.Errorf("take %v over: %w", sig, unix.Errno(e))
		}
		s.signals = append(s.signals, sig)
		all.Val[(sig-1)/64] |= 1 << ((sig - 1) % 64)
	}
	if err := unix.PthreadSigmask(unix.SIG_UNBLOCK, &all, nil); err != nil {
		s.Close()
		return nil, fmt.Errorf("unblock the signals: %w", err)
	}
	return s, nil
}

// Next waits for a signal. ok is false after Close.
func (s *Senders) Next() (sig Signal, ok bool) {
	var message [2]byte
	for have := 0; have < len(message); {
		n, err := s.read.Read(message[have:])
		if err != nil {
			return Signal{}, false
		}
		have += n
	}
	return Signal{Number: unix.Signal(message[0]), Sent: message[1] != 0}, true
}

// Return gives some of the signals back.
func (s *Senders) Return(signals ...unix.Signal) {
	s.signals = slices.DeleteFunc(s.signals, func(sig unix.Signal) bool {
		if !slices.Contains(signals, sig) {
			return false
		}
		_ = C.broker_untell(C.int(sig))
		return true
	})
}

// Close gives the signals back and ends a Next that waits. It may be called
// while another goroutine is in Next.
func (s *Senders) Close() {
	for _, sig := range s.signals {
		_ = C.broker_untell(C.int(sig))
	}
	s.signals = nil
	C.broker_hush()
	sys.Close(s.write)
	s.write = -1
	_ = s.read.Close()
}
