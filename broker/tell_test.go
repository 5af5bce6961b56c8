package broker

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// recorder keeps what is recorded.
type recorder struct {
	mu     sync.Mutex
	events []audit.Event
}

func (r *recorder) Wants(a audit.Action) bool { return a != audit.Allowed }

func (r *recorder) Record(ev *audit.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, *ev.Clone())
}

// take returns what was recorded, and forgets it.
func (r *recorder) take() []audit.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

// obedient is a target that does as it is told, under a policy.
func obedient(t *testing.T, policy *rules.Policy, log syscalls.Recorder) *kerneltest.Victim {
	t.Helper()
	env, program := supervisor(t, policy, log)
	v := kerneltest.Start(t, program)
	env.Listener = v.Listener
	engine := NewEngine(env, func(err error) { t.Error(err) }, func(err error) { t.Error(err) })
	engine.Start()
	t.Cleanup(func() {
		v.Kill()
		engine.Wait()
	})
	return v
}

// tell makes the arguments of a call of the table. given overrides, by role;
// the rest is harmless, and good enough to get past everything that the kernel
// checks before it looks a path up.
func tell(call syscalls.Call, given map[string]any) []any {
	usual := map[string]any{
		"dir": unix.AT_FDCWD, "dir2": unix.AT_FDCWD, "fd": -1, "at": 0, "flags": 0, "mode": 0o644, "dev": 0,
		"uid": -1, "gid": -1, "times": 0, "name": "user.broker", "value": "v", "size": 1, "length": 0,
		"how": kerneltest.Raw("h:0,0,0"), "text": "text", "buf": kerneltest.Raw("m:256"), "mask": 0x7ff,
		"handle": "\x40\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 64), "mount": kerneltest.Raw("m:8"),
		"params": strings.Repeat("\x00", 16), "argv": 0, "envp": 0,
	}
	switch call.Name {
	case "openat2":
		usual["size"] = 24
	case "setxattrat", "getxattrat":
		usual["size"] = 16
	case "file_getattr", "file_setattr":
		usual["size"] = 24
	case "access", "faccessat", "faccessat2":
		usual["mode"] = 0
	case "readlink", "readlinkat", "listxattr", "llistxattr", "listxattrat", "getxattr", "lgetxattr":
		usual["size"] = 100
	}
	var args []any
	for _, role := range strings.Fields(call.Signature) {
		value, ok := given[role]
		if !ok {
			value = usual[role]
		}
		args = append(args, value)
	}
	return args
}

// byPath are the calls of the table that have a path.
func byPath() []syscalls.Call {
	var calls []syscalls.Call
	for _, call := range syscalls.Table(false) {
		if strings.Contains(" "+call.Signature+" ", " path ") {
			calls = append(calls, call)
		}
	}
	return calls
}

// TestHidden: what a rule hides is not there for any call of the table, however
// the path leads to it or through it, and what does not exist is no violation.
func TestHidden(t *testing.T) {
	base := Canonical(t.TempDir())
	kerneltest.Tree(t, base, "open/", "open/file", "open/in -> ../hidden/file", "open/dir -> ../hidden",
		"hidden/", "hidden/file", "hidden/sub/", "hidden/out -> ../open/file", "hidden/known", "hidden/sub/x")
	policy := loadRules(t, strings.ReplaceAll(allowAll, `"exec"]`, `"exec"]`)+`
deny "hide" {
  access = ["stat"]
  path   = ["`+base+`/hidden", "`+base+`/ghost"]
  except = ["`+base+`/hidden/known"]
}`)
	log := &recorder{}
	v := obedient(t, policy, log)
	watch := v.Call(unix.SYS_INOTIFY_INIT1, 0).Value
	open := v.Call(unix.SYS_OPENAT, unix.AT_FDCWD, base+"/open", unix.O_DIRECTORY).Value
	if r := v.Call(unix.SYS_CHDIR, base+"/open"); r.Errno != 0 {
		t.Fatal(r.Errno)
	}
	log.take()
	spellings := []struct {
		dir    int
		path   string
		exists bool
	}{
		{-1, base + "/hidden", true},
		{-1, base + "/hidden/", true},
		{-1, base + "/hidden/file", true},
		{-1, base + "/hidden/none", true}, // its directory is
		{-1, base + "/ghost", false},
		{-1, base + "/hidden/file/x", true}, // the file is
		{-1, base + "/ghost/x", false},
		{-1, base + "/hidden/out", true},
		{-1, base + "/hidden/../open/file", true},
		{-1, base + "/hidden/sub/../../open/file", true},
		{-1, base + "/open/dir/file", true},
		{-1, "../hidden/file", true},
		{-1, "dir/sub", true},
		{open, "../hidden/file", true},
		{-1, "/proc/self/cwd/../hidden/file", true},
	}
	for _, call := range byPath() {
		if call.Name == "openat2" { // its flags are another test's
			continue
		}
		for _, s := range spellings {
			given := map[string]any{"path": s.path, "path2": "new", "fd": watch}
			if s.dir >= 0 {
				if !strings.Contains(call.Signature, "dir ") {
					continue
				}
				given["dir"] = s.dir
			}
			r := v.Call(call.Number, tell(call, given)...)
			if r.Errno != unix.ENOENT {
				t.Errorf("%s of %s: %d, %v; want ENOENT", call.Name, s.path, r.Value, r.Errno)
			}
			events := log.take()
			if s.exists != (len(events) == 1) || len(events) > 0 && (events[0].Action != audit.Denied || events[0].Errno != "ENOENT") {
				t.Errorf("%s of %s: recorded %.300s", call.Name, s.path, fmt.Sprintf("%+v", events))
			}
		}
		if strings.Contains(call.Signature, "path2") {
			given := map[string]any{"path": "file", "path2": base + "/hidden/new"}
			if r := v.Call(call.Number, tell(call, given)...); r.Errno != unix.ENOENT {
				t.Errorf("%s to a hidden place: %v", call.Name, r.Errno)
			}
			log.take()
		}
	}
	for _, path := range []string{base + "/open/file", base + "/hidden/known", base, "/"} {
		if r := v.Call(unix.SYS_STAT, path, kerneltest.Raw("m:256")); r.Errno != 0 {
			t.Errorf("%s cannot be seen: %v", path, r.Errno)
		}
	}
	for _, leftover := range []string{"open/new", "hidden/new", "hidden/none"} {
		if _, err := os.Lstat(filepath.Join(base, leftover)); err == nil {
			t.Errorf("%s was made", leftover)
		}
	}
	// A link whose own name may be seen: lstat sees the link, stat not what it
	// leads to.
	if r := v.Call(unix.SYS_LSTAT, "in", kerneltest.Raw("m:256")); r.Errno != 0 {
		t.Errorf("the link itself: %v", r.Errno)
	}
	if r := v.Call(unix.SYS_STAT, "in", kerneltest.Raw("m:256")); r.Errno != unix.ENOENT {
		t.Errorf("through the link: %v", r.Errno)
	}
}

