package tracee

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

// TestLongPath: a target that is deeper than PATH_MAX, by relative names, is
// resolved as any other.
func TestLongPath(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v := kerneltest.StartPlain(t, nil)
	at, name := base, strings.Repeat("n", 200)
	v.Call(unix.SYS_CHDIR, base)
	for range 30 {
		if r := v.Call(unix.SYS_MKDIR, name, 0o755); r.Errno != 0 {
			t.Fatal(r.Errno)
		}
		v.Call(unix.SYS_CHDIR, name)
		at += "/" + name
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	if r := v.Call(unix.SYS_SYMLINK, "../"+name, "up"); r.Errno != 0 {
		t.Fatal(r.Errno)
	}
	p := openProc(t)
	w := walker(t, p, true)
	thread := p.Thread(v.PID)
	for path, want := range map[string]string{
		"new":        at + "/new",
		".":          at,
		"..":         filepath.Dir(at),
		"../x":       filepath.Dir(at) + "/x",
		"up/y":       at + "/y",
		"":           at,
		"/usr/../x":  "/x",
		"../../../z": filepath.Dir(filepath.Dir(filepath.Dir(at))) + "/z",
	} {
		flags := Follow
		if path == "" {
			flags = Empty
		}
		place, e := w.Walk(thread, unix.AT_FDCWD, []byte(path), flags)
		if e != 0 || string(place.Path) != want {
			t.Errorf("%q: %v", path, e)
		}
	}
	if _, ok, _ := w.Quick(thread, unix.AT_FDCWD, []byte("new")); ok {
		t.Error("the short way took a path that it cannot name")
	}
	// A directory on the way that does not tell its names.
	if os.Geteuid() != 0 {
		if r := v.Call(unix.SYS_CHMOD, "..", 0o311); r.Errno != 0 {
			t.Fatal(r.Errno)
		}
		if _, e := w.Walk(thread, unix.AT_FDCWD, []byte("new"), Follow); e != unix.ENAMETOOLONG {
			t.Errorf("below an unlisted directory: %v", e)
		}
		v.Call(unix.SYS_CHMOD, "..", 0o755)
	}
}
