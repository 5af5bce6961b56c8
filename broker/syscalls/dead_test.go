package syscalls

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

const deadRules = `default = "allow"
allow "names all classes" {
  access = ["stat"]
  path   = ["/**"]
}
allow "addresses" {
  access  = ["connect", "bind"]
  address = ["*"]
}
emulate "another name" {
  syscall = ["uname"]
  answer  = { nodename = "other" }
}
emulate "a value" {
  syscall = ["getpriority"]
  value   = 7
}
`

// deadCalls are calls that would change the directory %s, or write into memory.
func deadCalls(dir string) map[string][]any {
	file, fresh := dir+"/file", dir+"/fresh"
	const loopback = "\x02\x00\x30\x39\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"
	return map[string][]any{
		"open":              {unix.SYS_OPEN, fresh, unix.O_CREAT | unix.O_WRONLY, 0o600},
		"open, walked":      {unix.SYS_OPEN, dir + "/./fresh", unix.O_CREAT | unix.O_WRONLY, 0o600},
		"open truncating":   {unix.SYS_OPENAT, unix.AT_FDCWD, file, unix.O_RDWR | unix.O_TRUNC, 0},
		"creat":             {unix.SYS_CREAT, fresh, 0o600},
		"mkdir":             {unix.SYS_MKDIR, fresh, 0o700},
		"mknod":             {unix.SYS_MKNOD, fresh, unix.S_IFIFO | 0o600, 0},
		"symlink":           {unix.SYS_SYMLINK, "text", fresh},
		"link":              {unix.SYS_LINK, file, fresh},
		"unlink":            {unix.SYS_UNLINK, file},
		"rmdir":             {unix.SYS_RMDIR, dir + "/sub"},
		"rename":            {unix.SYS_RENAME, file, fresh},
		"truncate":          {unix.SYS_TRUNCATE, file, 0},
		"truncate, walked":  {unix.SYS_TRUNCATE, dir + "/./file", 0},
		"chmod":             {unix.SYS_CHMOD, file, 0o777},
		"setxattr":          {unix.SYS_SETXATTR, file, "user.broker", "value", 5, 0},
		"stat":              {unix.SYS_STAT, file, memory(144)},
		"newfstatat":        {unix.SYS_NEWFSTATAT, 0, "", memory(144), unix.AT_EMPTY_PATH},
		"statx":             {unix.SYS_STATX, unix.AT_FDCWD, file, 0, 0xfff, memory(256)},
		"readlink":          {unix.SYS_READLINK, dir + "/link", memory(64), 64},
		"statfs":            {unix.SYS_STATFS, file, memory(120)},
		"name_to_handle_at": {unix.SYS_NAME_TO_HANDLE_AT, unix.AT_FDCWD, file, memory(200), memory(8), 0},
		"uname":             {unix.SYS_UNAME, memory(390)},
		"bind":              {unix.SYS_BIND, socketArgument{}, loopback, 16},
		"connect":           {unix.SYS_CONNECT, socketArgument{}, loopback, 16},
		"sendto":            {unix.SYS_SENDTO, socketArgument{}, "x", 1, 0, loopback, 16},
		"getpriority":       {unix.SYS_GETPRIORITY, 0, 0},
		"execve":            {unix.SYS_EXECVE, "/bin/true", 0, 0},
	}
}

// memory is that many bytes of the target's, an argument.
type memory int

// socketArgument is a datagram socket of the target's.
type socketArgument struct{}

// checkUnused makes sure that the socket is neither bound nor connected.
func checkUnused(t *testing.T, target tracee.Thread, fd int) {
	t.Helper()
	s, e := target.GetFD(fd)
	if e != 0 {
		t.Error(e)
		return
	}
	defer func() { _ = unix.Close(s) }()
	if name, err := unix.Getsockname(s); err != nil || name.(*unix.SockaddrInet4).Port != 0 {
		t.Errorf("the socket is bound: %+v, %v", name, err)
	}
	if peer, err := unix.Getpeername(s); err == nil {
		t.Errorf("the socket is connected: %+v", peer)
	}
}

