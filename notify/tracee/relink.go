package tracee

import (
	"bytes"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// maxRelinks is how many links [Walker.Relink] follows; few paths have two.
const maxRelinks = 8

// Relink is for the Place of [Walker.Quick] whose open said ELOOP: it puts the
// text of the first symlink in its stead. The new Place is as good as Quick's:
// whatever changes meanwhile, it is canonical if it opens at all. follow tells
// whether a link at the end is followed. ok is false when the path needs
// [Walker.Walk].
func (w *Walker) Relink(follow bool) (place *Place, ok bool) {
	if w.relinks++; w.relinks > maxRelinks || w.visible != nil || w.place.Object >= 0 {
		return nil, false
	}
	path := w.place.Name[:len(w.place.Name)-1]
	link, ok := w.firstLink(path)
	defer link.dir.drop()
	if !ok || link.end == len(path) && !follow || !w.plainLink(link.dir.fd, link.end == len(path)) {
		return nil, false
	}
	n, e := sys.Readlinkat(link.dir.fd, terminate(&w.rootBuf, path[link.start:link.end]), w.link[:])
	if e != 0 || n == 0 {
		return nil, false
	}
	return w.replace(path, link, w.link[:n])
}

// foundLink is the component path[start:end], in the directory dir.
type foundLink struct {
	start, end int
	dir        node
}

// firstLink looks for the first symlink of a path that has one. Most are the
// last component, so the rest is tried first.
func (w *Walker) firstLink(path []byte) (l foundLink, ok bool) {
	l.dir = node{fd: w.place.Dir}
	if path[0] == '/' {
		l.dir.fd, l.start = w.proc.root, 1
	}
	l.end = len(path)
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS}
	for mid := bytes.LastIndexByte(path, '/'); ; mid = middle(path, l.start, l.end) {
		if mid <= l.start {
			return l, true
		}
		fd, e := sys.Openat2(l.dir.fd, terminate(&w.rootBuf, path[l.start:mid]), &how)
		switch e {
		case 0:
			l.dir.drop()
			l.dir, l.start = node{fd: fd, owned: true}, mid+1
		case unix.ELOOP:
			l.end = mid
		default:
			return l, false
		}
	}
}

// middle is the slash nearest to the middle of path[start:end], -1 if that is
// one component.
func middle(path []byte, start, end int) int {
	half := (start + end) / 2
	if i := bytes.IndexByte(path[half:end], '/'); i >= 0 {
		return half + i
	}
	if i := bytes.LastIndexByte(path[start:half], '/'); i >= 0 {
		return start + i
	}
	return -1
}

// plainLink reports whether links in a directory are followed by everybody
// and mean the same to everybody.
func (w *Walker) plainLink(dir int, last bool) bool {
	var fs unix.Statfs_t
	if sys.Fstatfs(dir, &fs) != 0 || fs.Type == unix.PROC_SUPER_MAGIC || fs.Flags&statNoSymFollow != 0 {
		return false
	}
	var st unix.Stat_t
	return !last || !w.proc.sticky || sys.Fstat(dir, &st) == 0 && st.Mode&unix.S_ISVTX == 0
}

// replace makes the place whose path has text instead of the link.
func (w *Walker) replace(path []byte, link foundLink, text []byte) (*Place, bool) {
	base := path[:link.start]
	if text[0] == '/' {
		base = nil
	}
	for bytes.HasPrefix(text, []byte("../")) {
		if len(base) < 2 {
			return nil, false // out of where the path starts
		}
		base, text = base[:bytes.LastIndexByte(base[:len(base)-1], '/')+1], text[3:]
	}
	next := append(append(append(w.buf[0][:0], base...), text...), path[link.end:]...)
	if len(next) == 0 || len(next) > PathMax || !clean(bytes.TrimPrefix(next, []byte{'/'})) {
		return nil, false
	}
	w.place.Name = terminate(&w.name, next)
	if next[0] == '/' {
		w.place.Dir, w.place.Path = unix.AT_FDCWD, w.place.Name[:len(next)]
	} else {
		dir := w.place.Path[:len(w.place.Path)-len(path)]
		if len(dir)+len(next) > PathMax {
			return nil, false
		}
		w.place.Path = append(dir, next...)
	}
	return &w.place, !special(w.place.Path)
}
