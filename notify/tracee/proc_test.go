package tracee

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

// holdings opens a descriptor of every sort in the target.
func (o *oracle) holdings(dir string) map[string]int {
	o.t.Helper()
	open := func(path string, flags int) int { return o.must(unix.SYS_OPENAT, unix.AT_FDCWD, path, flags, 0o644) }
	fds := map[string]int{
		"file":    open(dir+"/f", unix.O_RDONLY),
		"dir":     open(dir+"/d", unix.O_RDONLY),
		"link":    open(dir+"/lf", unix.O_PATH|unix.O_NOFOLLOW),
		"fifo":    open(dir+"/p", unix.O_RDWR),
		"null":    open("/dev/null", unix.O_RDWR),
		"deleted": open(dir+"/deleted", unix.O_RDWR|unix.O_CREAT),
		"gone":    o.must(unix.SYS_MKDIR, dir+"/gone dir", 0o755),
		"tmpfile": open(dir, unix.O_TMPFILE|unix.O_RDWR),
		"memfd":   o.must(unix.SYS_MEMFD_CREATE, "a name", 0),
		"eventfd": o.must(unix.SYS_EVENTFD2, 0, 0),
		"socket":  o.must(unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM, 0),
		"procdir": open("/proc/self", unix.O_PATH),
		"proc":    open("/proc/self/status", unix.O_RDONLY),
		"pipe":    0,
	}
	fds["gone"] = open(dir+"/gone dir", unix.O_PATH)
	o.must(unix.SYS_RMDIR, dir+"/gone dir")
	o.must(unix.SYS_UNLINK, dir+"/deleted")
	return fds
}

// The links of /proc mean the target's own, whichever thread asks.
func TestWalkProc(t *testing.T) {
	o := newOracle(t, true)
	dir := plantTree(t, kerneltest.Dir(t))
	o.must(unix.SYS_CHDIR, dir)
	paths := []string{
		"/proc/self", "/proc/self/", "/proc/self/.", "/proc/self/..", "/proc/self/exe", "/proc/self/exe/", "/proc/self/exe/x",
		"/proc/self/cwd", "/proc/self/cwd/", "/proc/self/cwd/f", "/proc/self/cwd/lf", "/proc/self/cwd/..", "/proc/self/cwd/missing",
		"/proc/self/root", "/proc/self/root/", "/proc/self/root/etc/passwd", "/proc/self/root/proc/self/cwd/f", "/proc/self/root/..",
		"/proc/self/status", "/proc/self/ns/mnt", "/proc/self/ns", "/proc/self/task", "/proc/self/mounts", "/proc/self/maps/",
		"/proc/thread-self", "/proc/thread-self/", "/proc/thread-self/cwd/f", "/proc/thread-self/status", "/proc/thread-self/fd/0",
		"/proc/mounts", "/proc/net", "/proc/net/tcp", "/proc/version", "/proc/missing", "/proc/999999999", "/proc/sys/kernel/ostype",
		"/proc", "/proc/", "/proc/..", "//proc//self//cwd//f", "/proc/../proc/self/cwd", "/dev/fd", "/dev/fd/", "/dev/stdin", "/dev/stdin/",
		"/dev/stdin/.", "/dev/fd/99", "/dev/fd/0/x",
	}
	for _, id := range o.tid {
		paths = append(paths, fmt.Sprintf("/proc/%d", id), fmt.Sprintf("/proc/%d/cwd/f", id), fmt.Sprintf("/proc/%d/status", id),
			fmt.Sprintf("/proc/self/task/%d/cwd", id), fmt.Sprintf("/proc/self/task/%d/fd/0", id), fmt.Sprintf("/proc/0%d/cwd", id))
	}
	for _, fd := range o.holdings(dir) {
		for _, form := range []string{"/proc/self/fd/%d", "/proc/self/fd/%d/", "/proc/self/fd/%d/.", "/proc/self/fd/%d/..", "/proc/self/fd/%d/f",
			"/proc/thread-self/fd/%d", "/dev/fd/%d", "/proc/self/fdinfo/%d", "/proc/self/cwd/../../../proc/self/fd/%d"} {
			paths = append(paths, fmt.Sprintf(form, fd))
		}
	}
	for _, path := range paths {
		for thread := range o.tid {
			o.check(lookup{thread, unix.AT_FDCWD, path, Follow})
			o.check(lookup{thread, unix.AT_FDCWD, path, 0})
		}
	}
	t.Logf("%d lookups", o.checks)
}

// What has no path says so.
func TestWalkAnonymous(t *testing.T) {
	o := newOracle(t, true)
	dir := plantTree(t, kerneltest.Dir(t))
	named := map[string]bool{"file": true, "dir": true, "fifo": true, "null": true, "deleted": true, "gone": true, "tmpfile": true,
		"link": true, "procdir": true, "proc": true}
	for what, fd := range o.holdings(dir) {
		for _, path := range []string{fmt.Sprintf("/proc/self/fd/%d", fd), ""} {
			dirfd, flags := unix.AT_FDCWD, Follow
			if path == "" {
				dirfd, flags = fd, Empty
			}
			place, e := o.w.Walk(o.w.proc.Thread(o.v.PID), dirfd, []byte(path), flags)
			if e != 0 {
				t.Errorf("%s: %v", what, e)
				continue
			}
			if place.Anonymous == named[what] || place.Object < 0 {
				t.Errorf("%s: anonymous %v, object %d, path %q", what, place.Anonymous, place.Object, place.Path)
			}
			if what == "deleted" && string(place.Path) != dir+"/deleted" || what == "gone" && string(place.Path) != dir+"/gone dir" {
				t.Errorf("%s: path %q", what, place.Path)
			}
		}
	}
}

