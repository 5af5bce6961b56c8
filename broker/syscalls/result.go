package syscalls

import (
	"os"
	"strings"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// refuse answers a call that the rules do not let through: EACCES, for what is
// hidden ENOENT, or what the rule says instead.
func (c *Context) refuse(reason string) answer {
	e := unix.EACCES
	if c.decision.Access == rules.Stat {
		e = unix.ENOENT
	}
	if r := c.decision.Rule; r != nil {
		if r.Verdict == rules.Emulate && r.Emulate.Errno != 0 {
			return c.emulateErrno()
		}
		if r.Errno != 0 {
			e = sys.Errno(r.Errno)
		}
	}
	c.record(audit.Denied, e, reason)
	return fails(e)
}

// failed answers a call that could not be handled: always a refusal, always a
// record.
func (c *Context) failed(e sys.Errno, reason string) answer {
	c.record(audit.Error, e, reason)
	return fails(e)
}

// invalid answers a call that the kernel would answer so itself, before it
// looks at any file: nothing was judged, and nothing done.
func (c *Context) invalid(e sys.Errno, reason string) answer {
	c.record(audit.Invalid, e, reason)
	return fails(e)
}

// badFlags answers flags that a call does not have, or not together.
func (c *Context) badFlags() answer {
	return c.invalid(unix.EINVAL, "flags that the call does not have")
}

// result answers a call that was carried out and ended with e.
func (c *Context) result(e sys.Errno) answer {
	c.finished(e)
	if e != 0 {
		return fails(e)
	}
	return answer{reply: notify.Value(0)}
}

// finished records a call that went through, where anybody wants to know.
func (c *Context) finished(e sys.Errno) { c.emit(c.outcome(e), e) }

// outcome is the event of a call that goes through, or nil where nobody wants
// to know. It is built before the reply: afterwards the target may be gone,
// and its number another's. A lookup that found nothing is no violation:
// loaders probe everywhere.
func (c *Context) outcome(e sys.Errno) *audit.Event {
	switch {
	case c.would:
		if e != unix.ENOENT {
			return c.event(audit.WouldDeny, "")
		}
	case c.env.Log.Wants(audit.Allowed):
		return c.event(audit.Allowed, "")
	}
	return nil
}

// record builds and emits an event.
func (c *Context) record(action audit.Action, e sys.Errno, reason string) {
	c.emit(c.event(action, reason), e)
}

// emit hands an event over with the errno the target saw; nil is no event.
func (c *Context) emit(ev *audit.Event, e sys.Errno) {
	if ev == nil {
		return
	}
	if e != 0 {
		ev.Errno = rules.ErrnoName(int(e))
	}
	ev.Latency = time.Since(c.began)
	c.env.Log.Record(ev)
}

// event builds an event from the state of the context. It is never called for
// an allowed call unless somebody asked for those.
func (c *Context) event(action audit.Action, reason string) *audit.Event {
	if !c.env.Log.Wants(action) {
		return nil
	}
	ev := &audit.Event{
		ID: c.n.ID, TID: int(c.n.PID), PID: int(c.n.PID), Action: action, Reason: reason,
		Verdict: c.decision.Verdict.String(), OnPath2: c.onSecond,
	}
	switch action {
	case audit.Error:
		ev.Verdict = rules.Deny.String()
	case audit.Invalid:
		ev.Verdict = ""
	}
	c.describeCall(ev)
	c.describeProcess(ev)
	if r := c.decision.Rule; r != nil {
		ev.Rule = &audit.Rule{Name: r.Name, File: r.File, Line: r.Line}
		if reason == "" {
			ev.Reason = r.Reason
		}
	}
	return ev
}

func (c *Context) describeCall(ev *audit.Event) {
	if c.call == nil {
		return
	}
	ev.Syscall = c.call.Name
	if c.sockets != nil && c.sockets.shown {
		ev.Address = c.sockets.address.String()
	}
	if c.decision.Access != 0 {
		ev.Access = c.decision.Access.String()
	}
	paths := [2]*string{&ev.Path, &ev.Path2}
	raws := [2]*string{&ev.Raw, &ev.Raw2}
	for i := range c.place {
		if c.place[i] != nil {
			*paths[i] = string(c.place[i].Path)
		}
		if raw := string(c.raw[i]); raw != *paths[i] {
			*raws[i] = raw
		}
	}
	if c.call.Access&rules.Read != 0 && c.call.Access&rules.Remove == 0 && c.call.Name != "link" && c.call.Name != "linkat" {
		ev.Flags = openFlagNames(c.flags)
	}
}

// describeProcess adds who called. What cannot be read is left out: the
// target may be gone.
func (c *Context) describeProcess(ev *audit.Event) {
	if c.known || c.thread.Identity(&c.id, &c.status) == 0 {
		ev.PID = c.id.TGID
	}
	var buf [256]byte
	if exe, e := c.thread.Readlink("exe", c.proc[:]); e == 0 {
		ev.Exe = strings.TrimSuffix(string(exe), " (deleted)")
	}
	fd, e := c.thread.Open("comm", unix.O_RDONLY)
	if e != 0 {
		return
	}
	f := os.NewFile(uintptr(fd), "comm")
	n, _ := f.Read(buf[:])
	_ = f.Close()
	ev.Comm = strings.TrimSuffix(string(buf[:n]), "\n")
}
