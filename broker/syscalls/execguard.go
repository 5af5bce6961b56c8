package syscalls

import (
	"bytes"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// An approved execve is carried out by the kernel, which reads the path from
// the target's memory once more. The guard compares the image that runs
// afterwards with the one that was approved: at the first notification of the
// new image, before it can do anything that is mediated, and from the watch
// while none comes.

const (
	// guardTime bounds how long an exec is looked after that neither
	// succeeds nor visibly fails.
	guardTime = time.Second
	// maxGuarded bounds the table. Beyond it, execs are refused.
	maxGuarded = 4096
)

// fileID is what makes two executables the same.
type fileID struct{ dev, ino uint64 }

// guarded is one exec that was approved and may not have happened yet.
type guarded struct {
	tgid, tid     int
	old, approved fileID
	since         time.Time
	breached      bool // something else runs, and is being killed
}

// execGuard holds the approved execs by process.
type execGuard struct {
	mu      sync.Mutex
	pending map[int]guarded
	list    []guarded
	count   atomic.Int32 // of pending, so that a notification need not lock
	// approvals counts what was ever added.
	approvals atomic.Uint64
}

// expect remembers an approved exec, and reports whether there was room.
func (g *execGuard) expect(e guarded) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.pending) >= maxGuarded {
		return false
	}
	if g.pending == nil {
		g.pending = make(map[int]guarded)
	}
	g.pending[e.tgid] = e
	g.approvals.Add(1)
	g.count.Store(int32(len(g.pending)))
	return true
}

func (g *execGuard) forget(tgid int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.pending, tgid)
	g.count.Store(int32(len(g.pending)))
}

// markBreached reports whether the entry was not marked yet.
func (g *execGuard) markBreached(tgid int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	e, ok := g.pending[tgid]
	if !ok || e.breached {
		return false
	}
	e.breached = true
	g.pending[tgid] = e
	return true
}

func (g *execGuard) of(tgid int) (guarded, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e, ok := g.pending[tgid]
	return e, ok
}

// all are the pending ones, in memory that the next call uses again: only the
// watch calls it.
func (g *execGuard) all() []guarded {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.list = g.list[:0]
	for _, e := range g.pending {
		g.list = append(g.list, e)
	}
	return g.list
}

// guardExec has the exec that is about to be continued looked after.
func (c *Context) guardExec(approved unix.Stat_t) (answer, bool) {
	if e := c.thread.Identity(&c.id, &c.status); e != 0 {
		return c.failed(unix.EACCES, "the target's identity cannot be read: "+e.Error()), false
	}
	old, e := imageOf(c.thread)
	if e != 0 {
		return c.failed(unix.EACCES, "the target's executable cannot be told: "+e.Error()), false
	}
	if !c.valid() {
		return answered, false
	}
	entry := guarded{
		tgid: c.id.TGID, tid: c.thread.TID, old: old,
		approved: fileID{approved.Dev, approved.Ino}, since: time.Now(),
	}
	if !c.env.guard.expect(entry) {
		return c.failed(unix.EAGAIN, "too many execs at once"), false
	}
	c.env.watch.soon()
	return answer{}, true
}

// imageOf identifies what a process runs now.
func imageOf(t tracee.Thread) (fileID, sys.Errno) {
	fd, e := t.Open("exe", unix.O_PATH)
	if e != 0 {
		return fileID{}, e
	}
	defer sys.Close(fd)
	var st unix.Stat_t
	if e := sys.Fstat(fd, &st); e != 0 {
		return fileID{}, e
	}
	return fileID{st.Dev, st.Ino}, 0
}

// checkImage looks at the process behind a notification, if it has an exec
// pending, and reports whether it may go on.
func (c *Context) checkImage() bool {
	if c.env.guard.count.Load() == 0 {
		return true
	}
	e, ok := c.env.guard.of(c.thread.TID)
	if !ok || c.env.settled(e) {
		return true
	}
	c.env.breach(e)
	return false
}

// breach ends what runs instead of the approved image, and everything else,
// and records it. The entry stays until the process is gone, so that no call of
// it is answered meanwhile.
func (e *Env) breach(g guarded) {
	var buf [tracee.PathMax]byte
	exe, errno := e.Proc.Thread(g.tgid).Readlink("exe", buf[:])
	_ = unix.Kill(g.tgid, unix.SIGKILL) // before anything that takes time
	if !e.guard.markBreached(g.tgid) {
		return
	}
	ev := audit.Event{
		PID: g.tgid, TID: g.tid, Syscall: "execve", Access: rules.Exec.String(),
		Verdict: rules.Deny.String(), Action: audit.Denied, Reason: breachReason,
	}
	if errno == 0 {
		ev.Path, ev.Exe = string(exe), string(exe)
	}
	e.Log.Record(&ev)
	e.Breach()
}

const breachReason = "another image runs than the one that was approved: everything is killed"

// settled judges a pending exec and reports whether all is well; one that is
// over is forgotten.
func (e *Env) settled(g guarded) bool {
	now, errno := imageOf(e.Proc.Thread(g.tgid))
	switch {
	case errno != 0: // the process is gone
		e.guard.forget(g.tgid)
	case now == g.approved && now != g.old:
		e.guard.forget(g.tgid)
	case now != g.old:
		return false
	case time.Since(g.since) > guardTime || !e.executing(g):
		e.guard.forget(g.tgid) // it failed, or it was the same image again
	}
	return true
}

// executing reports whether the thread may still be inside its exec. Only a
// thread that sleeps in another call surely is not.
func (e *Env) executing(g guarded) bool {
	t := e.Proc.Thread(g.tid)
	fd, errno := t.Open("syscall", unix.O_RDONLY)
	if errno != 0 {
		return true
	}
	defer sys.Close(fd)
	var buf [128]byte
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return true
	}
	if bytes.HasPrefix(buf[:n], []byte("running")) { // proc_pid_syscall(5)
		return true
	}
	word, _, _ := bytes.Cut(buf[:n], []byte{' '})
	number, err := strconv.Atoi(string(word))
	return err != nil || number == unix.SYS_EXECVE || number == unix.SYS_EXECVEAT
}

// lookAtExecs is the watch's part: images that make no call.
func (e *Env) lookAtExecs() (busy bool) {
	if e.guard.count.Load() == 0 {
		return false
	}
	for _, g := range e.guard.all() {
		if !e.settled(g) {
			e.breach(g)
		}
	}
	return true
}
