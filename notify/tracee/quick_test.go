package tracee

import (
	"os"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Whenever the short way takes a path, and its open meets no symlink or each
// that it meets can be replaced, object, errno and path are those of the walk.
func TestQuickIsWalk(t *testing.T) {
	o := newOracle(t, true)
	dir := plantTree(t, kerneltest.Dir(t))
	o.must(unix.SYS_CHDIR, dir)
	quick := walker(t, o.w.proc, true)
	fd := o.must(unix.SYS_OPENAT, unix.AT_FDCWD, dir+"/d", unix.O_PATH)
	file := o.must(unix.SYS_OPENAT, unix.AT_FDCWD, dir+"/f", unix.O_RDONLY)
	thread := o.w.proc.Thread(o.v.PID)
	taken, relinked := 0, 0
	compareAs := func(dirfd int, path string, flags Flags) {
		place, ok, e := quick.Quick(thread, dirfd, []byte(path))
		if !ok {
			return
		}
		got := kerneltest.Object{Errno: e, FD: -1}
		if e == 0 {
			got = opened(place, flags)
		}
		for got.Errno == unix.ELOOP {
			if place, ok = quick.Relink(flags&Follow != 0); !ok {
				return
			}
			relinked++
			got = opened(place, flags)
		}
		taken++
		want, walked := o.walked(lookup{0, dirfd, path, flags})
		if !got.Same(want) {
			t.Errorf("%.80q from %d: %v, walked %v", path, dirfd, got, want)
		} else if got.Errno == 0 && string(place.Path) != string(walked.Path) {
			t.Errorf("%.80q from %d: path %q, walked %q", path, dirfd, place.Path, walked.Path)
		}
	}
	compare := func(dirfd int, path string) {
		compareAs(dirfd, path, 0)
		compareAs(dirfd, path, Follow)
	}
	spellings(func(path string) {
		compare(unix.AT_FDCWD, path)
		compare(unix.AT_FDCWD, "./"+path)
		compare(fd, path)
		compare(-1, dir+"/"+path)
	})
	for _, path := range []string{"f", "missing", "/", "/etc/passwd", "/etc", "/nonexistent", "/dev/null", "/dev/shm"} {
		compare(file, path)
		compare(-1, path)
		compare(999, path)
		compare(0, path)
	}
	if taken < 100 {
		t.Errorf("only %d paths were taken", taken)
	}
	if relinked < 100 {
		t.Errorf("only %d links were replaced", relinked)
	}
}

// What the short way must leave to the walk.
func TestQuickDeclines(t *testing.T) {
	w := walker(t, openProc(t), true)
	thread := w.proc.Thread(os.Getpid())
	for _, path := range []string{
		"", "/", "..", "a/..", "a/../b", "a/./b", "a//b", "a/", "/a/", "//a", "/a/..", "/proc", "/proc/self/fd/0", "/dev", "/dev/tty", "/dev/fd/0", "/dev/null/x", "/dev/shmx", ".", "./", "./..",
	} {
		if place, ok, _ := w.Quick(thread, unix.AT_FDCWD, []byte(path)); ok {
			t.Errorf("%q: taken as %+v", path, place)
		}
	}
	if _, ok, _ := walker(t, w.proc, false).Quick(thread, unix.AT_FDCWD, []byte("/etc/passwd")); ok {
		t.Error("taken although the target may have another root")
	}
	proc, err := unix.Open("/proc", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(proc)
	for _, path := range []string{"self", "self/fd/0", "version"} {
		if _, ok, _ := w.Quick(thread, proc, []byte(path)); ok {
			t.Errorf("%q from /proc: taken", path)
		}
	}
}

// TestNoAllocations holds the hot path to what it promises.
func TestNoAllocations(t *testing.T) {
	v := kerneltest.StartPlain(t, nil)
	dir := plantTree(t, kerneltest.Dir(t))
	kerneltest.Tree(t, dir, strings.Repeat("sub/", 20)+"f")
	for _, fixed := range []bool{true, false} {
		w := walker(t, openProc(t), fixed)
		thread := w.proc.Thread(v.PID)
		var buf PathBuffer
		path := dir + "/d/f"
		addr := address(t, v, path)
		none(t, "ReadPath", func() {
			if got, e := thread.ReadPath(addr, buf[:PathMax]); e != 0 || string(got) != path {
				t.Fatal(e)
			}
		})
		for _, path := range []string{dir + "/d/f", dir + "/labs/e/../f", "/proc/self/fd/0", "/proc/self/status", dir + "/" + strings.Repeat("sub/", 20) + "f", dir + "/missing", dir + "/loop"} {
			bytes := []byte(path)
			none(t, "Walk "+path, func() { w.Walk(thread, unix.AT_FDCWD, bytes, Follow) })
			none(t, "Quick "+path, func() { _, _, _ = w.Quick(thread, unix.AT_FDCWD, bytes) })
		}
		relative := []byte("etc/passwd")
		none(t, "Quick relative", func() { _, _, _ = w.Quick(thread, unix.AT_FDCWD, relative) })
		var id Identity
		var status StatusBuffer
		none(t, "Identity", func() { thread.Identity(&id, &status) })
		none(t, "Descends", func() { w.proc.Descends(v.PID) })
	}
}

func none(t *testing.T, what string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(50, f); n != 0 {
		t.Errorf("%s: %v allocations", what, n)
	}
}

// address puts a string into the target's memory.
func address(t testing.TB, v *kerneltest.Victim, text string) uint64 {
	t.Helper()
	return uint64(v.Number("map 4096 3 %s", kerneltest.Hex(text+"\x00")))
}
