package syscalls

import (
	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// openSubstitute opens the file that a rule serves, as c.how says, with the
// target's identity. The rules do not judge it: who wrote the rule chose it. So no
// symlink is followed, or whoever can write to its directory could make it any
// other file; those on the way to it that stood there when the rules were loaded
// have been followed then.
func (c *Context) openSubstitute(em *rules.Emulation) (int, sys.Errno) {
	if c.how.Flags&unix.O_PATH == 0 {
		c.how.Flags |= unix.O_NOCTTY
	}
	c.how.Resolve = noLinks
	if _, ok := c.wear(); !ok {
		return -1, unix.EPERM
	}
	defer c.leave()
	path := append([]byte(em.File), 0)
	return c.sleepingOpen(func(c *Context) (int, sys.Errno) { return sys.Openat2(unix.AT_FDCWD, path, &c.how) })
}

// redirectOpen does an open for writing on the file that the rule serves, with
// the flags and the mode of the call.
func (c *Context) redirectOpen(em *rules.Emulation, how unix.OpenHow) answer {
	serves, onSecond := c.decision, c.onSecond
	creates := how.Flags&unix.O_CREAT != 0
	if creates && !c.judge(0, rules.Create) && c.decision.Rule != serves.Rule {
		if c.decision.Verdict == rules.Emulate && c.decision.Rule.Emulate.Served() {
			return c.refuse("one rule serves what is written, another one what is created")
		}
		return c.redirectExisting(em, how, serves)
	}
	c.decision, c.onSecond = serves, onSecond
	fd, e := c.redirected(em, how)
	return c.redirectGive(fd, e, how)
}

// redirectExisting is redirectOpen where the rules do not let anything be
// created, and the last decision says why.
func (c *Context) redirectExisting(em *rules.Emulation, how unix.OpenHow, serves rules.Decision) answer {
	refused := c.decision
	if how.Flags&unix.O_EXCL != 0 {
		fd, e := c.redirected(em, unix.OpenHow{Flags: unix.O_PATH})
		if e == 0 {
			sys.Close(fd)
			return fails(unix.EEXIST)
		}
		return c.refuse("")
	}
	how.Flags &^= unix.O_CREAT
	how.Mode = 0
	c.decision = serves
	fd, e := c.redirected(em, how)
	if e == unix.ENOENT {
		c.decision = refused
		return c.refuse("")
	}
	return c.redirectGive(fd, e, how)
}

// redirected opens the replacement.
func (c *Context) redirected(em *rules.Emulation, how unix.OpenHow) (int, sys.Errno) {
	c.how = unix.OpenHow{Flags: how.Flags | unix.O_CLOEXEC, Mode: how.Mode}
	return c.openSubstitute(em)
}

// redirectGive hands the replacement over. Its errno is that of the call.
func (c *Context) redirectGive(fd int, e sys.Errno, how unix.OpenHow) answer {
	switch e {
	case 0:
	case unix.ELOOP, errInterrupted:
		return c.substituteFailed(e)
	case unix.EMFILE, unix.ENFILE:
		return c.openFailed(e)
	default:
		c.record(audit.Emulated, e, "")
		return fails(e)
	}
	var st unix.Stat_t
	if sys.Fstat(fd, &st) == 0 {
		c.kind = st.Mode & unix.S_IFMT
	}
	return c.give(fd, how.Flags, c.event(audit.Emulated, ""))
}

// replaced reports whether what the last decision was about is served from
// somewhere else, to a call that asks for access: one that asks for attributes,
// or truncates.
func (c *Context) replaced(access rules.Access) bool {
	d := &c.decision
	return access&(rules.Stat|rules.Write) != 0 && d.Verdict == rules.Emulate && d.Access == access && d.Rule.Emulate.Served()
}

// replacement is the object that a rule serves in place of a file, for those
// calls.
func (c *Context) replacement() (object, answer, bool) {
	em := c.decision.Rule.Emulate
	var fd int
	var e sys.Errno
	if em.HasContent {
		fd, e = c.substitute(em, 0)
	} else {
		fd, e = c.redirected(em, unix.OpenHow{Flags: unix.O_PATH})
	}
	switch {
	case e == unix.ENOENT && c.decision.Rule.Access&rules.Create != 0: // not created yet
		return object{fd: -1}, c.result(e), false
	case e != 0:
		return object{fd: -1}, c.substituteFailed(e), false
	}
	return object{fd: fd, owned: true}, answer{}, true
}
