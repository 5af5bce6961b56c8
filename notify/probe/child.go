package probe

/*
#cgo CFLAGS: -O2 -Wall -Wextra
#include "child.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"seccomp-broker/notify"
	"seccomp-broker/notify/launch"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

var (
	errTimeout = errors.New("the child was silent for too long")
	errEnded   = errors.New("the child ended early")
)

// childFilter notifies openat(2) and getppid(2). No package is asked for it,
// so that the probe depends on nothing but the kernel.
var childFilter = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_OPENAT, Jt: 2},
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_GETPPID, Jt: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
}

// session is a child being served.
type session struct {
	*outcomes
	child   *launch.Process
	proc    *tracee.Proc
	known   *os.File // holds PROBE_TEXT
	null    *os.File // the child's standard descriptors
	opened  int      // how many opens of PROBE_PATH were answered
	ended   bool
	injects error
}

// withChild starts the child and serves it to its end.
func (o *outcomes) withChild() {
	s := &session{outcomes: o}
	if err := s.start(); err != nil {
		o.childMissing(err)
		return
	}
	defer s.stop()
	o.set(pidfdGetfd, nil) // the listener came this way
	if !s.child.WaitKillable {
		o.set(waitKillable, unix.EINVAL)
	}
	if !s.child.Listener.SyncWakeUp() {
		o.set(syncWakeUp, unix.EINVAL)
	} else {
		o.set(syncWakeUp, nil)
	}
	s.child.Release()
	r := s.child.Listener.NewReceiver()
	for !s.ended {
		if err := s.serve(r); err != nil {
			o.set(selfTest, err)
			return
		}
	}
	o.set(selfTest, nil)
}

// childMissing blames the feature that the start failed at.
func (o *outcomes) childMissing(err error) {
	var step *launch.Error
	if errors.As(err, &step) && step.HandOver {
		o.set(pidfdGetfd, err)
		return
	}
	o.set(selfTest, err)
}

func (s *session) start() (err error) {
	defer func() {
		if err != nil {
			s.closeFiles()
		}
	}()
	if s.proc, err = tracee.OpenProc(); err != nil {
		return err
	}
	if s.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return err
	}
	if s.known, err = knownFile(); err != nil {
		return err
	}
	s.child, err = launch.Start(launch.Command{
		Path:    "/proc/self/exe",
		Args:    []string{C.PROBE_ARGV0, strconv.Itoa(os.Getpid())},
		Files:   []*os.File{s.null, s.null, s.null},
		Program: childFilter,
	})
	return err
}

func knownFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("broker-probe", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "broker-probe")
	if _, err := f.WriteString(C.PROBE_TEXT); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func (s *session) stop() {
	_ = unix.Kill(s.child.PID, unix.SIGKILL)
	for {
		if _, err := unix.Wait4(s.child.PID, nil, 0, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = s.child.Listener.Close()
	s.child.Close()
	s.closeFiles()
}

func (s *session) closeFiles() {
	if s.proc != nil {
		s.proc.Close()
	}
	for _, f := range []*os.File{s.null, s.known} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// serve waits for one notification and answers it.
func (s *session) serve(r *notify.Receiver) error {
	if err := wait(s.child.Listener.FD()); err != nil {
		return err
	}
	n, err := r.Receive()
	if err != nil {
		return err
	}
	if int(n.PID) != s.child.PID {
		return fmt.Errorf("a notification came from thread %d, the child is %d", n.PID, s.child.PID)
	}
	if n.Data.Nr == unix.SYS_OPENAT {
		return s.open(n)
	}
	return s.reported(n)
}

// wait returns when a notification is there. RECV itself would sleep for
// ever on a kernel that does not wake it at the end of the last target
// (before 6.11).
func wait(fd int) error {
	for deadline := time.Now().Add(timeLimit); time.Now().Before(deadline); {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, int(time.Until(deadline).Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case fds[0].Revents&unix.POLLIN != 0:
			return nil
		case fds[0].Revents != 0:
			return errEnded
		}
	}
	return errTimeout
}
