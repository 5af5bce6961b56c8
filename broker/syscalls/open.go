package syscalls

import (
	"bytes"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

const noLinks = unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS

// maxSwaps bounds how often a lookup starts anew because somebody exchanged a
// file for a symlink between the walk and the open.
const maxSwaps = 8

func doOpen(c *Context) answer { return c.open(legacyHow(c.arg(argFlags), c.arg(argMode))) }

func doCreat(c *Context) answer {
	return c.open(legacyHow(unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC, c.arg(argMode)))
}

func doOpenat2(c *Context) answer {
	how, e := c.readHow(c.arg(argHow), c.arg(argSize))
	if e == 0 {
		e = checkHow(&how)
	}
	if e != 0 {
		return c.invalid(e, "a struct open_how that the kernel refuses")
	}
	if how.Flags&unix.O_PATH == 0 {
		how.Flags |= largeFile
	}
	return c.open(how)
}

// open carries out a decoded open. The common case, an allowed path without
// symlinks, is decided lexically and opened once.
func (c *Context) open(how unix.OpenHow) answer {
	dirfd := c.dirfd(0)
	c.flags = how.Flags
	if needsCheck(how.Flags) {
		if e := checkHow(&how); e != 0 {
			return c.invalid(e, "arguments that the kernel refuses")
		}
	}
	if a, ok := c.identify(how.Flags&(unix.O_CREAT|tmpFileBit) != 0); !ok {
		return a
	}
	if a, ok := c.readPath(0); !ok {
		return a
	}
	if c.tableFull(&how) {
		c.finished(unix.EMFILE)
		return fails(unix.EMFILE)
	}
	if how.Flags&unix.O_PATH != 0 {
		return c.openReference(dirfd, how)
	}
	if how.Resolve == 0 && how.Flags&tmpFileBit == 0 {
		if a, ok := c.openQuick(dirfd, how); ok {
			return a
		}
	}
	return c.openWalked(dirfd, how)
}

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
	classes := openClasses(how.Flags) | c.env.Optional()
	if how.Flags&unix.O_CREAT != 0 {
		classes |= rules.Create
	}
	d := c.decide(place.Path, classes, 0)
	if d.Verdict != rules.Allow {
		return c.notAllowed(how, d)
	}
	c.decision = d
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
	if d.Verdict != rules.Deny && !serves || c.env.hides || c.env.Policy.Mode() != rules.Enforce || how.Flags&unix.O_CREAT != 0 {
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
	odd := c.unexpected(fd)
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

// openAt opens a place, which holds no symlink, with the flags of the call.
func (c *Context) openAt(how unix.OpenHow) (int, sys.Errno) {
	c.how = how
	c.how.Flags |= unix.O_CLOEXEC
	if how.Flags&unix.O_PATH == 0 {
		c.how.Flags |= unix.O_NOCTTY // or the broker would acquire the target's terminal
	}
	c.how.Resolve = noLinks | how.Resolve&unix.RESOLVE_NO_XDEV
	return c.sleepingOpen(openName)
}

func openName(c *Context) (int, sys.Errno) {
	return sys.Openat2(c.place[0].Dir, c.place[0].Name, &c.how)
}

func reopenObject(c *Context) (int, sys.Errno) {
	return c.env.Proc.Reopen(c.place[0].Object, &c.how)
}

// unexpected reports whether an open that was judged lexically ended at
// something that needs more care than a name.
func (c *Context) unexpected(fd int) bool {
	var st unix.Stat_t
	if sys.Fstat(fd, &st) != 0 {
		return true
	}
	c.kind = st.Mode & unix.S_IFMT
	switch c.kind {
	case unix.S_IFCHR, unix.S_IFBLK:
		return true
	}
	if unix.Major(st.Dev) != 0 {
		return false
	}
	return tracee.IsProc(fd, &st)
}

// inject hands the descriptor to the target and closes the broker's copy.
func (c *Context) inject(fd int, flags uint64) answer {
	return c.give(fd, flags, c.outcome(0))
}

// give injects fd, closes it, and emits the event of the call if that worked.
func (c *Context) give(fd int, flags uint64, ev *audit.Event) answer {
	cloexec := flags&unix.O_CLOEXEC != 0
	if c.env.WaitKillable && (c.notShared(flags) || c.fetches()) {
		return c.giveAlone(fd, cloexec, ev)
	}
	c.release()
	err := c.env.Listener.InjectReply(c.n.ID, fd, cloexec)
	sys.Close(fd)
	if err != nil {
		return c.injectFailed(err)
	}
	c.emit(ev, 0)
	return answered
}

// fetchEvery is how often a yielding receiver has its target come.
const fetchEvery = 16

// fetches reports whether this call is to bring the target to the processor that
// the receiver runs on. Answering does, since it wakes synchronously; injecting
// does not, and once the two are apart, the target is always the faster one: the
// receiver is never found asleep, and so never brought to the target.
func (c *Context) fetches() bool {
	c.given++
	return c.given%fetchEvery == 0 && c.env.Yielding != nil && c.env.Yielding.Load()
}

// notShared reports whether it could be seen that the broker has the file open
// a moment longer than the target: a program just written cannot be executed
// (ETXTBSY), a lock is not gone, a FIFO still has a reader.
func (c *Context) notShared(flags uint64) bool {
	return flags&unix.O_ACCMODE != unix.O_RDONLY || flags&(unix.O_CREAT|unix.O_TRUNC|tmpFileBit) != 0 ||
		c.kind != unix.S_IFREG && c.kind != unix.S_IFDIR
}

// giveAlone closes the broker's copy before the target goes on, at the price
// of a second wake-up. No signal may come between the two: one would make the
// target call again, with the descriptor left behind.
func (c *Context) giveAlone(fd int, cloexec bool, ev *audit.Event) answer {
	number, err := c.env.Listener.Inject(c.n.ID, fd, cloexec)
	sys.Close(fd)
	if err != nil {
		return c.injectFailed(err)
	}
	c.emit(ev, 0)
	return answer{reply: notify.Value(int64(number))}
}

// openFailed answers with the errno of the broker's own open, which is the
// target's: same object, same identity. Only descriptors are the broker's own.
func (c *Context) openFailed(e sys.Errno) answer {
	switch e {
	case unix.EMFILE, unix.ENFILE:
		return c.failed(unix.ENFILE, "the broker is out of descriptors")
	}
	c.finished(e)
	return fails(e)
}

// openWalked is the careful way: resolve, judge what was found, open that.
func (c *Context) openWalked(dirfd int, how unix.OpenHow) answer {
	flags := walkFlags(how)
	if how.Flags&unix.O_CREAT != 0 && bytes.HasSuffix(c.raw[0], []byte{'/'}) {
		flags |= tracee.Entry // EISDIR, whatever stands there: open(2)
	}
	for range maxSwaps {
		if a, ok := c.find(0, dirfd, flags); !ok {
			return a
		}
		a, again := c.openPlace(how)
		if !again {
			return a
		}
	}
	return c.failed(unix.ELOOP, "the path keeps changing between a file and a symlink")
}

// walkFlags translates the flags of an open into those of a walk.
func walkFlags(how unix.OpenHow) tracee.Flags {
	var f tracee.Flags
	if how.Flags&unix.O_NOFOLLOW == 0 && how.Flags&(unix.O_CREAT|unix.O_EXCL) != unix.O_CREAT|unix.O_EXCL {
		f |= tracee.Follow
	}
	for _, m := range []struct {
		bit  uint64
		flag tracee.Flags
	}{
		{unix.RESOLVE_BENEATH, tracee.Beneath}, {unix.RESOLVE_IN_ROOT, tracee.InRoot},
		{unix.RESOLVE_NO_SYMLINKS, tracee.NoSymlinks}, {unix.RESOLVE_NO_MAGICLINKS, tracee.NoMagicLinks},
		{unix.RESOLVE_NO_XDEV, tracee.NoXdev},
	} {
		if how.Resolve&m.bit != 0 {
			f |= m.flag
		}
	}
	return f
}

// openPlace judges and opens the place that the walk found. again asks for
// another walk.
func (c *Context) openPlace(how unix.OpenHow) (a answer, again bool) {
	place := c.place[0]
	var st unix.Stat_t
	missing := c.exists(place, &st)
	c.kind = st.Mode & unix.S_IFMT
	if place.Anonymous && how.Flags&tmpFileBit != 0 {
		return fails(unix.ENOTDIR), false // pipes and the like
	}
	how, a, ok := c.judgeOpen(how, missing)
	if !ok {
		return a, false
	}
	if missing == 0 {
		if !c.deviceAllowed(0, &st, openClasses(how.Flags)) {
			return c.refuse("a device that no rule names"), false
		}
		if st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == unix.Mkdev(5, 0) && how.Flags&unix.O_PATH == 0 {
			return c.openTerminal(how), false
		}
	}
	if a, ok := c.wear(); !ok {
		return a, false
	}
	fd, e := c.openFound(place, how)
	c.leave()
	switch {
	case e == unix.ELOOP && place.Object < 0 && how.Flags&unix.O_NOFOLLOW == 0:
		return answer{}, true
	case e == errInterrupted:
		return c.interrupted(), false
	case e != 0:
		return c.openFailed(c.ownDescriptors(e)), false
	}
	if missing != 0 && c.unexpected(fd) {
		sys.Close(fd)
		return answer{}, true // something was put there meanwhile: look at it
	}
	return c.inject(fd, how.Flags), false
}

// judgeOpen asks the rules. The class create is asked only when the file is
// not there; where the rules allow everything but creating, O_CREAT is taken
// off, so that nothing is created if the file goes away meanwhile.
func (c *Context) judgeOpen(how unix.OpenHow, missing sys.Errno) (unix.OpenHow, answer, bool) {
	base := openClasses(how.Flags)
	creates := how.Flags&unix.O_CREAT != 0
	if how.Flags&tmpFileBit != 0 {
		c.nameTemporary()
	}
	if !c.judge(0, base) {
		return how, c.openRefused(how, missing), false
	}
	if !creates || c.judge(0, rules.Create) {
		return how, answer{}, true
	}
	if missing == 0 {
		if how.Flags&unix.O_EXCL != 0 {
			return how, fails(unix.EEXIST), false
		}
		how.Flags &^= unix.O_CREAT
		how.Mode = 0
		return how, answer{}, true
	}
	return how, c.refuse(""), false
}

// openRefused answers an open that the rules do not let through as it is.
func (c *Context) openRefused(how unix.OpenHow, missing sys.Errno) answer {
	if c.decision.Verdict == rules.Emulate {
		return c.emulateOpen(how)
	}
	if missing != 0 && how.Flags&unix.O_CREAT == 0 && (missing == unix.ENOENT || !c.hidden()) {
		return fails(missing)
	}
	return c.refuse("")
}

// nameTemporary gives an O_TMPFILE a name to judge: the kernel calls the file
// "#" and its inode number, below the directory that was named.
func (c *Context) nameTemporary() {
	place := c.place[0]
	path := append(c.temp[:0], place.Path...)
	if len(path) > 1 {
		path = append(path, '/')
	}
	place.Path = append(path, "#tmpfile"...)
}

// openFound opens what was judged: the object itself where the walk holds it,
// else the name in the directory that it holds.
func (c *Context) openFound(place *tracee.Place, how unix.OpenHow) (int, sys.Errno) {
	if place.Object < 0 {
		return c.openAt(how)
	}
	if how.Flags&(unix.O_CREAT|unix.O_EXCL) == unix.O_CREAT|unix.O_EXCL {
		return -1, unix.EEXIST
	}
	c.how = unix.OpenHow{Flags: how.Flags &^ (unix.O_CREAT | unix.O_NOFOLLOW)}
	if how.Flags&tmpFileBit != 0 {
		c.how.Mode = how.Mode
	}
	if how.Flags&unix.O_PATH == 0 {
		c.how.Flags |= unix.O_NOCTTY
	}
	return c.sleepingOpen(reopenObject)
}

// injectFailed answers when the descriptor could not be put into the target.
// EMFILE is the target's own full table, as it would have found it natively.
func (c *Context) injectFailed(err error) answer {
	e, gone := injectErrno(err)
	if gone {
		return answered
	}
	if e == unix.EMFILE {
		c.finished(e)
		return fails(e)
	}
	c.record(audit.Error, e, "the descriptor cannot be injected")
	return fails(e)
}
