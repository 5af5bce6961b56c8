package tracee

import (
	"bytes"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Quick tries the short way: a path that is lexically clean, opened with
// RESOLVE_NO_SYMLINKS, is canonical if that open succeeds at all. The Place
// then has the whole remaining path as its Name, so it is good for openat2(2)
// only. ok is false when the path needs [Walker.Walk]: it holds "..", leads
// into /proc or /dev, or the target may have another root.
func (w *Walker) Quick(t Thread, dirfd int, path []byte) (place *Place, ok bool, errno sys.Errno) {
	if !w.fixedRoot || len(path) == 0 {
		return nil, false, 0
	}
	w.Release()
	w.place, w.relinks = Place{Object: -1}, 0
	if path[0] == '/' {
		return w.quickAbsolute(path)
	}
	for len(path) > 2 && path[0] == '.' && path[1] == '/' {
		path = path[2:]
	}
	if !clean(path) {
		return nil, false, 0
	}
	return w.quickRelative(t, dirfd, path)
}

func (w *Walker) quickAbsolute(path []byte) (*Place, bool, sys.Errno) {
	if !clean(path[1:]) || special(path) || len(path) > PathMax {
		return nil, false, 0
	}
	w.place.Dir = unix.AT_FDCWD
	w.place.Name = terminate(&w.name, path)
	w.place.Path = w.place.Name[:len(path)]
	return &w.place, true, 0
}

func (w *Walker) quickRelative(t Thread, dirfd int, path []byte) (*Place, bool, sys.Errno) {
	if e := w.openAnchor(t, dirfd, unix.O_DIRECTORY); e != 0 {
		return nil, true, e
	}
	dir, e := w.proc.PathOf(w.anchor.fd, w.path[:])
	if e != 0 || len(dir) == 0 || dir[0] != '/' {
		return nil, false, 0
	}
	n := len(dir)
	if n > 1 {
		w.path[n] = '/'
		n++
	}
	if n+len(path) > PathMax {
		return nil, false, 0
	}
	n += copy(w.path[n:], path)
	if special(w.path[:n]) {
		return nil, false, 0
	}
	w.place.Dir = w.anchor.fd
	w.place.Name = terminate(&w.name, path)
	w.place.Path = w.path[:n]
	return &w.place, true, 0
}

// terminate copies path into buf with a NUL.
func terminate(buf *PathBuffer, path []byte) []byte {
	n := copy(buf[:len(buf)-1], path)
	buf[n] = 0
	return buf[:n+1]
}

// special reports whether a path may lead to magic links or devices: /proc
// and /dev are walked, so that nothing there is opened before it was judged. What
// may be opened like any file are those names in /dev that programs open all the
// time; the caller looks at what it was.
func special(path []byte) bool {
	if under(path, "/proc") {
		return true
	}
	if !under(path, "/dev") {
		return false
	}
	switch string(path) {
	case "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random":
		return false
	}
	return !under(path, "/dev/shm")
}

func under(path []byte, dir string) bool {
	return len(path) >= len(dir) && string(path[:len(dir)]) == dir &&
		(len(path) == len(dir) || path[len(dir)] == '/')
}

// clean reports whether a relative path has only plain components: none that
// is empty, "." or "..", and no slash at the end.
func clean(path []byte) bool {
	for {
		end := bytes.IndexByte(path, '/')
		if end < 0 {
			return plain(path)
		}
		if !plain(path[:end]) {
			return false
		}
		path = path[end+1:]
	}
}

func plain(component []byte) bool {
	switch len(component) {
	case 0:
		return false
	case 1:
		return component[0] != '.'
	case 2:
		return component[0] != '.' || component[1] != '.'
	}
	return true
}
