package syscalls

import (
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
// afterwards with the one that was approved: at the next notification of
// anybody, before anything is done for the new image or for what it has forked,
// and from the watch while none comes. What ends before it was looked at may
// have left children: see execdoubt.go.

const (
	// guardHurry is how long the watch looks often for the end of an exec.
	guardHurry = time.Second
	// maxGuarded bounds the table. Beyond it, execs are refused.
	maxGuarded = 4096
)

// fileID is what makes two executables the same.
type fileID struct{ dev, ino uint64 }

// guarded is one exec that was approved and may not have happened yet.
type guarded struct {
	execKey
	serial        uint64 // of approvals: keys come again
	old, approved fileID
	since         time.Time
	breached      bool // something else runs, and is being killed
}

// execKey names an exec: of several threads of a process each may try.
type execKey struct{ tgid, tid int }

// execGuard holds the approved execs.
type execGuard struct {
	mu      sync.Mutex
	pending map[execKey]guarded
	count   atomic.Int32 // of pending, so that a notification need not lock
	// approvals counts what was ever added.
	approvals atomic.Uint64
	doubt     doubt
}

// expect remembers an approved exec, and reports whether there was room.
func (g *execGuard) expect(e guarded) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending == nil {
		g.pending = make(map[execKey]guarded)
		g.doubt.known = make(map[fileID]uint64)
	}
	if len(g.pending) >= maxGuarded || len(g.doubt.known) >= maxImages {
		return false
	}
	e.serial = g.approvals.Add(1)
	g.pending[e.execKey] = e
	g.doubt.known[e.approved] = e.serial
	g.count.Store(int32(len(g.pending)))
	return true
}

// full reports whether images have to be forgotten.
func (g *execGuard) full() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.doubt.known) >= maxImages
}

// all appends the pending ones to list.
func (g *execGuard) all(list []guarded) []guarded {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.pending {
		list = append(list, e)
	}
	return list
}

// Ways in which an exec stands, for conclude.
const (
	execPending = iota
	execOver    // nothing has changed, and nothing will
	execGone    // the process has ended
	execChanged // another image runs
)

// conclude acts on what was seen of a pending exec: its process, in the same
// state, has no others that matter then. It reports whether what runs is
// something that was not approved. What another receiver has concluded
// meanwhile is left alone: the image may be the next one.
func (g *execGuard) conclude(seen guarded, how int, now fileID) (breach bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending[seen.execKey].serial != seen.serial {
		return false
	}
	approved := false
	for _, e := range g.pending {
		approved = approved || e.tgid == seen.tgid && e.approved == now
	}
	switch {
	case how == execOver:
		delete(g.pending, seen.execKey)
	case how == execGone, how == execChanged && approved:
		for key, e := range g.pending {
			if e.tgid == seen.tgid && e.old == seen.old {
				delete(g.pending, key)
			}
		}
	case how == execChanged:
		seen.breached = true
		g.pending[seen.execKey] = seen
		breach = true
	}
	g.count.Store(int32(len(g.pending)))
	return breach
}

// guardExec has the exec that is about to be continued looked after.
func (c *Context) guardExec(approved unix.Stat_t) (answer, bool) {
	if e := c.status.Identity(c.thread, &c.id); e != 0 {
		return c.failed(unix.EACCES, "the target's identity cannot be read: "+e.Error()), false
	}
	c.foreseeExec()
	old, e := imageOf(c.thread)
	if e != 0 {
		return c.failed(unix.EACCES, "the target's executable cannot be told: "+e.Error()), false
	}
	if !c.valid() {
		return answered, false
	}
	if c.env.guard.full() {
		c.env.pruneImages()
	}
	entry := guarded{
		execKey: execKey{c.id.TGID, c.thread.TID}, old: old,
		approved: fileID{approved.Dev, approved.Ino}, since: time.Now(),
	}
	if !c.env.guard.expect(entry) {
		return c.failed(unix.EAGAIN, "too many execs at once"), false
	}
	c.env.watch.soon()
	return answer{}, true
}

