package tracee

import (
	"slices"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// A path may be longer than PATH_MAX: only what is handed over in one call is
// bounded, and a thread can go deeper and deeper by relative names. The kernel
// does not tell such a path (readlink of /proc/self/fd/N is ENAMETOOLONG), so
// it is put together from the names of the last directories.

const (
	longMax     = 1 << 16 // bytes of a path that is told
	entriesMax  = 1 << 20 // entries that are looked at for one name
	direntBytes = 1 << 15
)

// longPath names the directory behind fd, whose path the kernel does not tell.
func (p *Proc) longPath(fd int) ([]byte, sys.Errno) {
	var buf PathBuffer
	var names [][]byte
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC}
	length := 0
	at, owned := fd, false
	drop := func() {
		if owned {
			sys.Close(at)
		}
	}
	for {
		parent, e := sys.Openat2(at, dotdot, &how)
		if e != 0 {
			drop()
			return nil, e
		}
		name, e := nameIn(parent, at)
		drop()
		at, owned = parent, true
		if length += len(name) + 1; e == 0 && length > longMax {
			e = unix.ENAMETOOLONG
		}
		if e != 0 {
			drop()
			return nil, e
		}
		names = append(names, name)
		path, e := p.PathOf(at, buf[:])
		if e == unix.ENAMETOOLONG {
			continue
		}
		drop()
		if e != 0 {
			return nil, e
		}
		path = slices.Clone(path)
		for _, name := range slices.Backward(names) {
			path = append(append(path, '/'), name...)
		}
		return path, 0
	}
}

// nameIn finds the name of a directory in its parent. One that cannot be
// listed does not tell it.
func nameIn(parent, child int) ([]byte, sys.Errno) {
	var want unix.Stat_t
	if e := sys.Fstat(child, &want); e != 0 {
		return nil, e
	}
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC}
	fd, e := sys.Openat2(parent, []byte{'.', 0}, &how)
	if e != 0 {
		return nil, unix.ENAMETOOLONG
	}
	defer sys.Close(fd)
	buf := make([]byte, direntBytes)
	for seen := 0; seen < entriesMax; {
		n, err := unix.Getdents(fd, buf)
		if err != nil || n == 0 {
			break
		}
		_, count, names := unix.ParseDirent(buf[:n], -1, nil)
		seen += count
		for _, name := range names {
			if isEntry(parent, name, &want) {
				return []byte(name), 0
			}
		}
	}
	return nil, unix.ENAMETOOLONG
}

func isEntry(dir int, name string, want *unix.Stat_t) bool {
	var st unix.Stat_t
	e := sys.Fstatat(dir, append([]byte(name), 0), &st, unix.AT_SYMLINK_NOFOLLOW)
	return e == 0 && st.Ino == want.Ino && st.Dev == want.Dev
}

// pathOf is [Proc.PathOf] of a directory, for paths of any length.
func (w *Walker) pathOf(fd int) ([]byte, sys.Errno) {
	path, e := w.proc.PathOf(fd, w.path[:])
	if e == unix.ENAMETOOLONG {
		return w.proc.longPath(fd)
	}
	return path, e
}
