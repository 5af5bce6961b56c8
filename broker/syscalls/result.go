package syscalls

import (
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
		if r.Verdict == rules.Emulate && !r.Emulate.Served() {
			return c.emulateResult(r.Emulate)
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
	case c.decision.Verdict == rules.Emulate:
		return c.event(audit.Emulated, "")
	case c.alerts() || c.env.Log.Wants(audit.Allowed) || c.shadowDiffers():
		return c.event(audit.Allowed, "")
	}
	return nil
}

// alerts reports whether somebody wants to be told of the decision.
func (c *Context) alerts() bool { return alerts(&c.decision) }

func alerts(d *rules.Decision) bool { return d.Rule != nil && d.Rule.Alert }

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
	ev.Latency = time.Since(epoch) - c.began
	c.env.Log.Record(ev)
}

// event builds an event from the state of the context, in the context: it is
// good until the next notification. It is never called for an allowed call
// unless somebody asked for those.
func (c *Context) event(action audit.Action, reason string) *audit.Event {
	if !c.env.Log.Wants(action) && !c.alerts() && !c.shadowDiffers() {
		return nil
	}
	r := &c.report
	r.event = audit.Event{
		ID: c.n.ID, TID: int(c.n.PID), PID: int(c.n.PID), Action: action, Reason: reason,
		Verdict: c.decision.Verdict.String(), OnPath2: c.onSecond,
	}
	ev := &r.event
	switch action {
	case audit.Error:
		ev.Verdict = rules.Deny.String()
	case audit.Invalid:
		ev.Verdict = ""
	case audit.Allowed:
		if c.decision == (rules.Decision{}) { // fstat: no rule was asked
			ev.Verdict = ""
		}
	}
	c.describeCall(ev)
	c.describeCaller(ev)
	c.describeShadow(ev)
	if rule := c.decision.Rule; rule != nil {
		r.rule = audit.Rule{Name: rule.Name, File: rule.File, Line: rule.Line}
		ev.Rule = &r.rule
		if rule.Alert {
			ev.Alert = audit.AlertRule
		}
		if reason == "" {
			ev.Reason = rule.Reason
		}
	}
	return ev
}

// report is where a context builds its events. It has their memory, so that a
// refusal allocates nothing.
type report struct {
	event audit.Event
	rule  audit.Rule

	shadowRule audit.Rule
	flags      []byte
	address    []byte
	callers    [maxCallers]caller
}

func (c *Context) describeCall(ev *audit.Event) {
	if c.call == nil {
		return
	}
	ev.Syscall = c.call.Name
	if c.sockets != nil && c.sockets.shown {
		c.report.address = c.sockets.address.Append(c.report.address[:0])
		ev.Address = audit.View(c.report.address)
	}
	if c.args.asked && c.args.known {
		ev.Argv = audit.View(c.args.shown)
	}
	if c.decision.Access != 0 {
		ev.Access = c.decision.Access.String()
	}
	if c.asked[0] != 0 && (c.onSecond || c.asked[0] != c.decision.Access) {
		ev.Classes = c.asked[0].String()
	}
	if c.asked[1] != 0 {
		ev.Classes2 = c.asked[1].String()
	}
	paths := [2]*string{&ev.Path, &ev.Path2}
	raws := [2]*string{&ev.Raw, &ev.Raw2}
	for i := range c.place {
		if c.place[i] != nil {
			*paths[i] = audit.View(c.place[i].Path)
		}
		if raw := audit.View(c.raw[i]); raw != *paths[i] {
			*raws[i] = raw
		}
	}
	if c.call.opens() {
		c.report.flags = appendOpenFlags(c.report.flags[:0], c.flags)
		ev.Flags = audit.View(c.report.flags)
	}
}
