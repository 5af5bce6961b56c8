package tracee

import (
	"bytes"
	"path"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// FuzzWalk compares the walk of arbitrary paths with openat2(2) itself. The
// target is this process: outside /proc that makes no difference.
func FuzzWalk(f *testing.F) {
	dir := plantTree(f, kerneltest.Dir(f))
	root, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { sys.Close(root) })
	w := walker(f, openProc(f), true)
	thread := w.proc.Thread(unix.Getpid())
	spellings(func(s string) {
		if len(s) < 12 {
			f.Add(s, uint16(len(s)))
		}
	})
	f.Add("/", uint16(1))
	f.Add("/../etc/./passwd", uint16(4))
	f.Fuzz(func(t *testing.T, name string, bits uint16) {
		if strings.ContainsRune(name, 0) || len(name) >= PathMax || strings.Contains(name, "proc") || strings.Contains(name, "dev") {
			return
		}
		flags := Flags(bits) & (Follow | Beneath | InRoot | NoSymlinks | NoMagicLinks | NoXdev)
		if flags&(Beneath|InRoot) == Beneath|InRoot {
			return // the kernel refuses the two together before it looks
		}
		want := kernelOpen(root, name, flags)
		place, e := w.Walk(thread, root, []byte(name), flags)
		got := kerneltest.Object{Errno: e, FD: -1}
		if e == 0 {
			got = opened(place, flags)
		}
		if !got.Same(want) {
			t.Fatalf("%q, flags %#x: walked to %v, the kernel opens %v; %s", name, uint32(flags), got, want, w.Refusal())
		}
		if e == 0 && want.Errno == 0 && !canonicalForm(place.Path) {
			t.Errorf("%q: path %q", name, place.Path)
		}
	})
}

func kernelOpen(dirfd int, name string, flags Flags) kerneltest.Object {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC}
	if flags&Follow == 0 {
		how.Flags |= unix.O_NOFOLLOW
	}
	for flag, bit := range resolveBits {
		if flags&flag != 0 {
			how.Resolve |= uint64(bit)
		}
	}
	for {
		fd, e := sys.Openat2(dirfd, append([]byte(name), 0), &how)
		if e == unix.EAGAIN {
			continue // a rename somewhere on the machine came in between
		}
		if e != 0 {
			return kerneltest.Object{Errno: e, FD: -1}
		}
		defer sys.Close(fd)
		return describe(fd)
	}
}

func canonicalForm(p []byte) bool { return path.Clean(string(p)) == string(p) && p[0] == '/' }

// FuzzComponents: the helpers that take paths apart lose and invent nothing.
func FuzzComponents(f *testing.F) {
	for _, s := range []string{"", "/", "a", "a/", "a//b", "/a", ".", "..", "a/..", "./a", "a/./b", "...", "a/...", "/proc/1/x", "/procs"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		component, after, slash := cut(p)
		if bytes.IndexByte(component, '/') >= 0 || len(after) > 0 && (after[0] == '/' || !slash) {
			t.Errorf("cut(%q) = %q, %q, %v", p, component, after, slash)
		}
		if want := bytes.TrimLeft(p, "/"); !bytes.HasPrefix(want, component) || !bytes.HasSuffix(want, after) {
			t.Errorf("cut(%q) = %q, %q", p, component, after)
		}
		if len(p) > 0 && clean(p) != (path.Clean("/"+string(p)) == "/"+string(p)) {
			t.Errorf("clean(%q) = %v", p, clean(p))
		}
		if under(p, "/proc") != (string(p) == "/proc" || strings.HasPrefix(string(p), "/proc/")) {
			t.Errorf("under(%q, /proc) = %v", p, under(p, "/proc"))
		}
		if pid, ok := procOwner(p); ok && (pid < 0 || !under(p, "/proc")) {
			t.Errorf("procOwner(%q) = %d", p, pid)
		}
	})
}
