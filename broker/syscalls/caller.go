package syscalls

import (
	"bytes"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// maxCallers is how many threads a context remembers for its records.
const maxCallers = 16

// caller is who made a call, as the record shows it. Reading that takes longer
// than the call itself, and what is refused once is often tried again.
type caller struct {
	tid, tgid int
	execs     uint64 // of execGuard, when it was read
	pidfd     int    // pins the thread: its number cannot be another's unseen
	exe, comm []byte
}

// describeCaller adds who called. What cannot be read is left out: the target
// may be gone.
func (c *Context) describeCaller(ev *audit.Event) {
	w := &c.report.callers[c.thread.TID%maxCallers]
	if !c.stillCaller(w) {
		c.meet(w)
	}
	if w.tgid != 0 {
		ev.PID = w.tgid
	}
	ev.Exe, ev.Comm = audit.View(w.exe), audit.View(w.comm)
}

// stillCaller reports whether the thread is the one that is remembered, and
// runs what it ran then: nobody has been let execute anything since, and none
// of those who were may still be about to. Its name for itself is the one it
// had; it proves nothing anyway.
func (c *Context) stillCaller(w *caller) bool {
	guard := &c.env.guard
	return w.pidfd > 0 && w.tid == c.thread.TID && w.execs == guard.approvals.Load() &&
		guard.count.Load() == 0 && !sys.Exited(w.pidfd)
}

// meet reads who the caller is.
func (c *Context) meet(w *caller) {
	w.forget()
	w.execs = c.env.guard.approvals.Load()
	steady := c.env.guard.count.Load() == 0
	if c.known || c.status.Identity(c.thread, &c.id) == 0 {
		w.tgid = c.id.TGID
	}
	if exe, ok := c.executable(c.proc[:]); ok {
		w.exe = append(w.exe, exe...)
	}
	w.comm = c.appendComm(w.comm)
	if !steady || w.execs != c.env.guard.approvals.Load() {
		return
	}
	if fd, e := c.thread.Pidfd(); e == 0 {
		w.pidfd, w.tid = fd, c.thread.TID
	}
}

func (c *Context) appendComm(to []byte) []byte {
	fd, e := c.thread.Open("comm", unix.O_RDONLY)
	if e != 0 {
		return to
	}
	defer sys.Close(fd)
	n, err := unix.Read(fd, c.proc[:])
	if err != nil {
		return to
	}
	return append(to, bytes.TrimSuffix(c.proc[:n], []byte{'\n'})...)
}

func (w *caller) forget() {
	if w.pidfd > 0 {
		sys.Close(w.pidfd)
	}
	*w = caller{exe: w.exe[:0], comm: w.comm[:0]}
}
