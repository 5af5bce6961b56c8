package syscalls

import (
	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// maxInterpreters is how many scripts the kernel goes through until it says
// ELOOP: fs/exec.c, exec_binprm.
const maxInterpreters = 5

// atExecveCheck is AT_EXECVE_CHECK, Linux 6.14: say whether, do not execute.
const atExecveCheck = 0x10000

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
	c.readArguments()
	if a, ok := c.find(0, c.dirfd(0), flags); !ok {
		return a
	}
	return c.judgeImages(c.int(argAt)&atExecveCheck != 0)
}

// judgeImages judges the file that was found and its interpreters, one after
// the other. A check ends with the file itself, as in the kernel. One file more
// than the kernel goes to is judged, so that the kernel says what is wrong
// with it, or ELOOP.
func (c *Context) judgeImages(check bool) answer {
	for depth := 0; ; depth++ {
		if a, ok := c.judgeExisting(rules.Exec); !ok {
			return a
		}
		image, line, a, ok := c.image()
		if !ok {
			return a
		}
		// A copy: whoever describes the caller writes over the context's own.
		var start [scriptLine]byte
		s, isScript := parseScript(start[:copy(start[:], line)])
		if check || !isScript || depth > maxInterpreters {
			if !check {
				if a, ok := c.guardExec(image); !ok {
					return a
				}
			}
			c.finished(0)
			return answer{reply: notify.Continue()}
		}
		if len(s.interpreter) == 0 {
			return fails(unix.EACCES)
		}
		c.passScript()
		c.args.interpret(c, &s)
		c.interpreted = true
		c.raw[0] = append(c.buf[0][:0], s.interpreter...)
		if a, ok := c.find(0, unix.AT_FDCWD, tracee.Follow); !ok {
			return a
		}
	}
}

// passScript records the script before its interpreter takes its place: each is a
// file that a rule has to allow, so each has a record.
func (c *Context) passScript() {
	c.finished(0)
	c.decision, c.would, c.shade = rules.Decision{}, false, shade{}
}

// image looks at the judged file: its identity if the kernel will run it
// itself, its first line if it may be a script. A file that cannot be read may be
// a script whose interpreter is forbidden, so it is refused. Every exec that is
// continued has an identity to be held to, also where the kernel will refuse
// the file: another thread may put a program in its place. A handler that
// binfmt_misc starts is another image, and is killed.
func (c *Context) image() (st unix.Stat_t, line []byte, a answer, ok bool) {
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
	return st, line, answer{}, true
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
