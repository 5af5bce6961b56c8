package tracee

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// plantTree makes the tree that the spellings lead through. It returns the
// directory t, which is the working directory of the target.
func plantTree(t testing.TB, dir string) string {
	kerneltest.Tree(t, dir,
		"t/f", "t/p|", "t/d/f", "t/d/e/f", "t/\xff\xfe", "t/ (deleted)", "t/"+strings.Repeat("n", 255),
		"t/ld -> d", "t/lf -> f", "t/lup -> ..", "t/lself -> .", "t/labs -> $/t/d", "t/labsf -> $/t/d/f", "t/lroot -> /",
		"t/gone -> missing", "t/loop -> loop", "t/lslash -> d/", "t/lfslash -> f/", "t/ldeep -> ld/e/../../d/e",
		"t/d/back -> ../../t", "t/d/lf -> ../f", "t/lout -> $/out", "out/f")
	return filepath.Join(dir, "t")
}

// words are the components that spellings are made of.
func words() []string {
	return []string{"f", "d", "p", "ld", "lf", "lup", "lself", "labs", "labsf", "lroot", "gone", "loop", "lslash", "lfslash", "ldeep",
		"lout", "back", "e", "t", "missing", "..", ".", "", "\xff\xfe", " (deleted)",
		strings.Repeat("n", 255), strings.Repeat("n", 256)}
}

// spellings are all paths of one and two words, and some longer ones, with
// every end.
func spellings(yield func(string)) {
	for _, end := range []string{"", "/", "//", "/.", "/..", "/../."} {
		for _, first := range words() {
			yield(first + end)
			for _, second := range words() {
				yield(first + "/" + second + end)
			}
		}
		for _, path := range []string{"d/e/../e/f", "ld/back/ld/back/d", "labs/../d/./e", "d//e///f", "ldeep/f", "lself/lself/lself/f"} {
			yield(path + end)
		}
	}
}

func TestWalkRelative(t *testing.T) {
	o := newOracle(t, true)
	o.must(unix.SYS_CHDIR, plantTree(t, kerneltest.Dir(t)))
	spellings(func(path string) {
		for _, flags := range []Flags{0, Follow} {
			o.check(lookup{0, unix.AT_FDCWD, path, flags})
		}
	})
	t.Logf("%d lookups", o.checks)
}

func TestWalkAbsolute(t *testing.T) {
	o := newOracle(t, true)
	dir := plantTree(t, kerneltest.Dir(t))
	o.must(unix.SYS_CHDIR, dir)
	for _, prefix := range []string{dir + "/", "//" + dir + "//", "/.." + dir + "/d/../"} {
		for _, word := range words() {
			for _, end := range []string{"", "/", "/.", "/.."} {
				o.check(lookup{0, -1, prefix + word + end, Follow}) // a bad dirfd does not matter
				o.check(lookup{0, unix.AT_FDCWD, prefix + word + end, 0})
			}
		}
	}
	for _, path := range []string{"/", "//", "/.", "/..", "/../..", "/etc/passwd", "/bin/sh", "/bin", "/lib64/", "/nonexistent/x", "/dev/null", "/dev"} {
		o.check(lookup{0, unix.AT_FDCWD, path, Follow})
		o.check(lookup{0, unix.AT_FDCWD, path, 0})
	}
}

func TestWalkFromDescriptor(t *testing.T) {
	o := newOracle(t, true)
	dir := plantTree(t, kerneltest.Dir(t))
	open := func(path string, flags int) int { return o.must(unix.SYS_OPENAT, unix.AT_FDCWD, dir+path, flags) }
	dirfds := []int{
		open("/d", unix.O_RDONLY), open("/d", unix.O_PATH), open("/f", unix.O_RDONLY),
		open("/lf", unix.O_PATH|unix.O_NOFOLLOW), open("/ld", unix.O_PATH|unix.O_NOFOLLOW), open("", unix.O_PATH),
		0 /* a pipe */, -1, 999, unix.AT_FDCWD,
	}
	for _, dirfd := range dirfds {
		for _, path := range []string{"f", "e/f", "../f", "lf", "back/ld/e", ".", "..", "", "missing", dir + "/f", "d/f", "./"} {
			for _, flags := range []Flags{0, Follow} {
				o.check(lookup{0, dirfd, path, flags})
				o.check(lookup{1, dirfd, path, flags})
			}
		}
	}
}

