package tracee

import (
	"bytes"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// walks is how often each race is tried.
func walks() int {
	if testing.Short() {
		return 2_000
	}
	return 20_000
}

// swap exchanges pairs of names as fast as it can until the test ends, and
// counts.
func swap(t *testing.T, pairs ...[2]string) *atomic.Int64 {
	t.Helper()
	var count atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		runtime.LockOSThread() // or the walker would starve it
		defer runtime.UnlockOSThread()
		for {
			for _, pair := range pairs {
				if err := unix.Renameat2(unix.AT_FDCWD, pair[0], unix.AT_FDCWD, pair[1], unix.RENAME_EXCHANGE); err != nil {
					t.Errorf("exchange %q: %v", pair, err)
					return
				}
				count.Add(1)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return &count
}

// race walks a path again and again while names are exchanged. Every object
// that comes out must be one of those that its path may have named.
type race struct {
	t     *testing.T
	o     *oracle
	named map[string][]uint64 // inodes by path
	seen  map[string]int
	count *atomic.Int64
}

func newRace(t *testing.T, dir string, named map[string][]string) *race {
	t.Helper()
	r := &race{t: t, o: newOracle(t, true), named: map[string][]uint64{}, seen: map[string]int{}}
	for path, contents := range named {
		for _, content := range contents {
			r.named[dir+path] = append(r.named[dir+path], inode(t, dir+content))
		}
	}
	return r
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func (r *race) run(path string, flags Flags) {
	r.t.Helper()
	thread := r.o.w.proc.Thread(r.o.v.PID)
	raw := []byte(path)
	start := r.count.Load()
	for turn := 0; more(turn, r.count.Load()-start > int64(walks()/100)); turn++ {
		place, e := r.o.w.Walk(thread, unix.AT_FDCWD, raw, flags)
		if e != 0 {
			r.seen[e.Error()]++
			continue
		}
		object := opened(place, flags)
		if object.Errno != 0 {
			r.seen[object.Errno.Error()]++
			continue
		}
		named := string(place.Path)
		r.seen[named]++
		if !contains(r.named[named], object.Ino) {
			r.t.Fatalf("%s: judged as %s, opened inode %d; it names %v", path, named, object.Ino, r.named)
		}
	}
	r.t.Logf("%s: %v, %d exchanges", path, r.seen, r.count.Load()-start)
}

// more reports whether a race goes on: as often as it is meant to be tried,
// and, on a busy machine, until something has been raced.
func more(turn int, raced bool) bool { return turn < walks() || !raced && turn < 50*walks() }

func contains(inodes []uint64, ino uint64) bool {
	for _, i := range inodes {
		if i == ino {
			return true
		}
	}
	return false
}

// A directory and a symlink to a forbidden one change places.
func TestRaceDirectoryAndLink(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "open/f", "link -> forbidden", "forbidden/f")
	r := newRace(t, dir, map[string][]string{
		"/open/f": {"/open/f"}, "/link/f": {"/open/f"}, "/forbidden/f": {"/forbidden/f"},
	})
	r.count = swap(t, [2]string{dir + "/open", dir + "/link"})
	r.run(dir+"/open/f", Follow)
}

// A file and a symlink to a forbidden one change places.
func TestRaceFileAndLink(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "file", "link -> forbidden/f", "forbidden/f")
	r := newRace(t, dir, map[string][]string{"/file": {"/file"}, "/forbidden/f": {"/forbidden/f"}})
	r.count = swap(t, [2]string{dir + "/file", dir + "/link"})
	r.run(dir+"/file", Follow)
}

// The same for a call that does not follow: it gets what is there.
func TestRaceFileAndLinkNoFollow(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "file", "link -> forbidden/f", "forbidden/f")
	r := newRace(t, dir, map[string][]string{"/file": {"/file", "/link"}})
	r.count = swap(t, [2]string{dir + "/file", dir + "/link"})
	r.run(dir+"/file", 0)
}

// ".." out of a directory that is moved below another parent meanwhile: the
// path says where the walk really went.
func TestRaceParent(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "open/d/", "open/f", "forbidden/d/", "forbidden/f")
	r := newRace(t, dir, map[string][]string{"/open/f": {"/open/f"}, "/forbidden/f": {"/forbidden/f"}})
	r.count = swap(t, [2]string{dir + "/open/d", dir + "/forbidden/d"})
	r.run(dir+"/open/d/../f", Follow)
}

