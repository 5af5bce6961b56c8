package syscalls

import (
	"bytes"

	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// judge asks the rules whether the place may be used for all of access, and
// reports whether the call may go on. In monitor mode it may, and the refusal
// is remembered for the record; what is off limits stays so in every mode.
func (c *Context) judge(which int, access rules.Access) bool {
	place := c.place[which]
	c.asked[which] |= access
	if place.Anonymous {
		return c.judgeAnonymous(which, access)
	}
	if !c.visible(which, place, access) {
		return false
	}
	explicit := 0
	if place.Foreign && (access != rules.Stat || c.reveals && c.isLinkAt(place)) {
		explicit = procDepth
	}
	d := c.decide(place.Path, access, explicit)
	if place.Supervisor && explicit > 0 {
		d = rules.Decision{Verdict: rules.Deny, Access: access}
	}
	if d.Verdict != rules.Allow && d.Rule == nil && explicit > 0 && access == rules.Stat {
		d.Access = rules.Read // it is there, and what it says is off limits
	}
	return c.settle(which, d, explicit > 0)
}

// visible asks whether the place may be known to exist, where any rule hides
// anything. What is hidden is not there for any call.
func (c *Context) visible(which int, place *tracee.Place, access rules.Access) bool {
	if !c.by.hides || access == rules.Stat {
		return true
	}
	d := c.decide(place.Path, rules.Stat, 0)
	if d.Verdict == rules.Emulate && d.Rule.Emulate.Errno == 0 {
		return true
	}
	return c.settle(which, d, false)
}

// hidden reports whether the last decision was that the place is not to be
// known.
func (c *Context) hidden() bool {
	return c.decision.Access == rules.Stat && c.decision.Verdict != rules.Allow
}

// see judges a name that a walk comes by, before it is looked up there: see
// [tracee.Visible]. What is not there is no violation.
func (c *Context) see(which int, path []byte, dir int, name []byte) bool {
	d := c.decide(path, rules.Stat, 0)
	if d.Verdict == rules.Allow || d.Verdict == rules.Emulate && d.Rule.Emulate.Errno == 0 {
		return true
	}
	if c.settle(which, d, false) {
		return true
	}
	var st unix.Stat_t
	c.unseen = sys.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == 0
	c.place[which] = &tracee.Place{Path: bytes.Clone(path)}
	return false
}

// procDepth is how many components name a process: /proc and the number. A
// rule reaches the entry of a process outside the tree only if its pattern
// spells both, so that "/**" does not.
const procDepth = 2

func (c *Context) decide(path []byte, access rules.Access, explicit int) rules.Decision {
	if access == 0 {
		return rules.Decision{Verdict: rules.Allow}
	}
	q := rules.Query{Access: access, Path: path, Scope: c.withArguments(c.scope(), access), Explicit: explicit, Syscall: c.call.Name}
	return c.by.Policy.Decide(&q)
}

// settle turns a decision into whether to go on. hard refusals hold in
// monitor mode too.
func (c *Context) settle(which int, d rules.Decision, hard bool) bool {
	if d.Verdict == rules.Allow {
		if !c.would && (!c.alerts() || alerts(&d)) {
			c.decision, c.onSecond = d, which == 1
		}
		return true
	}
	c.shade.asked = c.shade.asked || hard // no rules decide that alone
	if d.Verdict == rules.Emulate || hard || c.by.Policy.Mode() != rules.Monitor {
		c.decision, c.onSecond, c.would = d, which == 1, false
		return false
	}
	if !c.would {
		c.decision, c.onSecond, c.would = d, which == 1, true
	}
	return true
}

// judgeAnonymous: what has no path cannot be named by a rule, and the target
// holds it already. Opening it again gives nothing new; executing it would. What
// rules serve as content has one mode and one owner for all targets.
func (c *Context) judgeAnonymous(which int, access rules.Access) bool {
	allowed := rules.Read | rules.Write | rules.Stat
	if string(c.place[which].Path) != contentPath {
		allowed |= rules.Attr
	}
	if access&^allowed == 0 {
		return c.settle(which, rules.Decision{Verdict: rules.Allow, Access: access}, false)
	}
	return c.settle(which, rules.Decision{Verdict: rules.Deny, Access: access}, access&rules.Attr != 0)
}

// scope tells which program blocks hold: those of the executable that the
// target runs now.
func (c *Context) scope() *rules.Scope {
	if !c.by.Policy.HasPrograms() {
		return nil
	}
	exe, ok := c.executable(c.proc[:])
	if !ok || !c.valid() {
		return nobodys
	}
	return c.by.Policy.Program(exe)
}

// nobodys is for an executable that cannot be told: a scope of no policy, with
// which everything is refused. Without any scope the rules that deny in program
// blocks would not hold.
var nobodys = new(rules.Scope)

// exists looks at a place without following anything.
func (c *Context) exists(place *tracee.Place, st *unix.Stat_t) sys.Errno {
	if place.Object >= 0 {
		return sys.Fstat(place.Object, st)
	}
	return sys.Fstatat(place.Dir, place.Name, st, unix.AT_SYMLINK_NOFOLLOW)
}

func (c *Context) isLinkAt(place *tracee.Place) bool {
	var st unix.Stat_t
	return c.exists(place, &st) == 0 && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

// deviceAllowed judges a device node. The standard ones are as harmless as
// files; any other needs a rule that spells out every component of its path.
func (c *Context) deviceAllowed(which int, st *unix.Stat_t, access rules.Access) bool {
	kind := st.Mode & unix.S_IFMT
	if kind != unix.S_IFCHR && kind != unix.S_IFBLK || access == 0 {
		return true
	}
	if kind == unix.S_IFCHR && standardDevice(st.Rdev) {
		return true
	}
	path := c.place[which].Path
	d := c.decide(path, access, bytes.Count(path, []byte{'/'}))
	if d.Verdict == rules.Allow {
		return true
	}
	c.decision, c.onSecond, c.would = rules.Decision{Verdict: rules.Deny, Access: access}, which == 1, false
	c.shade.asked = true // no rules decide that alone
	return false
}

// memoryDevice: null zero full random urandom, which it does nothing to open.
// Documentation/admin-guide/devices.txt.
func memoryDevice(rdev uint64) bool {
	minor := unix.Minor(rdev)
	return unix.Major(rdev) == 1 && (minor == 3 || minor == 5 || minor == 7 || minor == 8 || minor == 9)
}

// standardDevice: those, tty and ptmx, and the pseudo-terminals.
func standardDevice(rdev uint64) bool {
	if memoryDevice(rdev) {
		return true
	}
	major, minor := unix.Major(rdev), unix.Minor(rdev)
	switch major {
	case 5:
		return minor == 0 || minor == 2
	}
	return major >= 136 && major <= 143
}