// openat2's own ways to resolve.
func TestWalkResolveFlags(t *testing.T) {
	o := newOracle(t, true)
	dir := plantTree(t, kerneltest.Dir(t))
	fd := o.must(unix.SYS_OPENAT, unix.AT_FDCWD, dir, unix.O_PATH)
	deep := o.must(unix.SYS_OPENAT, unix.AT_FDCWD, dir+"/d", unix.O_PATH)
	root := o.must(unix.SYS_OPENAT, unix.AT_FDCWD, "/", unix.O_PATH)
	sets := []Flags{Beneath, InRoot, NoSymlinks, NoMagicLinks, NoXdev, Beneath | NoSymlinks, InRoot | NoXdev, Beneath | NoXdev | NoMagicLinks}
	others := []string{"/", "//f", "/d/f", "/..", "../d", "back/f", "/proc/self/cwd", "/proc/self/fd/0", "proc/self/cwd", "proc/self/fd/0",
		"proc", "proc/", "proc/.", "proc/..", "dev/null", "dev/shm/..", "/proc", "/dev/fd/0", dir, dir + "/lout", dir + "/labs"}
	for _, flags := range sets {
		paths := others
		spellings(func(path string) {
			if !strings.Contains(path, "//") {
				paths = append(paths, path)
			}
		})
		for i, path := range paths {
			dirfd := []int{fd, deep, root}[i%3]
			if i < len(others) {
				o.check(lookup{0, root, path, flags | Follow})
				o.check(lookup{0, root, path, flags})
			}
			o.check(lookup{0, dirfd, path, flags | Follow*Flags(i%2)})
		}
	}
	t.Logf("%d lookups", o.checks)
}

// Forty links are followed, and no more: path_resolution(7).
func TestWalkLinkLimit(t *testing.T) {
	o := newOracle(t, true)
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "l0")
	for i := 1; i <= 42; i++ {
		kerneltest.Tree(t, dir, fmt.Sprintf("l%d -> l%d", i, i-1))
	}
	kerneltest.Tree(t, dir, "here -> .")
	o.must(unix.SYS_CHDIR, dir)
	for _, n := range []int{1, 39, 40, 41, 42} {
		o.check(lookup{0, unix.AT_FDCWD, fmt.Sprintf("l%d", n), Follow})
		o.check(lookup{0, unix.AT_FDCWD, fmt.Sprintf("l%d", n), 0})
		o.check(lookup{0, unix.AT_FDCWD, strings.Repeat("here/", n) + "l0", Follow})
		o.check(lookup{0, unix.AT_FDCWD, strings.Repeat("here/", n-1) + "l1", Follow})
	}
}

// Long paths, and links whose text is long, up to what the kernel takes.
func TestWalkLong(t *testing.T) {
	o := newOracle(t, true)
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "f", "d/", "d/f")
	long := strings.Repeat("./", 2046)
	kerneltest.Tree(t, dir, "long -> "+long+"d", "longer -> "+long+"d/.") // 4093 and 4095 bytes
	o.must(unix.SYS_CHDIR, dir)
	for _, path := range []string{
		long + "d/f", long + "f", "long", "long/f", "long/" + long[:4000] + "f", "longer/f", "longer/" + long[:4000] + "f",
		strings.Repeat("/", 4094) + "f", strings.Repeat("d/../", 818) + "f",
	} {
		if len(path) >= PathMax {
			t.Fatalf("%d bytes are no path", len(path))
		}
		o.check(lookup{0, unix.AT_FDCWD, path, Follow})
		o.check(lookup{0, unix.AT_FDCWD, path, 0})
	}
}

