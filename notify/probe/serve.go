package probe

/*
#include "child.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// open answers an openat(2) of the child: its loader's are continued, the
// path of the probe gets a descriptor.
func (s *session) open(n *notify.Notification) error {
	l := s.child.Listener
	var buf tracee.PathBuffer
	path, e := s.proc.Thread(int(n.PID)).ReadPath(n.Data.Args[1], buf[:tracee.PathMax])
	if e != 0 {
		s.set(readMemory, e)
		return l.Reply(n.ID, notify.Errno(unix.EACCES))
	}
	if string(path) != C.PROBE_PATH {
		return l.Reply(n.ID, notify.Continue())
	}
	if _, err := s.known.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if s.opened++; s.opened == 1 {
		return s.inject(n.ID)
	}
	return s.injectReply(n.ID)
}

// inject gives the child a descriptor first and then its number.
func (s *session) inject(id uint64) error {
	l := s.child.Listener
	if !l.Valid(id) {
		return notify.ErrGone
	}
	fd, err := l.Inject(id, int(s.known.Fd()), true)
	if s.injects = err; err != nil {
		return l.Reply(id, notify.Errno(unix.ENXIO))
	}
	return l.Reply(id, notify.Value(int64(fd)))
}

// injectReply does both at once. No signal may reach the thread meanwhile,
// so it is one of its own; see [notify.Listener.InjectReply].
func (s *session) injectReply(id uint64) error {
	l := s.child.Listener
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends here
		e := sys.BlockSignals()
		if e != 0 {
			done <- e
			return
		}
		done <- l.InjectReply(id, int(s.known.Fd()), true)
	}()
	if s.injects = <-done; s.injects != nil {
		return l.Reply(id, notify.Errno(unix.ENXIO))
	}
	return nil
}

// reported takes a report of the child.
func (s *session) reported(n *notify.Notification) error {
	outcome := unix.Errno(n.Data.Args[1])
	answer := notify.Value(0)
	switch n.Data.Args[0] {
	case C.PROBE_MEMORY:
		s.set(readMemory, s.readText(n))
	case C.PROBE_ADDFD:
		s.set(addFD, s.injected(outcome))
	case C.PROBE_ADDFD_SEND:
		s.set(addFDSend, s.injected(outcome))
	case C.PROBE_SIGNALLED:
		return s.signal(n)
	case C.PROBE_SIGNAL:
		s.signalled(outcome)
	case C.PROBE_SCOPE:
		s.scope(outcome)
		s.ended = true
	default:
		return fmt.Errorf("the child reported step %d", n.Data.Args[0])
	}
	return s.child.Listener.Reply(n.ID, answer)
}

func (s *session) readText(n *notify.Notification) error {
	buf := make([]byte, len(C.PROBE_TEXT))
	if e := s.proc.Thread(int(n.PID)).Read(n.Data.Args[1], buf); e != 0 {
		return e
	}
	if string(buf) != C.PROBE_TEXT {
		return fmt.Errorf("the child's memory reads %q", buf)
	}
	return nil
}

// injected prefers the error of the injection to what the child saw of it.
func (s *session) injected(outcome unix.Errno) error {
	if s.injects != nil {
		return s.injects
	}
	return errno(outcome)
}

// signal sends a signal while the call waits, and answers when the child has
// taken notice: it then either sleeps so that only its death can wake it, or
// its call has been given up.
func (s *session) signal(n *notify.Notification) error {
	if err := unix.Kill(s.child.PID, unix.SIGUSR1); err != nil {
		return err
	}
	var st tracee.Stat
	for deadline := time.Now().Add(timeLimit); s.child.Listener.Valid(n.ID); time.Sleep(time.Millisecond) {
		if e := s.proc.Stat(s.child.PID, &st); e != 0 {
			return e
		}
		if st.State == 'D' {
			break
		}
		if time.Now().After(deadline) {
			return errTimeout
		}
	}
	err := s.child.Listener.Reply(n.ID, notify.Value(C.PROBE_ANSWER))
	if errors.Is(err, notify.ErrGone) {
		return nil // the child reports EINTR
	}
	return err
}

func (s *session) signalled(outcome unix.Errno) {
	if !s.child.WaitKillable {
		return // known to be missing already
	}
	if outcome != 0 {
		s.set(waitKillable, fmt.Errorf("the flag is accepted, but a signal ended a call that was being served: %w", outcome))
		return
	}
	s.set(waitKillable, nil)
}

func (s *session) scope(outcome unix.Errno) {
	switch {
	case outcome == unix.EPERM && s.child.SignalsScoped:
		s.set(landlockScope, nil)
	case s.child.SignalsScoped:
		s.set(landlockScope, fmt.Errorf("the scope is accepted, but the child could signal its parent: %w", unix.EINVAL))
	default:
		s.set(landlockScope, unix.EOPNOTSUPP)
	}
}
