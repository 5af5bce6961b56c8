package tracee

import (
	"os"
	"path/filepath"
	"testing"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Links in sticky directories are followed as fs.protected_symlinks says,
// whatever it is set to here.
func TestProtectedSymlinks(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("only root can give links to others: own links only")
	}
	p := openProc(t)
	w := walker(t, p, true)
	shared, private := filepath.Join(t.TempDir(), "shared"), t.TempDir()
	if err := os.Mkdir(shared, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, os.ModeSticky|0o777); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{shared, private} {
		for _, link := range []string{"own", "alien"} {
			if err := os.Symlink("/usr", filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		if os.Getuid() == 0 {
			if err := os.Lchown(filepath.Join(dir, "alien"), 1234, 1234); err != nil {
				t.Fatal(err)
			}
		}
	}
	refused := sys.Errno(0)
	if os.Getuid() == 0 {
		refused = unix.EACCES
	}
	for _, tc := range []struct {
		path   string
		sticky bool
		want   sys.Errno
	}{
		{shared + "/own", true, 0},
		{shared + "/alien", true, refused},
		{shared + "/alien", false, 0},
		{shared + "/alien/share", true, 0}, // only the end of a path is protected
		{private + "/alien", true, 0},
	} {
		p.sticky = tc.sticky
		_, e := w.Walk(p.Thread(unix.Gettid()), unix.AT_FDCWD, []byte(tc.path), Follow)
		if e != tc.want {
			t.Errorf("%s with protection %v: %v, want %v", tc.path, tc.sticky, e, tc.want)
		}
	}
	if os.Getuid() != 0 {
		return
	}
	// The directory's owner may leave links for everybody.
	if err := os.Lchown(shared, 1234, 1234); err != nil {
		t.Fatal(err)
	}
	p.sticky = true
	if _, e := w.Walk(p.Thread(unix.Gettid()), unix.AT_FDCWD, []byte(shared+"/alien"), Follow); e != 0 {
		t.Errorf("a link of the directory's owner: %v", e)
	}
}
