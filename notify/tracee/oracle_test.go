package tracee

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// oracle compares the walker with what the kernel itself does for a target.
type oracle struct {
	t      *testing.T
	w      *Walker
	v      *kerneltest.Victim
	tid    [2]int // of the main thread and of another one
	root   string // the target's root as the supervisor sees it, "" for /
	rights Rights // the target's, nil where they are the supervisor's
	checks int
}

func newOracle(t *testing.T, fixedRoot bool) *oracle {
	t.Helper()
	v := kerneltest.StartPlain(t, nil)
	o := &oracle{t: t, w: walker(t, openProc(t), fixedRoot), v: v}
	o.tid = [2]int{v.PID, v.Number("@1 tid")}
	return o
}

// must makes a system call in the target that has to succeed.
func (o *oracle) must(nr int, args ...any) int {
	o.t.Helper()
	r := o.v.Call(nr, args...)
	if r.Errno != 0 {
		o.t.Fatalf("the target's call %d: %v", nr, r.Errno)
	}
	return r.Value
}

// lookup is one question to both.
type lookup struct {
	thread int // 0 or 1
	dirfd  int
	path   string
	flags  Flags
}

func (l lookup) String() string {
	return fmt.Sprintf("%.120q from %d, flags %#x, thread %d", l.path, l.dirfd, uint32(l.flags), l.thread)
}

var resolveBits = map[Flags]int64{
	Beneath: unix.RESOLVE_BENEATH, InRoot: unix.RESOLVE_IN_ROOT, NoSymlinks: unix.RESOLVE_NO_SYMLINKS,
	NoMagicLinks: unix.RESOLVE_NO_MAGICLINKS, NoXdev: unix.RESOLVE_NO_XDEV,
}

// native is what the kernel answers to the target.
func (o *oracle) native(l lookup) kerneltest.Object {
	o.t.Helper()
	flags, resolve := unix.O_PATH|unix.O_CLOEXEC, int64(0)
	if l.flags&Follow == 0 {
		flags |= unix.O_NOFOLLOW
	}
	for flag, bit := range resolveBits {
		if l.flags&flag != 0 {
			resolve |= bit
		}
	}
	if resolve == 0 {
		resolve = kerneltest.NoResolve
	}
	return o.v.Look(l.thread, l.dirfd, l.path, flags, resolve)
}

// walked is what the supervisor finds at the place that the walk ended at.
func (o *oracle) walked(l lookup) (kerneltest.Object, *Place) {
	o.t.Helper()
	place, e := o.w.WalkAs(o.w.proc.Thread(o.tid[l.thread]), l.dirfd, []byte(l.path), l.flags, o.rights)
	if e != 0 {
		return kerneltest.Object{Errno: e, FD: -1}, nil
	}
	if o.rights != nil {
		if e := o.rights.Take(); e != 0 {
			o.t.Fatal(e)
		}
		defer o.rights.Drop()
	}
	return opened(place, l.flags), place
}

// opened opens a place as it is meant to be: no link is left to follow.
func opened(place *Place, flags Flags) kerneltest.Object {
	fd := place.Object
	if fd < 0 {
		how := unix.OpenHow{
			Flags:   unix.O_PATH | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
		}
		if flags&Follow == 0 {
			how.Flags |= unix.O_NOFOLLOW
		}
		if flags&NoXdev != 0 {
			how.Resolve |= unix.RESOLVE_NO_XDEV
		}
		var e sys.Errno
		if fd, e = sys.Openat2(place.Dir, place.Name, &how); e != 0 {
			return kerneltest.Object{Errno: e, FD: -1}
		}
		defer sys.Close(fd)
	}
	return describe(fd)
}

func describe(fd int) kerneltest.Object {
	var st unix.Stat_t
	if e := sys.Fstat(fd, &st); e != 0 {
		return kerneltest.Object{Errno: e, FD: -1}
	}
	return kerneltest.Object{FD: fd, Dev: st.Dev, Ino: st.Ino, Mode: st.Mode}
}

// check asks both and compares: object, errno and canonical path. A refusal
// of the walker's own is a failure here.
func (o *oracle) check(l lookup) {
	o.t.Helper()
	o.checks++
	want := o.native(l)
	got, place := o.walked(l)
	if !got.Same(want) {
		o.t.Errorf("%v: walked to %v, the target to %v; %s", l, got, want, o.w.Refusal())
		return
	}
	if want.Errno != 0 {
		if o.w.Refusal() != "" {
			o.t.Errorf("%v: refused: %s", l, o.w.Refusal())
		}
		return
	}
	if wanted := o.canonical(l.thread, want.FD); string(place.Path) != wanted {
		o.t.Errorf("%v: path %q, the kernel says %q", l, place.Path, wanted)
	}
}

// canonical is the kernel's path of what the target holds as fd, as rules
// see it when that thread names it.
func (o *oracle) canonical(thread, fd int) string {
	o.t.Helper()
	link := fmt.Sprintf("/proc/%d/fd/%d", o.v.PID, fd)
	path, err := os.Readlink(link)
	if err != nil {
		o.t.Fatal(err)
	}
	var st unix.Stat_t
	err = unix.Stat(link, &st)
	onProc := strings.HasPrefix(path, "/proc/") // where names are gone as soon as they were looked up
	if err == nil && (st.Nlink == 0 && !strings.HasPrefix(path, "/memfd:") || onProc) {
		path = strings.TrimSuffix(path, " (deleted)")
	}
	if path = strings.TrimPrefix(path, o.root); path == "" {
		path = "/"
	}
	for _, id := range []int{o.tid[0], o.tid[thread]} {
		own := fmt.Sprintf("/proc/%d", id)
		if path == own || strings.HasPrefix(path, own+"/") {
			return "/proc/self" + path[len(own):]
		}
	}
	return path
}
