package tracee

import (
	"bytes"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// finish gives the place its canonical path. It is asked of the kernel, for
// the directory that is held: however other threads rename the components
// that led here, this is where the directory is.
func (w *Walker) finish() (*Place, sys.Errno) {
	if w.place.Object >= 0 {
		return w.finishObject()
	}
	dir, e := w.pathOf(w.place.Dir)
	if e != 0 {
		return nil, e
	}
	var about About
	if e := w.proc.About(w.place.Dir, &about); e != 0 {
		return nil, e
	}
	dir = trimDeleted(dir, &about)
	if dir = w.inTargetRoot(dir); dir == nil {
		return nil, w.refuse("a place outside the target's root directory")
	}
	path, e := w.join(dir)
	if e != 0 {
		return nil, e
	}
	w.place.Path = path
	if about.Proc {
		return w.finishProc(about.Dev)
	}
	return &w.place, 0
}

// trimDeleted takes off what the kernel appends to the path of something
// that has no name any more. Only then: a file may really be called so.
func trimDeleted(path []byte, about *About) []byte {
	if about.Links == 0 {
		return bytes.TrimSuffix(path, deleted)
	}
	return path
}

var deleted = []byte(" (deleted)")

// join appends the last component to the directory's path, in w.path. Where
// ".." is an entry no call can do anything with it, so the directory that was
// named stands for it.
func (w *Walker) join(dir []byte) ([]byte, sys.Errno) {
	name := bytes.TrimRight(w.place.Name[:len(w.place.Name)-1], "/")
	if string(name) == "." || string(name) == ".." {
		name = nil
	}
	if len(dir)+1+len(name) > len(w.path) {
		return joinLong(dir, name)
	}
	n := copy(w.path[:], dir) // dir may start inside w.path: copy moves
	if len(name) == 0 {
		return w.path[:n], 0
	}
	if n > 1 {
		w.path[n] = '/'
		n++
	}
	return w.path[:n+copy(w.path[n:], name)], 0
}

// joinLong is join for what does not fit into a PathBuffer.
func joinLong(dir, name []byte) ([]byte, sys.Errno) {
	if len(dir)+1+len(name) > longMax {
		return nil, unix.ENAMETOOLONG
	}
	path := bytes.Clone(dir)
	if len(name) > 0 {
		path = append(append(path, '/'), name...)
	}
	return path, 0
}

// inTargetRoot turns the supervisor's view of a path into the target's. A
// place outside the target's root has no path there: nil.
func (w *Walker) inTargetRoot(path []byte) []byte {
	if len(path) == 0 || path[0] != '/' {
		return nil
	}
	if len(w.rootPath) == 0 {
		return path
	}
	if !bytes.HasPrefix(path, w.rootPath) {
		return nil
	}
	rest := path[len(w.rootPath):]
	switch {
	case len(rest) == 0:
		return path[:1]
	case rest[0] == '/':
		return rest
	}
	return nil
}

// finishObject names an object that is held itself: the end of a magic link,
// or what an empty path refers to.
func (w *Walker) finishObject() (*Place, sys.Errno) {
	w.place.Object = w.held
	path, e := w.pathOf(w.held)
	if e != 0 {
		return nil, e
	}
	var about About
	if e := w.proc.About(w.held, &about); e != 0 {
		return nil, e
	}
	if anonymous(path, &about) {
		w.place.Anonymous, w.place.Path = true, path
		return &w.place, 0
	}
	path = w.inTargetRoot(trimDeleted(path, &about))
	if path == nil {
		return nil, w.refuse("an object outside the target's root directory")
	}
	w.place.Path = path
	if len(path) <= len(w.path) {
		w.place.Path = w.path[:copy(w.path[:], path)]
	}
	if about.Proc {
		return w.finishProc(about.Dev)
	}
	return &w.place, 0
}

// anonymous reports whether an object never had a path: "pipe:[7]",
// "anon_inode:[eventfd]", and memfds, whose name looks like a path but whose
// file system is mounted nowhere.
func anonymous(path []byte, about *About) bool {
	if len(path) == 0 || path[0] != '/' {
		return true
	}
	return about.Links == 0 && bytes.HasPrefix(path, []byte("/memfd:")) && unix.Major(about.Dev) == 0
}

// finishProc judges a place on a procfs: whose entry is it? The target's own
// is spelled /proc/self, so that rules can name it. dev is the procfs' device:
// one that is not the supervisor's may be that of another pid namespace, and
// nobody knows whose numbers those are.
func (w *Walker) finishProc(dev uint64) (*Place, sys.Errno) {
	path := w.place.Path
	if dev != w.proc.dev || !under(path, "/proc") {
		w.place.Foreign = true
		return &w.place, 0
	}
	pid, ok := procOwner(path)
	if !ok {
		return &w.place, 0
	}
	tgid, e := w.threadGroup()
	if e != 0 {
		return nil, e
	}
	switch pid {
	case w.proc.pid:
		w.place.Supervisor, w.place.Foreign = true, true
	case tgid, w.thread.TID:
		w.place.Path = w.spellSelf(path)
	default:
		w.place.Foreign = !w.proc.Descends(pid)
	}
	return &w.place, 0
}

// spellSelf rewrites /proc/PID/x to /proc/self/x, in place: w.name and
// w.link are free by now, but the name of the place is in w.name.
func (w *Walker) spellSelf(path []byte) []byte {
	rest := path[len("/proc/"):]
	tail := rest[len(rest):]
	if slash := bytes.IndexByte(rest, '/'); slash >= 0 {
		tail = rest[slash:]
	}
	n := copy(w.link[:], "/proc/self")
	if n+len(tail) > len(w.link) {
		return path
	}
	n += copy(w.link[n:], tail)
	return w.link[:n]
}

// Name takes over fd, a descriptor of the supervisor for something that
// thread t holds open, and returns its Place.
func (w *Walker) Name(t Thread, fd int) (*Place, sys.Errno) {
	w.Release()
	w.thread, w.tgid, w.flags, w.links, w.refusal = t, 0, 0, 0, ""
	w.place = Place{Dir: -1, Object: -1}
	w.held = fd
	if e := w.openRoot(); e != 0 {
		return nil, e
	}
	return w.finishObject()
}
