package syscalls

import (
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// doRename judges both ends. What is moved must be readable where it stands,
// or an open folder would launder what a closed one hides; what is replaced
// must be writable, since its content is gone afterwards.
func doRename(c *Context) answer {
	flags := uint32(c.arg(argFlags))
	const others = unix.RENAME_NOREPLACE | unix.RENAME_WHITEOUT
	if flags&^(others|unix.RENAME_EXCHANGE) != 0 || flags&others != 0 && flags&unix.RENAME_EXCHANGE != 0 {
		return c.badFlags()
	}
	if a, ok := c.twoPaths(tracee.Entry); !ok {
		return a
	}
	source, _, _ := renameClasses(flags)
	if a, ok := c.judgeExisting(source); !ok {
		return a
	}
	if a, ok := c.judgeDestination(flags); !ok {
		return a
	}
	if a, ok := c.judgeMove(0, 1); !ok {
		return a
	}
	if flags&unix.RENAME_EXCHANGE != 0 {
		if a, ok := c.judgeMove(1, 0); !ok {
			return a
		}
	}
	from, to := c.place[0], c.place[1]
	return c.effect(func() sys.Errno {
		for _, place := range []*tracee.Place{from, to} {
			if e := c.busy(place); e != 0 {
				return e
			}
		}
		return sys.Renameat2(from.Dir, from.Name, to.Dir, to.Name, flags)
	})
}

// twoPaths reads and resolves the two paths of a call, the second one always
// being an entry to be made. What is wrong with the first one is told first,
// even if the second one cannot be read at all: fs/namei.c.
func (c *Context) twoPaths(oldFlags tracee.Flags) (answer, bool) {
	if a, ok := c.identify(false); !ok {
		return a, false
	}
	if a, ok := c.path(0, oldFlags); !ok {
		return a, false
	}
	if oldFlags&tracee.Entry == 0 { // link(2) looks the file up before the new name
		var st unix.Stat_t
		if e := c.exists(c.place[0], &st); e != 0 {
			return c.lookupFailed(e), false
		}
	} else if e := c.parentSearchable(c.place[0]); e != 0 {
		return c.lookupFailed(e), false
	}
	return c.path(1, tracee.Entry)
}

func (c *Context) judgeDestination(flags uint32) (answer, bool) {
	_, access, replaced := renameClasses(flags)
	var st unix.Stat_t
	if c.exists(c.place[1], &st) == 0 {
		access |= replaced
	}
	if c.judge(1, access) {
		return answer{}, true
	}
	return c.refuse(""), false
}

// judgeMove judges what a rename gives a new name, beyond the two names.
func (c *Context) judgeMove(from, to int) (answer, bool) {
	if a, ok := c.judgeTree(from, to); !ok {
		return a, false
	}
	return c.judgeSockets(from, to)
}

// judgeTree refuses to move a directory when that would carry something out
// from under the rule that guards it: a path that a deny rule names, or files
// that can be read there but not here.
func (c *Context) judgeTree(from, to int) (answer, bool) {
	var st unix.Stat_t
	if c.exists(c.place[from], &st) != 0 || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return answer{}, true
	}
	source, target := c.place[from].Path, c.place[to].Path
	if rule := c.movesDenied(source, target); rule != nil {
		d := rules.Decision{Verdict: rules.Deny, Access: rules.Remove, Rule: rule}
		if !c.settle(from, d, false) {
			return c.refuse("the directory holds paths that this rule guards"), false
		}
	}
	for _, access := range []rules.Access{rules.Read, rules.Write, rules.Exec} {
		if c.widens(c.inside(source), c.inside(target), access) {
			d := rules.Decision{Verdict: rules.Deny, Access: access}
			if !c.settle(from, d, false) {
				return c.refuse("the move would give more access to what the directory holds"), false
			}
		}
	}
	return answer{}, true
}

// inside is the path of some entry of a directory whose name no rule spells.
func (c *Context) inside(dir []byte) []byte {
	path := append([]byte(nil), dir...)
	if len(path) > 1 {
		path = append(path, '/')
	}
	return append(path, "\x01any"...)
}

// widens reports whether access is granted at the one path and not at the
// other.
func (c *Context) widens(from, to []byte, access rules.Access) bool {
	c.shadowWidens(from, to, access)
	return c.by.Policy.Widens(rules.Query{Access: access, Path: to, Scope: c.scope(), Syscall: c.call.Name}, from)
}

// doLink makes a second name for a file. The new name must not allow what the
// old one does not: the two are one file.
func doLink(c *Context) answer {
	walk, e := c.lastFlags(0)
	if e != 0 {
		return c.badFlags()
	}
	if a, ok := c.twoPaths(walk); !ok {
		return a
	}
	if a, ok := c.judgeExisting(rules.Read); !ok {
		return a
	}
	if a, ok := c.judgeNew(1, rules.Create); !ok {
		return a
	}
	for _, access := range []rules.Access{rules.Write, rules.Attr, rules.Exec} {
		if c.widens(c.place[0].Path, c.place[1].Path, access) &&
			!c.settle(0, rules.Decision{Verdict: rules.Deny, Access: access}, false) {
			if c.stands(c.place[1]) == 0 {
				return fails(unix.EEXIST)
			}
			return c.refuse("the new name would allow what the old one does not")
		}
	}
	if a, ok := c.judgeSockets(0, 1); !ok {
		return a
	}
	return c.effect(c.linkJudged)
}

// linkJudged links the entry that was judged, or the object that is held.
func (c *Context) linkJudged() sys.Errno {
	from, to := c.place[0], c.place[1]
	if from.Object < 0 {
		return sys.Linkat(from.Dir, from.Name, to.Dir, to.Name, 0)
	}
	var buf [40]byte
	return sys.Linkat(unix.AT_FDCWD, c.env.Proc.SelfFD(buf[:], from.Object), to.Dir, to.Name, unix.AT_SYMLINK_FOLLOW)
}
