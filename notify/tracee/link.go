package tracee

import (
	"strconv"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// procRootInode is PROC_ROOT_INO: the inode number of every procfs' root.
const procRootInode = 1

// follow replaces the symlink name in the current directory by its text, or
// jumps where a magic link points. slash tells that a slash followed it.
func (w *Walker) follow(name, after []byte, slash bool) (jumped bool, errno sys.Errno) {
	if w.links++; w.links > maxLinks || w.flags&NoSymlinks != 0 {
		return false, unix.ELOOP
	}
	w.grounded = false
	n, e := sys.Readlinkat(w.cur.fd, name, w.link[:])
	if e == unix.EINVAL {
		// It was a link a moment ago: somebody swaps it. Look again; the
		// bound on links bounds this too.
		return false, 0
	}
	if e != 0 {
		return false, e
	}
	if n >= PathMax {
		return false, unix.ENAMETOOLONG
	}
	if len(after) == 0 && !w.mayFollow(name) {
		return false, unix.EACCES
	}
	if w.linksForbidden() {
		return false, unix.ELOOP
	}
	text := w.link[:n]
	magic, text, e := w.onProc(name, text)
	if e != 0 {
		return false, e
	}
	if magic {
		return true, w.jump(name)
	}
	if n == 0 {
		return false, unix.ENOENT
	}
	return false, w.splice(text, after, slash)
}

// mayFollow applies fs.protected_symlinks, which the kernel cannot do where it
// does not follow the link itself: at the end of a path, a link in a sticky
// directory that everybody can write to is followed only by its owner, or if
// the directory's owner made it. fs/namei.c, may_follow_link.
func (w *Walker) mayFollow(name []byte) bool {
	const open = unix.S_ISVTX | unix.S_IWOTH
	var dir, link unix.Stat_t
	if !w.proc.sticky || sys.Fstat(w.cur.fd, &dir) != 0 || dir.Mode&open != open {
		return true
	}
	if sys.Fstatat(w.cur.fd, name, &link, unix.AT_SYMLINK_NOFOLLOW) != 0 {
		return false
	}
	if link.Uid == dir.Uid {
		return true
	}
	if _, e := w.threadGroup(); e != 0 {
		return false
	}
	return link.Uid == w.identity.FSUID
}

// statNoSymFollow is ST_NOSYMFOLLOW of include/linux/statfs.h: the mount lets
// nobody follow its symlinks, Linux 5.10.
const statNoSymFollow = 0x2000

// linksForbidden looks at the mount of the directory the walk is in, where the
// link is. What cannot be told is forbidden.
func (w *Walker) linksForbidden() bool {
	var fs unix.Statfs_t
	return sys.Fstatfs(w.cur.fd, &fs) != 0 || fs.Flags&statNoSymFollow != 0
}

// splice puts the text of a link before what is left of the path.
func (w *Walker) splice(text, after []byte, slash bool) sys.Errno {
	next := w.buf[1-w.turn][:]
	if len(text)+1+len(after) > len(next) {
		return unix.ENAMETOOLONG
	}
	n := copy(next, text)
	if slash {
		next[n] = '/'
		n++
	}
	n += copy(next[n:], after)
	w.turn = 1 - w.turn
	w.rest = next[:n]
	if text[0] != '/' {
		return 0
	}
	if w.flags&Beneath != 0 {
		return unix.EXDEV
	}
	if w.flags&NoXdev != 0 && (!w.rootKnown || !w.sameMount(w.cur.fd, w.root.fd)) {
		return unix.EXDEV
	}
	w.cur.drop()
	w.cur = node{fd: w.root.fd}
	return 0
}

func (w *Walker) sameMount(a, b int) bool {
	var x, y unix.Statx_t
	empty := []byte{0}
	if sys.Statx(a, empty, unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &x) != 0 ||
		sys.Statx(b, empty, unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &y) != 0 {
		return false
	}
	return x.Mnt_id == y.Mnt_id
}

// onProc translates the links of a procfs. "self" and "thread-self" read by
// the supervisor name the supervisor; here they name the target. Every link
// below a process's own directory is magic: its text is only a description.
func (w *Walker) onProc(name, text []byte) (magic bool, translated []byte, errno sys.Errno) {
	var about About
	if e := w.proc.About(w.cur.fd, &about); e != 0 {
		return false, nil, e
	}
	if !about.Proc {
		return false, text, 0
	}
	if about.Dev != w.proc.dev {
		// Perhaps another pid namespace, whose numbers mean nothing here.
		return false, nil, w.refuse("a link of another proc file system than /proc")
	}
	if about.Ino == procRootInode {
		switch string(name) {
		case "self\x00":
			text, e := w.selfText(false)
			return false, text, e
		case "thread-self\x00":
			text, e := w.selfText(true)
			return false, text, e
		}
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS}
	fd, e := sys.Openat2(w.cur.fd, name, &how)
	if e == unix.ELOOP {
		return true, nil, 0
	}
	sys.Close(fd)
	return false, text, 0
}

// onSupervisorsProc reports whether the walk is on the procfs whose numbers
// are the supervisor's.
func (w *Walker) onSupervisorsProc() bool {
	var st unix.Stat_t
	return sys.Fstat(w.cur.fd, &st) == 0 && st.Dev == w.proc.dev
}

// selfText is what the target reads from /proc/self or /proc/thread-self.
func (w *Walker) selfText(thread bool) ([]byte, sys.Errno) {
	tgid, e := w.threadGroup()
	if e != 0 {
		return nil, e
	}
	text := strconv.AppendInt(w.link[:0], int64(tgid), 10)
	if thread {
		text = append(text, "/task/"...)
		text = strconv.AppendInt(text, int64(w.thread.TID), 10)
	}
	return text, 0
}

// SelfText is what the target of the last walk reads from /proc/self, or with
// thread from /proc/thread-self. It lives until the next walk.
func (w *Walker) SelfText(thread bool) ([]byte, sys.Errno) { return w.selfText(thread) }

// Local turns the supervisor's view of a path, the text of a link in /proc,
// into that of the last walk's target, in place. What lies outside the target's
// root, or has no path, stays as it is.
func (w *Walker) Local(text []byte) []byte {
	if local := w.inTargetRoot(text); local != nil {
		return local
	}
	return text
}

// threadGroup is the process the calling thread belongs to.
func (w *Walker) threadGroup() (int, sys.Errno) {
	if w.tgid == 0 {
		if e := w.thread.Identity(&w.identity, &w.status); e != 0 {
			return 0, e
		}
		w.tgid = w.identity.TGID
	}
	return w.tgid, 0
}

// jump goes where a magic link points, as the kernel would for the target:
// to the very object, not to the text. Only links of the target's own tree
// are followed; those of another process would lend the supervisor's view.
func (w *Walker) jump(name []byte) sys.Errno {
	switch {
	case w.flags&NoMagicLinks != 0:
		return unix.ELOOP
	case w.flags&(Beneath|InRoot) != 0:
		return unix.EXDEV
	case !w.ownTree():
		return w.refuse("a magic link of a process outside the target's tree")
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC}
	fd, e := sys.Openat2(w.cur.fd, name, &how)
	if e != 0 {
		return e
	}
	if w.flags&NoXdev != 0 && !w.sameMount(w.cur.fd, fd) {
		sys.Close(fd)
		return unix.EXDEV
	}
	w.move(fd)
	return 0
}

// ownTree reports whether the directory the walk is in belongs to a process
// of the target's tree.
func (w *Walker) ownTree() bool {
	path, e := w.proc.PathOf(w.cur.fd, w.path[:])
	if e != 0 {
		return false
	}
	pid, ok := procOwner(path)
	return ok && w.inTree(pid)
}

func (w *Walker) inTree(pid int) bool {
	if pid == w.thread.TID {
		return true
	}
	if tgid, e := w.threadGroup(); e == 0 && tgid == pid {
		return true
	}
	return w.proc.Descends(pid)
}

// procOwner takes the process out of /proc/PID or a path below it.
func procOwner(path []byte) (pid int, ok bool) {
	const prefix = "/proc/"
	if len(path) <= len(prefix) || string(path[:len(prefix)]) != prefix {
		return 0, false
	}
	component, _, _ := cut(path[len(prefix):])
	return pid, decimal(component, &pid)
}
