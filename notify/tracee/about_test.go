package tracee

import (
	"os"
	"path/filepath"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// What About says is what fstat(2) and fstatfs(2) say, the first time and, from
// memory, the second.
func TestAbout(t *testing.T) {
	p := openProc(t)
	dir := kerneltest.Dir(t)
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o640); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "file"), dir, "/dev/null", "/dev/shm", "/proc", "/proc/self/status", "/sys", "/"} {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, want := about(t, p, fd), asked(t, fd); got != want {
				t.Errorf("%s: %+v, want %+v", path, got, want)
			}
		}
		sys.Close(fd)
	}
}

func about(t *testing.T, p *Proc, fd int) (a About) {
	t.Helper()
	if e := p.About(fd, &a); e != 0 {
		t.Fatal(e)
	}
	return a
}

// asked is About without a memory.
func asked(t *testing.T, fd int) About {
	t.Helper()
	var st unix.Stat_t
	var fs unix.Statfs_t
	if e := sys.Fstat(fd, &st); e != 0 {
		t.Fatal(e)
	}
	if e := sys.Fstatfs(fd, &fs); e != 0 {
		t.Fatal(e)
	}
	return About{
		Mode: st.Mode, Links: uint32(st.Nlink), Dev: st.Dev, Rdev: st.Rdev, Ino: st.Ino,
		Proc: fs.Type == unix.PROC_SUPER_MAGIC,
	}
}

func TestAboutNothing(t *testing.T) {
	var a About
	if e := openProc(t).About(-1, &a); e != unix.EBADF {
		t.Errorf("%v, want EBADF", e)
	}
}

// A procfs that is mounted where a tmpfs was has its device number, which the
// kernel gives again at once, and must not be taken for it.
func TestAboutWhatIsMountedNow(t *testing.T) {
	if os.Getuid() != 0 {
		return // mount(2) is root's; the run as root does this
	}
	o := newOracle(t, false)
	o.must(unix.SYS_UNSHARE, unix.CLONE_NEWNS)
	o.must(unix.SYS_MOUNT, "none", "/", 0, unix.MS_REC|unix.MS_PRIVATE, 0)
	dir := kerneltest.Dir(t)
	again := false
	for range 200 {
		devices := map[string]uint64{}
		for _, kind := range []string{"tmpfs", "proc"} {
			o.must(unix.SYS_MOUNT, kind, dir, kind, 0, 0)
			fd, e := o.w.proc.Thread(o.v.PID).Open("root"+dir, unix.O_PATH)
			if e != 0 {
				t.Fatal(e)
			}
			got := about(t, o.w.proc, fd)
			sys.Close(fd)
			if got.Proc != (kind == "proc") {
				t.Fatalf("%s: %+v", kind, got)
			}
			devices[kind] = got.Dev
			o.must(unix.SYS_UMOUNT2, dir, 0)
		}
		again = again || devices["tmpfs"] == devices["proc"]
	}
	if !again {
		t.Error("the device number was never the same: nothing was tried")
	}
}
