package syscalls

import (
	"fmt"
	"os"
	"strconv"
	"sync"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func appendInt(path []byte, n int) []byte {
	return append(strconv.AppendInt(path, int64(n), 10), 0)
}

// emulateOpen answers what the rule says in place of the file.
func (c *Context) emulateOpen(how unix.OpenHow) answer {
	em := c.decision.Rule.Emulate
	switch {
	case !em.Served():
		return c.emulateResult(em)
	case !em.HasContent && c.decision.Rule.Access&rules.Write != 0:
		return c.redirectOpen(em, how)
	}
	flags := how.Flags&(unix.O_NONBLOCK|largeFile|unix.O_DIRECTORY) | unix.O_RDONLY | unix.O_NOCTTY
	fd, e := c.substitute(em, flags)
	if e != 0 {
		return c.substituteFailed(e)
	}
	return c.give(fd, how.Flags, c.event(audit.Emulated, ""))
}

// substitute opens what is served for those who do not write, with the target's
// identity.
func (c *Context) substitute(em *rules.Emulation, flags uint64) (int, sys.Errno) {
	c.how = unix.OpenHow{Flags: flags | unix.O_CLOEXEC}
	if em.HasContent {
		content, err := c.by.contents.get(em)
		if err != nil {
			return -1, unix.EIO
		}
		return c.sleepingOpen(func(c *Context) (int, sys.Errno) { return c.env.Proc.Reopen(content, &c.how) }) // a lease
	}
	return c.openSubstitute(em)
}

// substituteFailed answers when what the rule serves is not there to be opened.
func (c *Context) substituteFailed(e sys.Errno) answer {
	switch e {
	case errInterrupted:
		return c.interrupted()
	case unix.ELOOP:
		return c.failed(unix.EACCES, "there is a symlink on the way to what the rule serves instead, since the rules were loaded")
	}
	return c.failed(e, "what the rule serves instead cannot be opened: "+e.Error())
}

// contentCache keeps one sealed memory file for each `content` of a policy's
// rules, whose number bounds it. It goes with them: the files are closed by the
// garbage collector, since nobody else knows when the last call that is judged
// by replaced rules has ended, and a number closed too early is another file's.
type contentCache struct {
	files sync.Map   // of *rules.Emulation to *os.File
	mu    sync.Mutex // held while one is made
}

func (cc *contentCache) get(em *rules.Emulation) (int, error) {
	if fd, ok := cc.files.Load(em); ok {
		return int(fd.(*os.File).Fd()), nil
	}
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if fd, ok := cc.files.Load(em); ok {
		return int(fd.(*os.File).Fd()), nil
	}
	fd, err := memoryFile(em.Content)
	if err == nil {
		cc.files.Store(em, os.NewFile(uintptr(fd), "content"))
	}
	return fd, err
}

// contentPath is what the kernel calls a memory file: memfd_create(2).
const (
	contentName = "broker-content"
	contentPath = "/memfd:" + contentName + " (deleted)"
)

// memoryFile makes an immutable file: every target shares it, so no target
// may write to it. memfd_create(2), fcntl(2) F_ADD_SEALS.
func memoryFile(content []byte) (int, error) {
	fd, err := unix.MemfdCreate(contentName, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, fmt.Errorf("create a memory file: %w", err)
	}
	fail := func(err error) (int, error) {
		sys.Close(fd)
		return -1, err
	}
	for rest := content; len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil {
			return fail(fmt.Errorf("fill a memory file: %w", err))
		}
		rest = rest[n:]
	}
	if err := unix.Fchmod(fd, 0o444); err != nil {
		return fail(fmt.Errorf("set the mode of a memory file: %w", err))
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return fail(fmt.Errorf("seal a memory file: %w", err))
	}
	return fd, nil
}