// deadContext runs test with a context whose notification is that of a target
// that was killed, and shows the memory and the registers of another one, as if
// that had been given its number.
func deadContext(t *testing.T, dir string, call []any, test func(c *Context, n *notify.Notification)) *Env {
	t.Helper()
	dead := kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID))
	id := called(t, dead, unix.SYS_GETPPID).ID
	other := kerneltest.Start(t, kerneltest.Notify(uint32(call[0].(int))))
	fd := other.Call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM, 0).Value
	args := slices.Clone(call[1:])
	for i, a := range args {
		switch a := a.(type) {
		case memory:
			args[i] = kerneltest.Raw(fmt.Sprintf("m:%d", a))
		case socketArgument:
			args[i] = fd
		}
	}
	n := called(t, other, call[0].(int), args...)
	pending := n.ID
	n.ID = id
	dead.Kill()
	env, log := envOf(t, deadRules, dead.Listener, Emulated{Name: "uname", Number: unix.SYS_UNAME},
		Emulated{Name: "getpriority", Number: unix.SYS_GETPRIORITY})
	inContext(t, env, func(c *Context) {
		test(c, n)
		for i, a := range call[1:] {
			size, ok := a.(memory)
			if !ok {
				continue
			}
			now := make([]byte, size)
			if e := env.Proc.Thread(int(n.PID)).Read(n.Data.Args[i], now); e != 0 || len(bytes.Trim(now, "\x00")) > 0 {
				t.Errorf("the other's memory is %q, %v", now, e)
			}
		}
		checkUnused(t, env.Proc.Thread(int(n.PID)), fd)
	})
	_ = other.Listener.Reply(pending, notify.Errno(unix.ENOSYS))
	if got := other.Result(); got.Errno != unix.ENOSYS {
		t.Errorf("the other got %+v", got)
	}
	if len(*log) > 0 {
		t.Errorf("recorded %q: nobody knows of whom", *log)
	}
	return env
}

// listing is all that deadCalls could change.
func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, e := range entries {
		var st unix.Stat_t
		if err := unix.Lstat(filepath.Join(dir, e.Name()), &st); err != nil {
			t.Fatal(err)
		}
		size, _ := unix.Llistxattr(filepath.Join(dir, e.Name()), nil)
		fmt.Fprintf(&out, "%s %o %d %d %d\n", e.Name(), st.Mode, st.Nlink, st.Size, size)
	}
	return out.String()
}

// TestDeadNotification: what was read after a target had died was another's, which
// has its number now. Nothing comes of it: no effect, no answer, nothing approved.
func TestDeadNotification(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "file", "sub/", "link -> file")
	if err := os.WriteFile(dir+"/file", []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	for name, call := range deadCalls(dir) {
		t.Run(name, func(t *testing.T) {
			env := deadContext(t, dir, call, func(c *Context, n *notify.Notification) { c.Handle(n) })
			if after := listing(t, dir); after != before {
				t.Errorf("before\n%safter\n%s", before, after)
			}
			if env.guard.count.Load() != 0 {
				t.Error("an exec is pending")
			}
		})
	}
}

// The target can still die when all has been read and found: memory is written
// only after another look.
func TestDeadBeforeTheAnswer(t *testing.T) {
	dir := kerneltest.Dir(t)
	approves := func(c *Context, _ uint64) {
		c.guardExec(unix.Stat_t{Dev: 1, Ino: 1})
		if c.env.guard.count.Load() != 0 {
			t.Error("an exec is pending")
		}
	}
	for name, answers := range map[string]func(c *Context, at uint64){
		"returns":     func(c *Context, at uint64) { c.returns(at, []byte("answer"), 0) },
		"writeLength": func(c *Context, at uint64) { c.writeLength(at, 7) },
		"emulateAnswer": func(c *Context, _ uint64) {
			c.emulateAnswer(&rules.Emulation{Answer: []rules.Field{{Name: "nodename", Text: "other"}}})
		},
		"guardExec":    approves,
		"handleMade":   func(c *Context, _ uint64) { c.handleMade([]byte("\x08\x00\x00\x00........"), [8]byte{1}, 0) },
		"signalCaller": func(c *Context, _ uint64) { c.signalCaller(unix.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			call := []any{unix.SYS_UNAME, memory(390)}
			if name == "handleMade" {
				call = []any{unix.SYS_NAME_TO_HANDLE_AT, unix.AT_FDCWD, "x", memory(200), memory(8), 0}
			}
			deadContext(t, dir, call, func(c *Context, n *notify.Notification) {
				c.begin(n)
				answers(c, n.Data.Args[0])
				c.end()
			})
		})
	}
}
