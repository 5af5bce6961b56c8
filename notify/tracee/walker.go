package tracee

import (
	"bytes"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// maxLinks is MAXSYMLINKS of the kernel: path_resolution(7).
const maxLinks = 40

// Walk resolves path as the thread's own call would, and returns its Place.
// The errno is the one the kernel would give: ENOENT, ENOTDIR, ELOOP, EXDEV,
// EBADF… The Place is the walker's and lives until its next use.
func (w *Walker) Walk(t Thread, dirfd int, path []byte, flags Flags) (*Place, sys.Errno) {
	w.Release()
	w.thread, w.tgid, w.flags, w.links, w.refusal = t, 0, flags, 0, ""
	w.place, w.grounded = Place{Dir: -1, Object: -1}, false
	if len(path) == 0 {
		if flags&Empty == 0 {
			return nil, unix.ENOENT
		}
		return w.object(dirfd)
	}
	if e := w.begin(dirfd, path); e != 0 {
		return nil, e
	}
	w.turn = 0
	n := copy(w.buf[0][:], path)
	w.rest = w.buf[0][:n]
	for {
		if e := w.dress(); e != 0 {
			return nil, e
		}
		done, e := w.step()
		if e != 0 {
			return nil, e
		}
		if done {
			w.undress()
			return w.finish()
		}
	}
}

// Refusal says why the last walk refused to go on where the kernel would
// have; "" when its errno was the kernel's own.
func (w *Walker) Refusal() string { return w.refusal }

func (w *Walker) refuse(why string) sys.Errno {
	w.refusal = why
	return unix.EACCES
}

// begin finds the root and the anchor of the walk.
func (w *Walker) begin(dirfd int, path []byte) sys.Errno {
	absolute := path[0] == '/'
	if e := w.openRoot(); e != 0 {
		return e
	}
	w.rootKnown = absolute || w.flags&(InRoot|Beneath) != 0
	switch {
	case w.flags&InRoot != 0:
		if e := w.openAnchor(w.thread, dirfd, unix.O_DIRECTORY); e != 0 {
			return e
		}
		w.root.drop()
		w.root = node{fd: w.anchor.fd}
		w.cur = node{fd: w.anchor.fd}
	case absolute:
		if w.flags&Beneath != 0 {
			return unix.EXDEV
		}
		w.cur = node{fd: w.root.fd}
	default:
		if e := w.openAnchor(w.thread, dirfd, unix.O_DIRECTORY); e != 0 {
			return e
		}
		w.cur = node{fd: w.anchor.fd}
	}
	return 0
}

// openRoot pins the target's root directory.
func (w *Walker) openRoot() sys.Errno {
	w.rootPath = nil
	if w.fixedRoot {
		w.root = node{fd: w.proc.root}
		return 0
	}
	fd, e := w.thread.Open("root", unix.O_PATH)
	if e != 0 {
		return e
	}
	w.root = node{fd: fd, owned: true}
	path, e := w.proc.PathOf(fd, w.rootBuf[:])
	if e != 0 {
		return e
	}
	if len(path) > 1 {
		w.rootPath = path
	}
	return 0
}

// openAnchor pins the directory that a relative path starts from. It is read
// once: another thread may change the working directory or the descriptor,
// but not what is held here. flags are O_DIRECTORY where it must be one.
func (w *Walker) openAnchor(t Thread, dirfd int, flags uint64) sys.Errno {
	var fd int
	var e sys.Errno
	if dirfd == unix.AT_FDCWD {
		fd, e = t.Open("cwd", unix.O_PATH)
	} else {
		fd, e = t.openFD(dirfd, flags)
	}
	if e != 0 {
		return e
	}
	w.anchor = node{fd: fd, owned: true}
	return 0
}

// object is the Place of an empty path: what dirfd refers to.
func (w *Walker) object(dirfd int) (*Place, sys.Errno) {
	if e := w.openRoot(); e != 0 {
		return nil, e
	}
	if e := w.openAnchor(w.thread, dirfd, 0); e != 0 {
		return nil, e
	}
	w.held = w.anchor.fd
	w.anchor.owned = false
	return w.finishObject()
}

// step consumes one component. done tells that place is set.
func (w *Walker) step() (done bool, errno sys.Errno) {
	component, after, slash := cut(w.rest)
	last := len(after) == 0
	if e := w.look(component); e != 0 {
		return true, e
	}
	switch {
	case len(component) == 0:
		return true, w.self()
	case string(component) == ".":
		if !last {
			w.rest = after
			return false, 0
		}
		if w.flags&Entry != 0 {
			return true, w.entry(component, slash)
		}
		return true, w.self()
	case string(component) == "..":
		if last && w.flags&Entry != 0 {
			return true, w.entry(component, slash)
		}
		w.rest = after
		if e := w.up(); e != 0 || !last {
			return false, e
		}
		return true, w.self()
	case !last:
		if leapt, e := w.leap(); leapt || e != 0 {
			return false, e
		}
		return false, w.down(component, after)
	case w.flags&Entry != 0 || (w.flags&Follow == 0 && !slash):
		return true, w.entry(component, slash)
	}
	return w.lastFollowed(component, slash)
}

// look asks whether the name may be seen at all.
func (w *Walker) look(component []byte) sys.Errno {
	if w.visible == nil || !plain(component) {
		return 0
	}
	w.undress()
	w.place.Dir, w.place.Name = w.cur.fd, terminate(&w.name, component)
	dir, e := w.pathOf(w.cur.fd)
	if e != 0 {
		return e
	}
	if dir = w.inTargetRoot(dir); dir == nil {
		return 0 // finish refuses what is outside the root
	}
	path, e := w.join(dir)
	if e != 0 {
		return e
	}
	seen := w.visible(path, w.cur.fd, w.place.Name)
	w.place = Place{Dir: -1, Object: -1}
	if !seen {
		return unix.ENOENT
	}
	return w.dress()
}

// cut splits the first component off. after has no leading slashes; slash
// tells that the component was followed by one.
func cut(rest []byte) (component, after []byte, slash bool) {
	rest = bytes.TrimLeft(rest, "/")
	end := bytes.IndexByte(rest, '/')
	if end < 0 {
		return rest, nil, false
	}
	return rest[:end], bytes.TrimLeft(rest[end:], "/"), true
}

// self makes the directory the walk is in the place.
func (w *Walker) self() sys.Errno {
	w.place.Dir, w.place.Name = w.cur.fd, terminate(&w.name, []byte{'.'})
	return 0
}

// entry makes a name in the current directory the place. The slash at the
// end stays: the kernel then insists on a directory.
func (w *Walker) entry(component []byte, slash bool) sys.Errno {
	if len(component)+1 > PathMax {
		return unix.ENAMETOOLONG
	}
	n := copy(w.name[:], component)
	if slash {
		w.name[n] = '/'
		n++
	}
	w.name[n] = 0
	w.place.Dir, w.place.Name = w.cur.fd, w.name[:n+1]
	return w.searchable(w.place.Name)
}

// leap enters all the directories that are left in one open, as if one by one,
// if none of them is a symlink and nobody needs to look at each.
func (w *Walker) leap() (leapt bool, errno sys.Errno) {
	if w.grounded || w.visible != nil || w.flags&NoXdev != 0 {
		return false, 0
	}
	w.rest = bytes.TrimLeft(w.rest, "/")
	end := bytes.LastIndexByte(bytes.TrimRight(w.rest, "/"), '/')
	dirs := w.rest[:max(end, 0)]
	if len(dirs) >= PathMax || bytes.IndexByte(dirs, '/') < 0 || !clean(dirs) {
		return false, 0
	}
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	fd, e := sys.Openat2(w.cur.fd, terminate(&w.name, dirs), &how)
	switch e {
	case 0:
		w.move(fd)
		w.rest = w.rest[end+1:]
		return true, 0
	case unix.ELOOP:
		w.grounded = true
		return false, 0
	}
	return false, e
}

// down enters a directory, or follows the symlink that stands in its place.
func (w *Walker) down(component, after []byte) sys.Errno {
	name := terminate(&w.name, component)
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	if w.flags&NoXdev != 0 {
		how.Resolve |= unix.RESOLVE_NO_XDEV
	}
	fd, e := sys.Openat2(w.cur.fd, name, &how)
	if e == unix.ELOOP {
		jumped, e := w.follow(name, after, true)
		if jumped {
			w.rest = after
			if !w.isDirectory(w.cur.fd) {
				return unix.ENOTDIR
			}
		}
		return e
	}
	if e != 0 {
		return e
	}
	w.move(fd)
	w.rest = after
	return 0
}

// up goes to the parent. At the root, and beneath a root of its own making,
// ".." stays where it is.
func (w *Walker) up() sys.Errno {
	w.rootKnown = true
	if w.flags&Beneath != 0 && w.same(w.cur.fd, w.anchor.fd) {
		return unix.EXDEV
	}
	if (!w.fixedRoot || w.flags&InRoot != 0) && w.same(w.cur.fd, w.root.fd) {
		return 0
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC}
	if w.flags&NoXdev != 0 {
		how.Resolve |= unix.RESOLVE_NO_XDEV
	}
	fd, e := sys.Openat2(w.cur.fd, dotdot, &how)
	if e != 0 {
		return e
	}
	w.move(fd)
	return 0
}

var dotdot = []byte{'.', '.', 0}

func (w *Walker) move(fd int) {
	w.cur.drop()
	w.cur = node{fd: fd, owned: true}
}

// same reports whether two descriptors are the same directory of the same
// mount. When in doubt it says yes, and the walk stays where it is.
func (w *Walker) same(a, b int) bool {
	const mask = unix.STATX_INO | unix.STATX_MNT_ID
	var x, y unix.Statx_t
	empty := []byte{0}
	if sys.Statx(a, empty, unix.AT_EMPTY_PATH, mask, &x) != 0 || sys.Statx(b, empty, unix.AT_EMPTY_PATH, mask, &y) != 0 {
		return true
	}
	return x.Ino == y.Ino && x.Dev_major == y.Dev_major && x.Dev_minor == y.Dev_minor && x.Mnt_id == y.Mnt_id
}

// lastFollowed looks whether the last component is a symlink, and if so
// whether it is one whose text goes on or one that jumps to an object.
func (w *Walker) lastFollowed(component []byte, slash bool) (bool, sys.Errno) {
	name := terminate(&w.name, component)
	_, e := sys.Readlinkat(w.cur.fd, name, w.link[:])
	switch e {
	case 0:
	case unix.EINVAL, unix.ENOENT:
		return true, w.entry(component, slash)
	default:
		return false, e
	}
	jumped, e := w.follow(name, nil, slash)
	if e != 0 || !jumped {
		return false, e
	}
	w.held, w.cur = w.cur.fd, node{fd: -1}
	w.place.Object = w.held
	if slash && !w.isDirectory(w.held) {
		return false, unix.ENOTDIR
	}
	return true, 0
}

func (w *Walker) isDirectory(fd int) bool {
	var st unix.Stat_t
	return sys.Fstat(fd, &st) == 0 && st.Mode&unix.S_IFMT == unix.S_IFDIR
}
