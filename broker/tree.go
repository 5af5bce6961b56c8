package broker

import (
	"errors"
	"fmt"
	"time"

	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

const (
	// drainLimit is for a process that nothing kills, in an uninterruptible
	// sleep: the receivers would wait for it as long as it sleeps.
	drainLimit = 5 * time.Second
	reapPause  = 5 * time.Millisecond
	killTurns  = 400 // pauses to wait for what was killed: a process in an uninterruptible sleep stays
)

// outlast waits for what the command left behind, and reports false when the
// broker was asked to end before that had ended.
func outlast(engine *Engine, s *signals) bool {
	asked, over := s.afterwards()
	defer over()
	quiet := make(chan struct{})
	go func() {
		engine.Wait()
		close(quiet)
	}()
	select {
	case <-asked:
		return false
	case <-quiet:
		reap()
		return true
	}
}

// drain waits until the receivers have ended. A call is recorded after it has
// been answered, and by then the command may have ended: without this wait the
// log could be closed before its last lines.
func drain(engine *Engine) {
	done := make(chan struct{})
	go func() {
		engine.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(drainLimit):
	}
}

// end ends what the command left behind and says so.
func end(cfg Config, p *tracee.Proc) {
	switch n := endTree(p, cfg.Grace); {
	case n == 1:
		cfg.Notice("ended a process that the command left behind (--linger waits for it)")
	case n > 1:
		cfg.Notice(fmt.Sprintf("ended %d processes that the command left behind (--linger waits for them)", n))
	}
}

// endTree ends what the main process left behind: SIGTERM, grace to obey,
// SIGKILL. It reaps everything and reports how many had to be signalled.
func endTree(p *tracee.Proc, grace time.Duration) int {
	if !reap() {
		return 0
	}
	left := askToEnd(p)
	for deadline := time.Now().Add(grace); time.Now().Before(deadline); time.Sleep(reapPause) {
		if !reap() {
			return left
		}
	}
	for range killTurns {
		signalAll(descendants(p), unix.SIGKILL)
		if !reap() {
			break
		}
		time.Sleep(reapPause)
	}
	return left
}

// askToEnd sends SIGTERM to every descendant and gives their number. All are
// stopped first: one that is born while /proc is listed would not be asked, and
// afterwards could not be told from one that a handler of SIGTERM starts to clean up.
func askToEnd(p *tracee.Proc) int {
	all, _ := halt(p, unix.SIGSTOP)
	signalAll(all, unix.SIGTERM)
	return len(all)
}

// killTree kills every descendant now, and those that are born meanwhile.
// [endTree] follows, and reaps them.
func killTree(p *tracee.Proc) { halt(p, unix.SIGKILL) }

func signalAll(pids []int, sig unix.Signal) {
	for _, pid := range pids {
		_ = unix.Kill(pid, sig)
		if sig == unix.SIGTERM {
			_ = unix.Kill(pid, unix.SIGCONT) // a stopped process can not obey
		}
	}
}

// reap collects every child that has ended and reports whether any is left.
func reap() (left bool) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return false
		case pid == 0:
			return true
		default:
			reaped(pid, status)
		}
	}
}

// reaped is told how children have ended: see Config.
var reaped = func(pid int, status unix.WaitStatus) {}
