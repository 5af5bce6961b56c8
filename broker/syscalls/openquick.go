package syscalls

import (
	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// openQuick is the hot path. ok is false when the walk has to decide: the
// lexical path is not allowed as it stands, or there is a symlink on the way,
// or it led to a device or into a procfs after all.
func (c *Context) openQuick(dirfd int, how unix.OpenHow) (a answer, ok bool) {
	place, ok, e := c.walk[0].Quick(c.thread, dirfd, c.raw[0])
	if !ok {
		return answer{}, false
	}
	if !c.valid() {
		return answered, true
	}
	if e != 0 {
		return c.lookupFailed(e), true
	}
	c.place[0] = place
	for {
		if a, linked, ok := c.openLexical(how); ok || !linked {
			return a, ok
		}
		if !c.relink(walkFlags(how)) {
			return answer{}, false
		}
	}
}

// relink replaces the first symlink of a path that is decided as it stands.
// A link that the target may not reach must stop it, which is the walk's to see.
func (c *Context) relink(flags tracee.Flags) bool {
	if c.rights() != nil {
		return false
	}
	place, ok := c.walk[0].Relink(flags&tracee.Follow != 0)
	if ok {
		c.place[0] = place
	}
	return ok
}

// openLexical decides and opens a path that is canonical unless there is a
// symlink in it, which linked then tells.
func (c *Context) openLexical(how unix.OpenHow) (a answer, linked, ok bool) {
	place := c.place[0]
	classes := openClasses(how.Flags) | c.optional()
	if how.Flags&unix.O_CREAT != 0 {
		if c.env.Log.Wants(audit.Allowed) {
			return answer{}, false, false // the record tells whether a file was made
		}
		classes |= rules.Create
	}
	d := c.decide(place.Path, classes, 0)
	if d.Verdict != rules.Allow {
		return c.notAllowed(how, d)
	}
	c.decision = d
	c.asked[0] = classes &^ c.optional()
	if a, ok := c.wear(); !ok {
		return a, false, true
	}
	fd, e := c.openAt(how)
	c.leave()
	switch e {
	case 0:
	case unix.ELOOP:
		return answer{}, true, false
	case errInterrupted:
		return c.interrupted(), false, true
	default:
		return c.openFailed(e), false, true
	}
	if c.unexpected(fd) {
		sys.Close(fd)
		return answer{}, false, false
	}
	return c.inject(fd, how.Flags), false, true
}

// notAllowed is the end of a path that is denied as it stands, or for which
// something else is served, if it is canonical: then the walk would find the
// same. What is not there is no violation. ok is false when the walk has to
// decide: rules may let go on what they do not allow (monitor), hide, or look at
// what O_CREAT would find. linked tells that there is a symlink in it.
func (c *Context) notAllowed(how unix.OpenHow, d rules.Decision) (a answer, linked, ok bool) {
	serves := d.Verdict == rules.Emulate
	if d.Verdict != rules.Deny && !serves || c.by.hides || c.by.Policy.Mode() != rules.Enforce || how.Flags&unix.O_CREAT != 0 {
		return answer{}, false, false
	}
	if a, ok := c.wear(); !ok {
		return a, false, true
	}
	c.how = unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: noLinks}
	fd, e := openName(c)
	c.leave()
	switch e {
	case 0:
	case unix.ENOENT, unix.ENOTDIR, unix.EACCES, unix.ENAMETOOLONG:
		return fails(e), false, !serves
	default:
		return answer{}, e == unix.ELOOP, false
	}
	// A denied name stays denied whatever it led to: on a procfs, or at a device, rules
	// reach less far, not farther. A shadow may see a difference in that.
	odd := (serves || c.by.Shadow != nil) && c.unexpected(fd)
	sys.Close(fd)
	if odd {
		return answer{}, false, false
	}
	c.decision = d
	if serves {
		return c.emulateOpen(how), false, true
	}
	return c.refuse(""), false, true
}

// unexpected reports whether an open that was judged lexically ended at
// something that needs more care than a name.
func (c *Context) unexpected(fd int) bool {
	var about tracee.About
	if c.env.Proc.About(fd, &about) != 0 {
		return true
	}
	c.kind = about.Kind()
	switch c.kind {
	case unix.S_IFCHR:
		return !memoryDevice(about.Rdev)
	case unix.S_IFBLK:
		return true
	}
	return about.Proc
}
