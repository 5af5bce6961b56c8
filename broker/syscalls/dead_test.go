package syscalls

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
`

// deadCalls are calls that would change the directory %s, or write into memory.
func deadCalls(dir string) map[string][]any {
	file, fresh := dir+"/file", dir+"/fresh"
	local := func(path string) string { return "\x01\x00" + path + "\x00" }
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
		"bind":              {unix.SYS_BIND, 0, local(fresh), 2 + len(fresh) + 1},
		"execve":            {unix.SYS_EXECVE, "/bin/true", 0, 0},
	}
}

// memory is that many bytes of the target's, an argument.
type memory int

// deadContext runs test with a context whose notification is that of a target
// that was killed, and shows the memory and the registers of another one, as if
// that had been given its number.
func deadContext(t *testing.T, dir string, call []any, test func(c *Context, n *notify.Notification)) *Env {
	t.Helper()
	policy, diags := rules.Load(rules.Options{
		Files: []string{"dead.hcl"}, Texts: map[string][]byte{"dead.hcl": []byte(deadRules)},
		Canonical: func(p string) string { return p }, Classes: Mediated(),
		Vars: rules.Vars{Home: "/root", Cwd: dir, Project: dir, Tmp: "/tmp", User: "u"},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	dead := kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID))
	dead.SendCall(unix.SYS_GETPPID)
	was, err := dead.Listener.NewReceiver().Receive()
	if err != nil {
		t.Fatal(err)
	}
	number := call[0].(int)
	other := kerneltest.Start(t, kerneltest.Notify(uint32(number)))
	args := slices.Clone(call[1:])
	for i, a := range args {
		if size, ok := a.(memory); ok {
			args[i] = kerneltest.Raw(fmt.Sprintf("m:%d", size))
		}
	}
	other.SendCall(number, args...)
	n, err := other.Listener.NewReceiver().Receive()
	if err != nil {
		t.Fatal(err)
	}
	pending := n.ID
	n.ID = was.ID
	dead.Kill()
	proc := openProc(t)
	var log reasons
	env := &Env{Listener: dead.Listener, Proc: proc, Log: &log, FixedRoot: true, Rules: Rules{
		Policy: policy, Emulated: []Emulated{{Name: "uname", Number: unix.SYS_UNAME}},
	}}
	var buf tracee.StatusBuffer
	if e := proc.Thread(unix.Getpid()).Identity(&env.Self, &buf); e != 0 {
		t.Fatal(e)
	}
	env.Init()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		c, err := NewContext(env)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		test(c, n)
		for i, a := range call[1:] {
			size, ok := a.(memory)
			if !ok {
				continue
			}
			now := make([]byte, size)
			if e := proc.Thread(int(n.PID)).Read(n.Data.Args[i], now); e != 0 || len(bytes.Trim(now, "\x00")) > 0 {
				t.Errorf("the other's memory is %q, %v", now, e)
			}
		}
	}()
	<-done
	_ = other.Listener.Reply(pending, notify.Errno(unix.ENOSYS))
	if got := other.Result(); got.Errno != unix.ENOSYS {
		t.Errorf("the other got %+v", got)
	}
	if len(log) > 0 {
		t.Errorf("recorded %q: nobody knows of whom", log)
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
	for name, answers := range map[string]func(c *Context, at uint64){
		"returns":     func(c *Context, at uint64) { c.returns(at, []byte("answer"), 0) },
		"writeLength": func(c *Context, at uint64) { c.writeLength(at, 7) },
		"emulateAnswer": func(c *Context, _ uint64) {
			c.emulateAnswer(&rules.Emulation{Answer: []rules.Field{{Name: "nodename", Text: "other"}}})
		},
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
