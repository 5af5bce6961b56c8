package tracee

import (
	"os"
	"path/filepath"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

// A target that changed its root is resolved under it, and its paths are the
// ones that it sees.
func TestWalkChroot(t *testing.T) {
	if os.Getuid() != 0 {
		return // chroot(2) is root's; the run as root does this
	}
	o := newOracle(t, false)
	dir := plantTree(t, kerneltest.Dir(t))
	kerneltest.Tree(t, dir, "etc/f", "aout -> /../../etc/f", "anone -> $/t/f", "droot -> /d", "d/up3 -> ../../../f")
	outside := o.must(unix.SYS_OPENAT, unix.AT_FDCWD, "/", unix.O_PATH)
	o.must(unix.SYS_CHROOT, dir)
	o.must(unix.SYS_CHDIR, "/d")
	o.root = dir
	spellings(func(path string) {
		o.check(lookup{0, unix.AT_FDCWD, path, Follow})
		o.check(lookup{1, unix.AT_FDCWD, "/" + path, 0})
	})
	for _, path := range []string{"/", "/..", "/../..", "/../f", "/aout", "aout", "/anone", "/droot/e/f", "/d/up3", "../../../../f",
		"/lroot/f", "/lroot/..", dir + "/f", "/etc/f", "/etc/passwd", "/missing"} {
		o.check(lookup{0, unix.AT_FDCWD, path, Follow})
		o.check(lookup{1, unix.AT_FDCWD, path, 0})
	}
	// A descriptor from before leads out, as it does natively; but what is
	// outside has no name that rules could judge.
	for _, path := range []string{"etc/passwd", ".", "..", "etc/"} {
		place, e := o.w.Walk(o.w.proc.Thread(o.v.PID), outside, []byte(path), Follow)
		if e != unix.EACCES || o.w.Refusal() == "" {
			t.Errorf("%q from outside the root: %+v, %v; want a refusal", path, place, e)
		}
	}
	inside, e := o.w.Walk(o.w.proc.Thread(o.v.PID), outside, []byte(dir[1:]+"/f"), Follow)
	if e != 0 || string(inside.Path) != "/f" {
		t.Errorf("from outside back into the root: %+v, %v", inside, e)
	}
}

// A path that only begins like the root's is not inside.
func TestWalkChrootPrefix(t *testing.T) {
	if os.Getuid() != 0 {
		return // chroot(2) is root's; the run as root does this
	}
	o := newOracle(t, false)
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "root/f", "rootless/f")
	beside := o.must(unix.SYS_OPENAT, unix.AT_FDCWD, dir+"/rootless", unix.O_PATH)
	o.must(unix.SYS_CHROOT, dir+"/root")
	if place, e := o.w.Walk(o.w.proc.Thread(o.v.PID), beside, []byte("f"), Follow); e != unix.EACCES || o.w.Refusal() == "" {
		t.Errorf("beside the root: %+v, %v; want a refusal", place, e)
	}
}

// A target with mounts of its own finds what is mounted there.
func TestWalkMountNamespace(t *testing.T) {
	if os.Getuid() != 0 {
		return // unshare(2) with CLONE_NEWNS is root's; the run as root does this
	}
	o := newOracle(t, false)
	dir := plantTree(t, kerneltest.Dir(t))
	o.must(unix.SYS_UNSHARE, unix.CLONE_NEWNS)
	o.must(unix.SYS_MOUNT, "none", "/", 0, unix.MS_REC|unix.MS_PRIVATE, 0)
	o.must(unix.SYS_CHDIR, dir)
	o.must(unix.SYS_MOUNT, "tmpfs", "d", "tmpfs", 0, 0)
	o.must(unix.SYS_MKDIR, "d/sub", 0o755)
	for _, path := range []string{"d", "d/", "d/sub", "d/sub/..", "d/sub/../..", "ld/sub", "labs/sub", "d/f", dir + "/d/sub", "d/..", "f", "/", "/etc/passwd"} {
		o.check(lookup{0, unix.AT_FDCWD, path, Follow})
		o.check(lookup{0, unix.AT_FDCWD, path, NoXdev})
		o.check(lookup{0, unix.AT_FDCWD, path, 0})
	}
	if _, err := os.Stat(filepath.Join(dir, "d/sub")); err == nil {
		t.Error("the mount is visible here: nothing was tested")
	}
}
