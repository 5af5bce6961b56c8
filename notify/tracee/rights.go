package tracee

import (
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Rights are those of a target, where they are not the supervisor's own.
type Rights interface {
	// Take gives them to the calling thread until Drop.
	Take() sys.Errno
	// Drop gives the thread its own rights back.
	Drop()
}

// WalkAs is [Walker.Walk] with the rights of the target: a directory that it
// may not search stops the walk, although the supervisor could pass. The
// goroutine must be locked to its thread. nil rights are the supervisor's.
func (w *Walker) WalkAs(t Thread, dirfd int, path []byte, flags Flags, r Rights) (*Place, sys.Errno) {
	w.rights, w.dressed = r, false
	place, e := w.Walk(t, dirfd, path, flags)
	w.undress()
	w.rights = nil
	return place, e
}

// dress takes the rights for the next step. In its own entry of /proc a
// process may do what its rights over others would not let it, so the steps
// there are the supervisor's: proc(5) grants them to the same thread group
// only, and to it always.
func (w *Walker) dress() sys.Errno {
	if w.rights == nil {
		return 0
	}
	if w.inOwnEntry() {
		w.undress()
		return 0
	}
	if w.dressed {
		return 0
	}
	w.dressed = true // so that a half-done Take is undone too
	return w.rights.Take()
}

func (w *Walker) undress() {
	if w.dressed {
		w.dressed = false
		w.rights.Drop()
	}
}

// searchable tells whether the rights reach to a name in the current
// directory. What comes after the walk may look at it with the supervisor's.
func (w *Walker) searchable(name []byte) sys.Errno {
	if !w.dressed {
		return 0
	}
	var st unix.Stat_t
	if e := sys.Fstatat(w.cur.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); e == unix.EACCES {
		return unix.EACCES
	}
	return 0
}

// inOwnEntry reports whether the walk is in the /proc entry of the target
// itself.
func (w *Walker) inOwnEntry() bool {
	path, e := w.proc.PathOf(w.cur.fd, w.path[:])
	if e != 0 {
		return false
	}
	pid, ok := procOwner(path)
	if !ok || !w.onSupervisorsProc() {
		return false
	}
	tgid, e := w.threadGroup()
	return e == 0 && (pid == tgid || pid == w.thread.TID)
}
