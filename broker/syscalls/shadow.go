package syscalls

import (
	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"
)

// shade is what the shadow rules say of a call.
type shade struct {
	asked    bool // whether they differ is known, or will not be asked
	differs  bool
	decision rules.Decision
	// earlier is the strictest that was said on the way, of what a move gives away.
	earlier    rules.Decision
	hasEarlier bool
}

// add lowers the decision to a stricter one.
func (s *shade) add(d rules.Decision) {
	if !s.hasEarlier || d.Verdict < s.earlier.Verdict {
		s.earlier, s.hasEarlier = d, true
	}
}

// shadowDiffers reports whether the shadow rules would have decided the call that
// has just been decided otherwise. It is asked when the call is over but for the
// answer, so that they are asked for the very classes and the very places.
func (c *Context) shadowDiffers() bool {
	if c.by.Shadow == nil {
		return false
	}
	s := &c.shade
	if s.asked {
		return s.differs
	}
	s.asked = true
	if c.decision == (rules.Decision{}) {
		return false // nothing was asked of any rule
	}
	scope, ok := c.shadowScope()
	if !ok {
		return false
	}
	c.shadowSubjects(scope)
	if s.hasEarlier {
		s.decision = s.earlier
		s.differs = s.decision.Verdict != c.decision.Verdict
	}
	return s.differs
}

// shadowSubjects asks about everything that the call names.
func (c *Context) shadowSubjects(scope *rules.Scope) {
	if c.call.Effect == made {
		q := rules.Query{Syscall: c.call.Name, Args: &c.n.Data.Args, Scope: scope}
		c.shade.add(c.by.Shadow.Decide(&q))
		return
	}
	if c.sockets != nil && c.sockets.shown && c.asked[0] != 0 {
		address := c.sockets.address
		address.Hosts = nil
		if address.Family == rules.Inet && c.by.ShadowHosts != nil {
			address.Hosts = c.by.ShadowHosts(address.IP)
		}
		q := rules.Query{Access: c.asked[0], Address: &address, Scope: scope, Syscall: c.call.Name}
		c.shade.add(c.by.Shadow.Decide(&q))
		return
	}
	for i, place := range c.place {
		c.shadowPlace(i, place, scope)
	}
}

// shadowPlace asks about one place. A refusal on the hot path has asked for all
// that the flags of an open mean.
func (c *Context) shadowPlace(which int, place *tracee.Place, scope *rules.Scope) {
	if place == nil || place.Anonymous || place.Supervisor {
		return
	}
	access := c.asked[which]
	if which == 0 && c.call.opens() && access == 0 {
		access = openClasses(c.flags)
	}
	if c.onSecond == (which == 1) && access == 0 {
		access = c.decision.Access
	}
	if access == 0 {
		return
	}
	if c.by.Shadow.Classes()&rules.Stat != 0 {
		access |= rules.Stat
	}
	q := rules.Query{Access: access, Path: place.Path, Scope: scope, Syscall: c.call.Name}
	if place.Foreign {
		q.Explicit = procDepth
	}
	if c.args.asked && access&rules.Exec != 0 {
		var words [][]byte
		if c.args.known {
			words = c.args.words
		}
		q.Scope = c.by.Shadow.WithArgv(scope, words)
	}
	c.shade.add(c.by.Shadow.Decide(&q))
}

// shadowScope are the shadow rules' program blocks that hold.
func (c *Context) shadowScope() (*rules.Scope, bool) {
	if !c.by.Shadow.HasPrograms() {
		return nil, true
	}
	exe, ok := c.executable(c.proc[:])
	if !ok || !c.valid() {
		return nil, false
	}
	return c.by.Shadow.Program(exe), true
}

// movesDenied is the rule of those in force that forbids a move.
func (c *Context) movesDenied(from, to []byte) *rules.Rule {
	if shadow := c.by.Shadow; shadow != nil {
		scope, ok := c.shadowScope()
		if rule := shadow.MovesDenied(from, to, scope); ok && rule != nil {
			c.shade.add(rules.Decision{Verdict: rules.Deny, Access: rules.Remove, Rule: rule})
		}
	}
	return c.by.Policy.MovesDenied(from, to, c.scope())
}

// shadowWidens notes that the shadow rules give more at one path than at another.
func (c *Context) shadowWidens(from, to []byte, access rules.Access) {
	if c.by.Shadow == nil {
		return
	}
	scope, ok := c.shadowScope()
	q := rules.Query{Access: access, Path: to, Scope: scope, Syscall: c.call.Name}
	if ok && c.by.Shadow.Widens(q, from) {
		c.shade.add(rules.Decision{Verdict: rules.Deny, Access: access})
	}
}

// describeShadow adds to an event what the shadow rules would have said.
func (c *Context) describeShadow(ev *audit.Event) {
	if ev.Action == audit.Error || ev.Action == audit.Invalid || !c.shadowDiffers() {
		return
	}
	d := &c.shade.decision
	ev.ShadowVerdict = d.Verdict.String()
	if rule := d.Rule; rule != nil {
		c.report.shadowRule = audit.Rule{Name: rule.Name, File: rule.File, Line: rule.Line}
		ev.ShadowRule = &c.report.shadowRule
	}
}