// Calls that act on an entry: mkdir, rmdir, rename. The errno of the target's
// own call must be that of the same call on the place.
func TestWalkEntry(t *testing.T) {
	o := newOracle(t, true)
	dir := plantTree(t, kerneltest.Dir(t))
	o.must(unix.SYS_CHDIR, dir)
	if err := os.Chdir(dir); err != nil { // only to undo what succeeded
		t.Fatal(err)
	}
	defer func() { _ = os.Chdir("/") }()
	calls := map[string]struct {
		native func(path string) unix.Errno
		placed func(p *Place) unix.Errno
		undo   func(path string) error
	}{
		"mkdir": {
			func(path string) unix.Errno { return o.v.Call(unix.SYS_MKDIR, path, 0o755).Errno },
			func(p *Place) unix.Errno { return sys.Mkdirat(p.Dir, p.Name, 0o755) },
			unix.Rmdir,
		},
		"rmdir": {
			func(path string) unix.Errno { return o.v.Call(unix.SYS_RMDIR, path).Errno },
			func(p *Place) unix.Errno { return sys.Unlinkat(p.Dir, p.Name, unix.AT_REMOVEDIR) },
			func(path string) error { return unix.Mkdir(path, 0o755) },
		},
		"rename": { // onto itself, which does nothing
			func(path string) unix.Errno { return o.v.Call(unix.SYS_RENAME, path, path).Errno },
			func(p *Place) unix.Errno { return sys.Renameat2(p.Dir, p.Name, p.Dir, p.Name, 0) },
			func(string) error { return nil },
		},
	}
	for name, call := range calls {
		spellings(func(path string) {
			if strings.Trim(path, "/") == "" || strings.HasPrefix(path, "lroot/") {
				return // the root directory has an errno of its own, and is no entry
			}
			want := call.native(path)
			if want == 0 {
				if err := call.undo(path); err != nil {
					t.Fatalf("undo %s %q: %v", name, path, err)
				}
			}
			place, got := o.w.Walk(o.w.proc.Thread(o.v.PID), unix.AT_FDCWD, []byte(path), Entry)
			if got == 0 {
				if got = call.placed(place); got == 0 {
					if err := call.undo(path); err != nil {
						t.Fatalf("undo %s %q: %v", name, path, err)
					}
				}
			}
			if got != want {
				t.Errorf("%s %.80q: %v at the place, %v for the target", name, path, got, want)
			}
		})
	}
}

// Where the canonical path is longer than what one call can hand over, the walk
// still names it wholly, and never gives a path that was cut.
func TestWalkTooDeep(t *testing.T) {
	o := newOracle(t, true)
	dir := kerneltest.Dir(t)
	thread := o.w.proc.Thread(o.v.PID)
	o.must(unix.SYS_CHDIR, dir)
	name, depth := strings.Repeat("n", 255), len(dir)
	for ; depth < PathMax-2*256+16; depth += 256 {
		o.must(unix.SYS_MKDIR, name, 0o755)
		o.must(unix.SYS_CHDIR, name)
	}
	o.must(unix.SYS_MKDIR, name, 0o755)
	o.must(unix.SYS_CHDIR, name)
	depth += 256
	long := 0
	for length := PathMax - depth - 8; length <= min(255, PathMax-depth+8); length++ {
		relative := []byte(strings.Repeat("f", length))
		place, e := o.w.Walk(thread, unix.AT_FDCWD, relative, Entry)
		if e != 0 || len(place.Path) != depth+1+length {
			t.Errorf("%d bytes: %v", depth+1+length, e)
		}
		if depth+1+length > PathMax {
			long++
		}
		if place, ok, _ := o.w.Quick(thread, unix.AT_FDCWD, relative); ok && len(place.Path) != depth+1+length {
			t.Errorf("%d bytes: the short way made %d of them", depth+1+length, len(place.Path))
		}
	}
	if long == 0 {
		t.Error("no path was long")
	}
	o.must(unix.SYS_MKDIR, name, 0o755)
	o.must(unix.SYS_CHDIR, name)
	if place, e := o.w.Walk(thread, unix.AT_FDCWD, []byte("."), Follow); e != 0 || len(place.Path) != depth+256 {
		t.Errorf("a working directory that the kernel does not name: %v", e)
	}
}