// checkImage comes before everything that a notification asks for. It looks at
// every exec that is pending, since the caller may be a child of any, and
// reports whether the call may go on.
func (c *Context) checkImage() bool {
	e := c.env
	if e.guard.count.Load() > 0 {
		worst := imageFine
		c.guarded = e.guard.all(c.guarded[:0])
		for _, g := range c.guarded {
			// Whoever makes a call is in no exec.
			worst = max(worst, e.settle(g, g.tid == c.thread.TID))
		}
		switch worst {
		case imageUntold:
			return c.imageUntold("of somebody who executes something")
		case imageWrong:
			return false
		}
	}
	return c.checkDoubtful()
}

// imageUntold records a call that is refused because nobody can tell what runs.
func (c *Context) imageUntold(whose string) bool {
	c.record(audit.Error, unix.EPERM, "the executable "+whose+" cannot be told")
	return false
}

// What a look at a process says of its image.
const (
	imageFine   = iota
	imageUntold // now
	imageWrong  // and is being killed, which has been recorded
)

// settle judges a pending exec; one that is over is forgotten. A process that was
// killed stays until it is gone, so that nobody's call is answered meanwhile.
func (e *Env) settle(g guarded, over bool) int {
	now, errno := e.imageNow(g.execKey)
	if errno == 0 && now == g.old && !over {
		if over = !e.executing(g.execKey); over {
			now, errno = e.imageNow(g.execKey) // it may have changed before that
		}
	}
	switch {
	case isGone(errno): // what it ran last, nobody knows
		e.doubtful() // before nothing is pending any more: a child may be calling
		e.guard.conclude(g, execGone, now)
	case g.breached:
		return imageWrong
	case errno != 0 && !e.concealed(errno):
		return imageUntold
	case now != g.old: // now is nothing where it is concealed
		if e.guard.conclude(g, execChanged, now) {
			e.breach(g.tgid)
			return imageWrong
		}
	case over: // it failed, or it was the same image again
		e.guard.conclude(g, execOver, now)
	}
	return imageFine
}

// concealed reports whether an errno says that the image is one that its user may
// not read: the kernel keeps the process from being looked at then (execve(2),
// prctl(2), PR_SET_DUMPABLE). No such image is approved. Where targets may be
// somebody else the errno can mean that as well.
func (e *Env) concealed(errno sys.Errno) bool {
	return (errno == unix.EACCES || errno == unix.EPERM) && e.FixedRoot && !e.identityVaries.Load()
}

// breach ends what runs instead of an approved image, and everything else, and
// records it.
func (e *Env) breach(pid int) {
	var buf [tracee.PathMax]byte
	exe, errno := e.Proc.Thread(pid).Readlink("exe", buf[:])
	_ = unix.Kill(pid, unix.SIGKILL) // before anything that takes time
	ev := audit.Event{
		PID: pid, TID: pid, Syscall: "execve", Access: rules.Exec.String(),
		Verdict: rules.Deny.String(), Action: audit.Error, Alert: audit.AlertBreach, Reason: breachReason,
	}
	if errno == 0 {
		ev.Path, ev.Exe = string(exe), string(exe)
	}
	e.Log.Record(&ev)
	e.Breach()
}

const breachReason = "another image runs than the one that was approved: everything is killed"

// lookAtExecs is the watch's part: images that make no call. It reports
// whether there is anything to look at, and whether soon again.
func (e *Env) lookAtExecs() (any, soon bool) {
	if e.guard.count.Load() > 0 {
		e.watch.execs = e.guard.all(e.watch.execs[:0])
		for _, g := range e.watch.execs {
			soon = soon || time.Since(g.since) < guardHurry
			e.settle(g, false)
		}
		any = true
	}
	return e.resolveDoubt() || any, soon
}