// Two directories, and what is in them, change places at once.
func TestRaceDirectories(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "a/sub/one", "b/sub/two", "a/sub/up -> ../../forbidden", "forbidden/one", "forbidden/two")
	r := newRace(t, dir, map[string][]string{
		"/a/sub/one": {"/a/sub/one"}, "/b/sub/one": {"/a/sub/one"}, "/forbidden/one": {"/forbidden/one"},
	})
	r.count = swap(t, [2]string{dir + "/a", dir + "/b"}, [2]string{dir + "/a/sub", dir + "/b/sub"})
	r.run(dir+"/a/sub/../sub/one", Follow)
	r.run(dir+"/a/sub/up/one", Follow)
}

// The short way under the same exchanges: an open that succeeds opened what
// the path names.
func TestRaceQuick(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "open/f", "link -> forbidden", "forbidden/f")
	allowed, w := inode(t, dir+"/open/f"), walker(t, openProc(t), true)
	thread := w.proc.Thread(os.Getpid())
	count := swap(t, [2]string{dir + "/open", dir + "/link"})
	raw, opens, turn := []byte(dir+"/open/f"), 0, 0
	for ; more(turn, opens > 0 && opens < turn); turn++ {
		place, ok, e := w.Quick(thread, unix.AT_FDCWD, raw)
		if !ok || e != 0 || !bytes.Equal(place.Path, raw) {
			t.Fatalf("%+v, %v, %v", place, ok, e)
		}
		if object := opened(place, Follow); object.Errno == 0 {
			opens++
			if object.Ino != allowed {
				t.Fatal("the forbidden file was opened")
			}
		}
	}
	t.Logf("%d of %d opened, %d exchanges", opens, turn, count.Load())
}

// A working directory that is exchanged for another one while it is walked
// from is read once.
func TestRaceWorkingDirectory(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "open/f", "forbidden/f")
	o := newOracle(t, true)
	named := map[string]uint64{dir + "/open/f": inode(t, dir+"/open/f"), dir + "/forbidden/f": inode(t, dir+"/forbidden/f")}
	thread := o.w.proc.Thread(o.v.PID)
	seen := map[string]int{}
	for turn := range walks() / 5 {
		// The target changes it while the walk is under way.
		o.v.SendCall(unix.SYS_CHDIR, []string{dir + "/open", dir + "/forbidden"}[turn%2])
		for range 3 {
			place, e := o.w.Walk(thread, unix.AT_FDCWD, []byte("f"), Follow)
			if e == unix.ENOENT && turn == 0 {
				continue
			}
			if e != 0 {
				t.Fatal(e)
			}
			object := opened(place, Follow)
			if want, ok := named[string(place.Path)]; ok && object.Ino != want || !ok && turn > 0 {
				t.Fatalf("judged as %s, opened %v", place.Path, object)
			}
			seen[string(place.Path)]++
		}
		if r := o.v.Result(); r.Errno != 0 {
			t.Fatal(r.Errno)
		}
	}
	t.Log(seen)
}

// A descriptor that is replaced while it is walked from is pinned once.
func TestRaceDescriptor(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "open/f", "forbidden/f")
	w := walker(t, openProc(t), true)
	thread := w.proc.Thread(os.Getpid())
	open := func(path string) int {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	first, second, slot := open(dir+"/open"), open(dir+"/forbidden"), open(dir+"/open")
	defer func() { sys.Close(first); sys.Close(second); sys.Close(slot) }()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = unix.Dup3(first, slot, unix.O_CLOEXEC)
				_ = unix.Dup3(second, slot, unix.O_CLOEXEC)
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	named := map[string]uint64{dir + "/open/f": inode(t, dir+"/open/f"), dir + "/forbidden/f": inode(t, dir+"/forbidden/f")}
	seen := map[string]int{}
	for turn := 0; more(turn, len(seen) == 2); turn++ {
		place, e := w.Walk(thread, slot, []byte("f"), Follow)
		if e != 0 {
			t.Fatal(e)
		}
		if object := opened(place, Follow); object.Ino != named[string(place.Path)] {
			t.Fatalf("judged as %s, opened %v", place.Path, object)
		}
		seen[string(place.Path)]++
	}
	t.Log(seen)
}
