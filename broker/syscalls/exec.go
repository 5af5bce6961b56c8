package syscalls

import (
	"bytes"

	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Bounds of a script's first line: fs/binfmt_script.c and fs/exec.c.
const (
	scriptLine      = 256 // BINPRM_BUF_SIZE
	maxInterpreters = 5

	atExecveCheck = 0x10000 // AT_EXECVE_CHECK, Linux 6.14: judge, do not execute
)

// doExecve judges the executable and, for a script, every interpreter that the
// kernel will start in its place. Only the kernel can replace a process
// image, so the call is then continued: between the two another thread can
// change the path, which is why exec is the one exception to the rule that
// nothing read from memory is continued.
func doExecve(c *Context) answer {
	flags, bad := c.lastFlags(atExecveCheck)
	if a, ok := c.identify(false); !ok {
		return a
	}
	if a, ok := c.readPath(0); !ok {
		return a
	}
	switch {
	case len(c.raw[0]) == 0 && c.int(argAt)&unix.AT_EMPTY_PATH == 0:
		return fails(unix.ENOENT)
	case bad != 0: // the kernel has copied the path before: fs/exec.c
		return c.badFlags()
	}
	if a, ok := c.find(0, c.dirfd(0), flags); !ok {
		return a
	}
	for range maxInterpreters + 1 {
		if a, ok := c.judgeExisting(rules.Exec); !ok {
			return a
		}
		image, interpreter, a, ok := c.image()
		if !ok {
			return a
		}
		if interpreter == nil {
			if a, ok := c.guardExec(image); !ok {
				return a
			}
			c.finished(0)
			return answer{reply: notify.Continue()}
		}
		c.raw[0] = interpreter
		if a, ok := c.find(0, unix.AT_FDCWD, tracee.Follow); !ok {
			return a
		}
	}
	return fails(unix.ELOOP)
}

// image looks at the judged file: its identity if the kernel will run it
// itself, its interpreter if it is a script. A file that cannot be read may be
// a script whose interpreter is forbidden, so it is refused. Every exec that is
// continued has an identity to be held to, also where the kernel will refuse
// the file: another thread may put a program in its place. A handler that
// binfmt_misc starts is another image, and is killed.
func (c *Context) image() (st unix.Stat_t, interpreter []byte, a answer, ok bool) {
	place := c.place[0]
	if e := c.exists(place, &st); e != 0 {
		return st, nil, fails(e), false
	}
	switch st.Mode & unix.S_IFMT { // as the kernel: execve(2)
	case unix.S_IFREG:
	case unix.S_IFLNK:
		return st, nil, fails(unix.ELOOP), false
	default:
		return st, nil, fails(unix.EACCES), false
	}
	line, e := c.firstLine(place)
	switch {
	case e == unix.EACCES || e == unix.EPERM:
		return st, nil, c.failed(unix.EACCES, "the executable cannot be read, so its interpreter cannot be judged"), false
	case e != 0:
		return st, nil, c.openFailed(e), false
	}
	return st, parseInterpreter(line, c.buf[0][:0]), answer{}, true
}

func (c *Context) firstLine(place *tracee.Place) ([]byte, sys.Errno) {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY}
	var fd int
	var e sys.Errno
	if place.Object >= 0 {
		fd, e = c.env.Proc.Reopen(place.Object, &how)
	} else {
		how.Resolve = noLinks
		fd, e = sys.Openat2(place.Dir, place.Name, &how)
	}
	if e != 0 {
		return nil, e
	}
	defer sys.Close(fd)
	n, err := unix.Pread(fd, c.proc[:scriptLine], 0)
	if err != nil {
		return nil, unix.EIO
	}
	return c.proc[:n], 0
}

// parseInterpreter takes the path out of a #! line into buf, as the kernel
// does: blanks before it are skipped, it ends at a blank, a newline or a NUL.
func parseInterpreter(line, buf []byte) []byte {
	if !bytes.HasPrefix(line, []byte("#!")) {
		return nil
	}
	line = line[2:]
	if end := bytes.IndexAny(line, "\n\x00"); end >= 0 {
		line = line[:end]
	}
	line = bytes.TrimLeft(line, " \t")
	if end := bytes.IndexAny(line, " \t"); end >= 0 {
		line = line[:end]
	}
	if len(line) == 0 {
		return nil
	}
	return append(buf, line...)
}