// TestShown: once a rule allows stat, the rest is not there, except for the way.
func TestShown(t *testing.T) {
	base := Canonical(t.TempDir())
	kerneltest.Tree(t, base, "a/", "a/b/", "a/b/file", "a/other")
	v := obedient(t, loadRules(t, allowAll+`
allow "show" {
  access = ["stat"]
  path   = ["`+base+`/a/b/**"]
}`), &recorder{})
	for path, want := range map[string]unix.Errno{
		"/": 0, base: 0, base + "/a": 0, base + "/a/b": 0, base + "/a/b/file": 0, base + "/a/b/none": unix.ENOENT,
		base + "/a/other": unix.ENOENT, "/etc/passwd": unix.ENOENT, "/usr": unix.ENOENT,
	} {
		if r := v.Call(unix.SYS_STAT, path, kerneltest.Raw("m:256")); r.Errno != want {
			t.Errorf("stat %s: %v, want %v", path, r.Errno, want)
		}
		if r := v.Call(unix.SYS_OPEN, path, unix.O_RDONLY); r.Errno != want {
			t.Errorf("open %s: %v, want %v", path, r.Errno, want)
		}
	}
}

// TestAnswersAsKernel: what the calls that ask write into the target's memory
// is what the kernel writes.
func TestAnswersAsKernel(t *testing.T) {
	base := Canonical(t.TempDir())
	kerneltest.Tree(t, base, "file", "link -> file", "dir/", "fifo|")
	attributes := unix.Setxattr(base+"/file", "user.broker", []byte("some value"), 0) == nil
	broker := obedient(t, loadRules(t, strings.Replace(allowAll, `"exec"]`, `"exec", "stat"]`, 1)), &recorder{})
	native := kerneltest.StartPlain(t, nil)
	const size = 256
	type target struct {
		v      *kerneltest.Victim
		memory uint64
		watch  int
	}
	targets := []*target{{v: native}, {v: broker}}
	for _, x := range targets {
		x.memory = uint64(x.v.Number("map %d %d %s", 8192, unix.PROT_READ|unix.PROT_WRITE, kerneltest.Hex(strings.Repeat("\x55", size))))
		x.watch = x.v.Call(unix.SYS_INOTIFY_INIT1, 0).Value
		x.v.Call(unix.SYS_CHDIR, base)
	}
	seen := 0
	for _, call := range byPath() {
		if call.Access != rules.Stat {
			continue
		}
		for _, path := range []string{"file", "link", "dir", "fifo", base + "/file", base + "/link", "none", "/", "/proc/self", "/proc/self/exe", "/proc/1/status"} {
			for _, at := range []int{0, unix.AT_SYMLINK_NOFOLLOW, unix.AT_SYMLINK_FOLLOW} {
				var got [2]string
				for i, x := range targets {
					clean := bytes.Repeat([]byte{0x55}, size)
					if _, e := sys.ProcessWrite(x.v.PID, x.memory, clean); e != 0 {
						t.Fatal(e)
					}
					given := map[string]any{"path": path, "buf": x.memory, "fd": x.watch, "at": at, "mount": x.memory + 200}
					if call.Name == "name_to_handle_at" {
						header := append([]byte{64, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 64)...)
						if _, e := sys.ProcessWrite(x.v.PID, x.memory, header); e != 0 {
							t.Fatal(e)
						}
						given["handle"] = x.memory
					}
					r := x.v.Call(call.Number, tell(call, given)...)
					if _, e := sys.ProcessRead(x.v.PID, x.memory, clean); e != 0 {
						t.Fatal(e)
					}
					if call.Name == "statfs" {
						clean = clean[:16] // the free blocks change
					}
					if path == "/proc/self" && strings.HasPrefix(call.Name, "readlink") {
						r.Value, clean = 0, nil // its own number
					}
					if strings.HasPrefix(path, "/proc/self") && strings.Contains(call.Name, "stat") {
						clean = nil // two processes have two inodes there
					}
					got[i] = fmt.Sprintf("%+v %x", r, clean)
				}
				if got[0] != got[1] {
					t.Errorf("%s of %s, at %#x:\n%.150s natively\n%.150s under the broker", call.Name, path, at, got[0], got[1])
				}
				seen++
			}
		}
	}
	if seen == 0 || !attributes && os.Getenv("TMPDIR") == "" {
		t.Errorf("%d comparisons, attributes: %v", seen, attributes)
	}
}

