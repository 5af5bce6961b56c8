package tracee

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// borrowed are the rights of an ordinary user, taken by root's thread.
type borrowed struct {
	t     *testing.T
	taken int
}

func (b *borrowed) Take() sys.Errno {
	b.taken++
	if e := sys.SetThreadCred(sys.ThreadCred{FSUID: 65534, FSGID: 65534}); e != 0 {
		return e
	}
	return sys.SetEffectiveCaps(0)
}

func (b *borrowed) Drop() {
	b.taken--
	if e := sys.SetEffectiveCaps(^uint64(0)); e != 0 {
		b.t.Error(e)
	}
	if e := sys.SetThreadCred(sys.ThreadCred{}); e != 0 {
		b.t.Error(e)
	}
	if e := sys.SetEffectiveCaps(^uint64(0)); e != 0 {
		b.t.Error(e)
	}
}

// A target with fewer rights than the supervisor gets no further than it
// would by itself, whatever the spelling.
func TestWalkAs(t *testing.T) {
	if os.Getuid() != 0 {
		return // taking another user's rights is root's; the run as root does this
	}
	runtime.LockOSThread() // for good: the thread ends with the test
	dir := plantTree(t, kerneltest.Dir(t))
	kerneltest.Tree(t, dir, "private/open/f", "private/lopen -> open/f", "closed/f", "lpriv -> private/open", "lprivf -> private/open/f",
		"unsearchable/d/f", "unsearchable/l -> ../f")
	for name, mode := range map[string]os.FileMode{"private": 0o700, "closed": 0o700, "unsearchable": 0o744} {
		if err := os.Chmod(dir+"/"+name, mode); err != nil {
			t.Fatal(err)
		}
	}
	root := kerneltest.StartPlain(t, nil)
	v := kerneltest.StartPlain(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}})
	rights := &borrowed{t: t}
	o := &oracle{t: t, w: walker(t, openProc(t), true), v: v, rights: rights}
	o.tid = [2]int{v.PID, v.Number("@1 tid")}
	o.must(unix.SYS_CHDIR, dir)
	paths := []string{
		"private", "private/", "private/open", "private/open/f", "private/./open/f", "private//open/f", "private/open/../open/f", "private/..",
		"private/lopen", "private/missing", "closed/f", "closed/./f", "closed/.", "lpriv", "lpriv/f", "lprivf", "d/../private/open/f",
		"unsearchable/d", "unsearchable/./d/f", "unsearchable/l", "unsearchable/missing", "d/f", "ld/f", "lf", "missing", "/root/.", "/root/x", "/etc/shadow",
		"/proc/self/cwd/f", "/proc/self/cwd/private/open/f", "/proc/self/fd/0", "/proc/self/exe", "/proc/self/root/root/x", "/proc/thread-self/cwd",
	}
	for _, form := range []string{"/proc/%d/cwd", "/proc/%d/cwd/", "/proc/%d/root/etc/passwd", "/proc/%d/fd/0", "/proc/%d/exe", "/proc/%d/fd", "/proc/%d/status"} {
		paths = append(paths, fmt.Sprintf(form, root.PID), fmt.Sprintf(form, v.PID))
	}
	for _, path := range paths {
		for thread := range o.tid {
			o.check(lookup{thread, unix.AT_FDCWD, path, Follow})
			o.check(lookup{thread, unix.AT_FDCWD, path, 0})
		}
		if rights.taken != 0 {
			t.Fatalf("%s: the rights were taken %d times too often", path, rights.taken)
		}
	}
	// Not even whether a name exists there can be found out.
	for _, path := range []string{"unsearchable/d", "unsearchable/missing"} {
		for _, flags := range []Flags{0, Follow, Entry} {
			if place, e := o.w.WalkAs(o.w.proc.Thread(v.PID), unix.AT_FDCWD, []byte(path), flags, rights); e != unix.EACCES {
				t.Errorf("%s, flags %#x: %+v, %v; want EACCES", path, flags, place, e)
			}
		}
	}
	// A process that is not dumpable any more belongs to root there, and may
	// still look into its own entry.
	o.must(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0)
	for _, path := range []string{"/proc/self/cwd/f", "/proc/self/fd/0", "/proc/thread-self/cwd/private/./open/f", "/proc/self/exe", "/proc/self/root/root/x"} {
		o.check(lookup{0, unix.AT_FDCWD, path, Follow})
	}
}

// Rights that cannot be taken end the walk.
func TestWalkAsFails(t *testing.T) {
	w := walker(t, openProc(t), true)
	thread := w.proc.Thread(os.Getpid())
	refusing := &refusingRights{}
	place, e := w.WalkAs(thread, unix.AT_FDCWD, []byte("/etc/passwd"), Follow, refusing)
	if e != unix.EPERM || place != nil {
		t.Errorf("%+v, %v; want EPERM", place, e)
	}
	if refusing.dropped != 1 {
		t.Errorf("dropped %d times", refusing.dropped)
	}
	if _, e := w.Walk(thread, unix.AT_FDCWD, []byte("/etc/passwd"), Follow); e != 0 {
		t.Errorf("the next walk: %v", e)
	}
}

type refusingRights struct{ dropped int }

func (r *refusingRights) Take() sys.Errno { return unix.EPERM }
func (r *refusingRights) Drop()           { r.dropped++ }