// outsider is a process that no longer descends from this one.
func outsider(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!").Output()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGKILL) })
	return pid
}

// Other processes' entries: those of the tree are open to a target, those of
// others are told apart, and their links are not followed.
func TestWalkForeign(t *testing.T) {
	o := newOracle(t, true)
	sibling := kerneltest.StartPlain(t, nil)
	self, outside := os.Getpid(), outsider(t)
	var other int // a thread of the supervisor that is not its leader
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if id, err := strconv.Atoi(entry.Name()); err == nil && id != self {
			other = id
		}
	}
	const refused, foreign, supervisor, open = "refused", "foreign", "supervisor", "open"
	for _, c := range []struct {
		format string
		pid    int
		want   string
	}{
		{"/proc/%d", sibling.PID, open}, {"/proc/%d/status", sibling.PID, open}, {"/proc/%d/cwd", sibling.PID, open},
		{"/proc/%d/fd/0", sibling.PID, open}, {"/proc/%d/root/etc/passwd", sibling.PID, open},
		{"/proc/%d", outside, foreign}, {"/proc/%d/status", outside, foreign}, {"/proc/%d/task", outside, foreign},
		{"/proc/%d/cwd", outside, refused}, {"/proc/%d/root/etc/passwd", outside, refused}, {"/proc/%d/fd/0", outside, refused},
		{"/proc/%d/exe", 1, "any errno"}, {"/proc/%d", 1, foreign}, {"/proc/%d/task/1/root", 1, "any errno"},
		{"/proc/%d", self, supervisor}, {"/proc/%d/mem", self, supervisor}, {"/proc/%d/task", self, supervisor},
		{"/proc/self/../%d/mem", self, supervisor}, {"/proc/self/cwd/proc/%d/mem", self, supervisor},
		{"/proc/%d/fd/0", self, refused}, {"/proc/%d/cwd", self, refused}, {"/proc/%d/root", self, refused},
		{"/proc/%d", other, foreign}, {"/proc/%d/mem", other, foreign}, {"/proc/%d/cwd", other, refused}, {"/proc/%d/fd/3", other, "any errno"},
		{"/proc/self/task/%d", o.tid[1], open}, {"/proc/%d/fd/0", o.tid[1], open},
	} {
		path := fmt.Sprintf(c.format, c.pid)
		o.must(unix.SYS_CHDIR, "/")
		place, e := o.w.Walk(o.w.proc.Thread(o.v.PID), unix.AT_FDCWD, []byte(path), Follow)
		got := "any errno"
		switch {
		case e == unix.EACCES && o.w.Refusal() != "":
			got = refused
		case e != 0:
			if c.want != got {
				got = e.Error()
			}
		case place.Supervisor && place.Foreign:
			got = supervisor
		case place.Foreign:
			got = foreign
		default:
			got = open
		}
		if got != c.want && (c.want != "any errno" || got != refused) {
			t.Errorf("%s: %s, want %s", path, got, c.want)
		}
	}
}

// Without following, a link in another process's entry is only a name there.
func TestWalkForeignLink(t *testing.T) {
	o := newOracle(t, true)
	path := fmt.Sprintf("/proc/%d/cwd", outsider(t))
	place, e := o.w.Walk(o.w.proc.Thread(o.v.PID), unix.AT_FDCWD, []byte(path), 0)
	if e != 0 || !place.Foreign || string(place.Path) != path {
		t.Errorf("%s: %+v, %v", path, place, e)
	}
	place, e = o.w.Walk(o.w.proc.Thread(o.v.PID), unix.AT_FDCWD, []byte("/proc/self/cwd"), 0)
	if e != 0 || place.Foreign || string(place.Path) != "/proc/self/cwd" {
		t.Errorf("/proc/self/cwd: %+v, %v", place, e)
	}
}

// A proc file system that is not the supervisor's numbers others' processes:
// all of it is foreign, and its links are not followed.
func TestWalkOtherProc(t *testing.T) {
	if os.Getuid() != 0 {
		return // mount(2) is root's; the run as root does this
	}
	dir := filepath.Join(kerneltest.Dir(t), "proc")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	o := newOracle(t, false)
	o.must(unix.SYS_UNSHARE, unix.CLONE_NEWNS)
	o.must(unix.SYS_MOUNT, "none", "/", 0, unix.MS_REC|unix.MS_PRIVATE, 0)
	o.must(unix.SYS_MOUNT, "proc", dir, "proc", 0, 0)
	thread := o.w.proc.Thread(o.v.PID)
	for _, name := range []string{"self/cwd", "self", "thread-self/root", fmt.Sprintf("%d/cwd", o.v.PID)} {
		if place, e := o.w.Walk(thread, unix.AT_FDCWD, []byte(dir+"/"+name), Follow); e != unix.EACCES || o.w.Refusal() == "" {
			t.Errorf("%s: %+v, %v; want a refusal", name, place, e)
		}
	}
	for _, name := range []string{"version", fmt.Sprintf("%d/status", o.v.PID), "1"} {
		place, e := o.w.Walk(thread, unix.AT_FDCWD, []byte(dir+"/"+name), Follow)
		if e != 0 || !place.Foreign {
			t.Errorf("%s: %+v, %v; want a foreign place", name, place, e)
		}
	}
	// The same over /proc: its path says nothing about whose it is.
	o.must(unix.SYS_MOUNT, "proc", "/proc", "proc", 0, 0)
	place, e := o.w.Walk(thread, unix.AT_FDCWD, []byte(fmt.Sprintf("/proc/%d/status", o.v.PID)), Follow)
	if e != 0 || !place.Foreign {
		t.Errorf("/proc/PID/status of another proc file system: %+v, %v; want a foreign place", place, e)
	}
}