// TestEmulatedAttributes: what is served in place of a file also answers for
// its size, where the rule says so, and only for a call that asks.
func TestEmulatedAttributes(t *testing.T) {
	base := Canonical(t.TempDir())
	kerneltest.Tree(t, base, "file", "gone")
	v := obedient(t, loadRules(t, allowAll+`
emulate "content" {
  access  = ["read", "stat"]
  path    = ["`+base+`/file"]
  content = "something else"
}
emulate "missing" {
  access = ["read", "stat"]
  path   = ["`+base+`/gone"]
  errno  = "ELOOP"
}`), &recorder{})
	memory := uint64(v.Number("map %d %d %s", 8192, unix.PROT_READ|unix.PROT_WRITE, kerneltest.Hex(strings.Repeat("x", 256))))
	size := func(nr int, args ...any) int64 {
		t.Helper()
		if r := v.Call(nr, args...); r.Errno != 0 {
			t.Fatal(r.Errno)
		}
		var buf [8]byte
		if _, e := sys.ProcessRead(v.PID, memory+48, buf[:]); e != 0 { // st_size
			t.Fatal(e)
		}
		return int64(binary.NativeEndian.Uint64(buf[:]))
	}
	const want = int64(len("something else"))
	if got := size(unix.SYS_STAT, base+"/file", memory); got != want {
		t.Errorf("stat says %d bytes, want %d", got, want)
	}
	fd := v.Call(unix.SYS_OPEN, base+"/file", unix.O_RDONLY).Value
	if got := size(unix.SYS_FSTAT, fd, memory); got != want {
		t.Errorf("fstat says %d bytes, want %d", got, want)
	}
	if got := size(unix.SYS_NEWFSTATAT, fd, "\x00", memory, unix.AT_EMPTY_PATH); got != want {
		t.Errorf("newfstatat of the descriptor says %d bytes, want %d", got, want)
	}
	for nr, second := range map[int]uint64{unix.SYS_STAT: memory, unix.SYS_OPEN: unix.O_RDONLY, unix.SYS_MKDIR: 0o755} {
		if r := v.Call(nr, base+"/gone", second); r.Errno != unix.ELOOP {
			t.Errorf("call %d: %v, want the rule's ELOOP", nr, r.Errno)
		}
	}
}

// TestHidingMonitored: monitor mode shows what enforce would hide, and says so.
func TestHidingMonitored(t *testing.T) {
	base := Canonical(t.TempDir())
	kerneltest.Tree(t, base, "hidden/", "hidden/file")
	log := &recorder{}
	v := obedient(t, loadRules(t, "mode = \"monitor\"\n"+allowAll+`
deny "hide" {
  access = ["stat"]
  path   = ["`+base+`/hidden"]
}`), log)
	log.take()
	for nr, second := range map[int]any{unix.SYS_STAT: kerneltest.Raw("m:256"), unix.SYS_OPEN: uint64(unix.O_WRONLY), unix.SYS_CHDIR: uint64(0)} {
		if r := v.Call(nr, base+"/hidden", second); r.Errno != 0 && nr != unix.SYS_OPEN {
			t.Errorf("call %d: %v", nr, r.Errno)
		}
		if events := log.take(); len(events) != 1 || events[0].Action != audit.WouldDeny {
			t.Errorf("call %d: recorded %.300s", nr, fmt.Sprintf("%+v", events))
		}
	}
}
