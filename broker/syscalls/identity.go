package syscalls

import (
	"slices"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// doIdentity lets a change of identity through: the kernel decides it on the
// caller's own rights, and no decision of the broker's depends on it. From
// now on no target may be taken for the one that was started.
func doIdentity(c *Context) answer {
	c.env.identityVaries.Store(true)
	return answer{reply: notify.Continue()}
}

// foreseeExec notices an exec that leaves the target fewer capabilities than the
// broker has, for which no call to change them is needed: with a bounding set that
// has lost some, for whoever is not root, for root with SECBIT_NOROOT.
// capabilities(7), security/commoncap.c. c.id is that of the thread that calls,
// and nobody else can change it.
func (c *Context) foreseeExec() {
	e := c.env
	if e.Self.CapEff != 0 && (c.id.EUID != 0 || e.Self.CapEff&^(c.id.CapBnd|c.id.CapInh) != 0) {
		e.identityVaries.Store(true)
	}
}

// mayDiffer reports whether targets may have fewer rights than the broker although
// none has asked for that: in a user namespace of their own, where they can make
// one, and from their first exec on, where root is nothing special.
func (e *Env) mayDiffer() bool {
	const noRoot = 1 << 0 // SECBIT_NOROOT: linux/securebits.h
	if e.Self.CapEff == 0 {
		return false
	}
	bits, err := unix.PrctlRetInt(unix.PR_GET_SECUREBITS, 0, 0, 0, 0)
	return err != nil || bits&noRoot != 0 || !e.FixedRoot
}

// identify reads who the target is, where that can matter: its file system
// ids, groups and capabilities, and, where a file may be born, its umask. ok
// false means that a is the final answer. It comes before the notification is
// found valid.
func (c *Context) identify(creates bool) (a answer, ok bool) {
	if !creates && !c.env.identityVaries.Load() {
		return answer{}, true
	}
	switch e := c.status.Identity(c.thread, &c.id); e {
	case 0:
		c.known = true
		if c.real {
			takeReal(&c.id)
		}
		if !c.env.FixedRoot && !c.thread.SameUserNamespace() {
			c.id.CapEff = 0 // capabilities of another user namespace are none in this one
		}
		return answer{}, true
	case unix.ENOENT, unix.ESRCH:
		return answered, false
	default:
		if !c.valid() { // killed meanwhile: what is left of it has no identity
			return answered, false
		}
		return c.failed(unix.EPERM, "the target's identity cannot be read: "+e.Error()), false
	}
}

// takeReal makes the identity that access(2) asks for: the real user and
// group, and capabilities only for the superuser. fs/open.c,
// access_override_creds.
func takeReal(id *tracee.Identity) {
	id.FSUID, id.FSGID = id.RUID, id.RGID
	id.CapEff = id.CapPrm
	if id.RUID != 0 {
		id.CapEff = 0
	}
}

// wear makes the calling thread act as the target until [Context.leave].
// Nothing of the target can be read meanwhile. An identity that the broker
// cannot take is a refusal: it never acts with more than the target.
func (c *Context) wear() (a answer, ok bool) {
	if !c.known {
		return answer{}, true
	}
	if c.umask != c.id.Umask {
		unix.Umask(int(c.id.Umask))
		c.umask = c.id.Umask
	}
	if sameCred(&c.id, &c.env.Self) {
		return answer{}, true
	}
	c.acting = true
	e := sys.Errno(0)
	if !slices.Equal(c.id.Groups, c.env.Self.Groups) { // a broker may be able to take capabilities off and no more
		e = sys.SetGroups(c.id.Groups)
		c.regrouped = e == 0
	}
	if e == 0 {
		e = sys.SetFSIDs(c.id.FSUID, c.id.FSGID)
	}
	if e == 0 {
		e = sys.SetEffectiveCaps(c.id.CapEff)
	}
	if e != 0 {
		c.leave()
		return c.failed(unix.EPERM, "the broker cannot act with the target's identity: "+e.Error()), false
	}
	return answer{}, true
}

// rights are what a path is looked up with: nil as long as the target has the
// broker's own. A directory that the target may not search must stop the walk.
func (c *Context) rights() tracee.Rights {
	if !c.known || sameCred(&c.id, &c.env.Self) {
		return nil
	}
	return (*worn)(c)
}

// worn is a context as the target's rights.
type worn Context

// Take is wear. An identity that cannot be worn has been recorded there.
func (w *worn) Take() sys.Errno {
	if _, ok := (*Context)(w).wear(); !ok {
		return unix.EACCES
	}
	return 0
}

// Drop is leave.
func (w *worn) Drop() { (*Context)(w).leave() }

func sameCred(a, b *tracee.Identity) bool {
	return a.FSUID == b.FSUID && a.FSGID == b.FSGID && a.CapEff == b.CapEff && slices.Equal(a.Groups, b.Groups)
}

// leave takes the target's identity off again. A thread that could not would
// go on with somebody else's: it must not live.
func (c *Context) leave() {
	if !c.acting {
		return
	}
	self := &c.env.Self
	e := sys.SetEffectiveCaps(^uint64(0))
	if e == 0 && c.regrouped {
		e = sys.SetGroups(self.Groups)
	}
	if e == 0 {
		e = sys.SetFSIDs(self.FSUID, self.FSGID)
	}
	if e == 0 {
		e = sys.SetEffectiveCaps(self.CapEff)
	}
	if e != 0 {
		panic("the broker cannot take back its own identity: " + e.Error())
	}
	c.acting, c.regrouped = false, false
}
