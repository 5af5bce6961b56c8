package syscalls

import (
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// errUndressed says that the target's identity could not be taken, which has
// been recorded. It never reaches the target.
const errUndressed = sys.Errno(513)

// credentialCaps let a sender name another process as the sender: unix(7),
// SCM_CREDENTIALS. They change nothing else that a send is checked for.
const credentialCaps = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID

// dressSocket is wear, with the effective user and group besides: they are
// what the peer of a local socket is told (SO_PEERCRED). The real and the saved
// ones stay the broker's: by these it is decided who may send it signals,
// kill(2).
func (c *Context) dressSocket() sys.Errno {
	if _, ok := c.wear(); !ok {
		return errUndressed
	}
	n := c.net()
	self := &c.env.Self
	caps := c.id.CapEff
	if n.names {
		caps |= credentialCaps
	}
	if !c.known || c.id.EUID == self.EUID && c.id.EGID == self.EGID && (!n.names || caps == c.id.CapEff) {
		return 0
	}
	c.acting, n.dressed = true, true
	e := sys.SetEffectiveCaps(^uint64(0))
	if e == 0 {
		e = sys.SetEffectiveIDs(c.id.EUID, c.id.EGID, c.id.FSUID, c.id.FSGID)
	}
	if e == 0 {
		e = sys.SetEffectiveCaps(caps)
	}
	if e != 0 {
		c.undressSocket()
		c.failed(unix.EPERM, "the broker cannot act with the target's identity: "+e.Error())
		return errUndressed
	}
	return 0
}

// undressSocket takes it off again. As [Context.leave], it does not fail.
func (c *Context) undressSocket() {
	n := c.net()
	if n.dressed {
		self := &c.env.Self
		e := sys.SetEffectiveCaps(^uint64(0))
		if e == 0 {
			e = sys.SetEffectiveIDs(self.EUID, self.EGID, self.FSUID, self.FSGID)
		}
		if e != 0 {
			panic("the broker cannot take back its own identity: " + e.Error())
		}
		n.dressed = false
	}
	c.leave()
}
