package syscalls

import (
	"bytes"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// deletedMark is what the kernel puts behind the name of a file that has none
// any more: fs/d_path.c.
var deletedMark = []byte(" (deleted)")

// executable tells what the target runs now, in buf: its path, or the last one
// that it had.
func (c *Context) executable(buf []byte) ([]byte, bool) {
	exe, e := c.thread.Readlink("exe", buf)
	if e != 0 || len(exe) == len(buf) { // cut off
		return nil, false
	}
	name, marked := bytes.CutSuffix(exe, deletedMark)
	if !marked || c.runs(exe) {
		return exe, true
	}
	return name, true
}

// runs reports whether the file of this name is what the target executes. A
// file may be called "git (deleted)", and is not git then.
func (c *Context) runs(name []byte) bool {
	var st unix.Stat_t
	var text [unix.PathMax + 1]byte
	if len(name) >= unix.PathMax || sys.Fstatat(unix.AT_FDCWD, append(append(text[:0], name...), 0), &st, unix.AT_SYMLINK_NOFOLLOW) != 0 {
		return false
	}
	now, e := imageOf(c.thread)
	return e == 0 && now == fileID{st.Dev, st.Ino}
}
