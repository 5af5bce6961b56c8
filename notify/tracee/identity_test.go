package tracee

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

const statusText = "Name:\tx\nUmask:\t0022\nTgid:\t10\nPPid:\t9\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n" +
	"Groups:\t4 24 \nSigPnd:\t0000000000000200\nShdPnd:\t0000000000000001\nSigBlk:\t0000000000000002\n" +
	"SigCgt:\t0000000000000004\nCapEff:\t000001ffffffffff\n"

func TestParseStatus(t *testing.T) {
	want := Identity{TGID: 10, PPID: 9, EUID: 2, FSUID: 4, FSGID: 8, RUID: 1, RGID: 5, EGID: 6, CapEff: 0x1ffffffffff, Umask: 0o22,
		SigPending: 0x200, SigShared: 0x1, SigBlocked: 2, SigCaught: 4, Groups: []uint32{4, 24}}
	id := Identity{SigPending: 0xff, Groups: []uint32{1, 2, 3}} // of an earlier use
	if !id.parse([]byte(statusText)) || fmt.Sprint(id) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", id, want)
	}
	replace := func(old, new string) string {
		if !strings.Contains(statusText, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(statusText, old, new, 1)
	}
	many := strings.Repeat("7 ", MaxGroups)
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"no groups":          {replace("4 24 ", ""), true},
		"1024 groups":        {replace("4 24 ", many), true},
		"no last newline":    {strings.TrimSuffix(statusText, "\n"), true},
		"unknown field":      {statusText + "New:\t?\n", true},
		"empty":              {"", false},
		"no uid":             {replace("Uid:", "Yid:"), false},
		"no gid":             {replace("Gid:", "Xid:"), false},
		"no groups line":     {replace("Groups:", "Xroups:"), false},
		"no capabilities":    {replace("CapEff:", "XapEff:"), false},
		"no umask":           {replace("Umask:", "Xmask:"), false},
		"no tgid":            {replace("Tgid:", "Xgid:"), false},
		"no parent":          {replace("PPid:", "XPid:"), false},
		"one twice, one not": {replace("Groups:\t4 24 ", "Tgid:\t10"), false},
		"three uids":         {replace("1\t2\t3\t4", "1\t2\t3"), false},
		"negative uid":       {replace("1\t2\t3\t4", "1\t2\t3\t-4"), false},
		"huge uid":           {replace("1\t2\t3\t4", "1\t2\t3\t4294967296"), false},
		"largest uid":        {replace("1\t2\t3\t4", "1\t2\t3\t4294967295"), true},
		"a word for a group": {replace("4 24 ", "4 root"), false},
		"too many groups":    {replace("4 24 ", many+"7"), false},
		"odd umask":          {replace("0022", "0028"), false},
		"large umask":        {replace("0022", "1777"), false},
		"odd capabilities":   {replace("000001ffffffffff", "x"), false},
		"long capabilities":  {replace("000001ffffffffff", "1000001ffffffffff"), false},
		"odd signals":        {replace("0000000000000200", ""), false},
	} {
		if ok := new(Identity).parse([]byte(c.text)); ok != c.ok {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

// A parse that succeeds has found every field that decides about authority.
func FuzzParseStatus(f *testing.F) {
	f.Add([]byte(statusText))
	f.Add([]byte("Uid:\t1\nUid:\t1\t2\t3\t4\n"))
	if own, err := os.ReadFile("/proc/self/status"); err == nil {
		f.Add(own)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var id Identity
		ok := id.parse(text)
		if len(id.Groups) > MaxGroups {
			t.Errorf("%d groups", len(id.Groups))
		}
		if !ok {
			return
		}
		if id.Umask > 0o777 {
			t.Errorf("umask %o", id.Umask)
		}
		for _, field := range []string{"Tgid:", "PPid:", "Uid:", "Gid:", "Groups:", "CapEff:", "Umask:"} {
			if !bytes.Contains(text, []byte(field)) {
				t.Errorf("parsed without %s", field)
			}
		}
	})
}

// The identity of a real target, and of a thread that differs from its process.
func TestIdentity(t *testing.T) {
	var attr *syscall.SysProcAttr
	uid, groups := uint32(os.Getuid()), []uint32{}
	if uid == 0 {
		uid, groups = 65534, []uint32{5, 7, 4294967294}
		attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid, Groups: groups}}
	} else {
		own, err := os.Getgroups()
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range own {
			groups = append(groups, uint32(g))
		}
	}
	v := kerneltest.StartPlain(t, attr)
	tid := v.Number("@1 tid")
	v.Call(unix.SYS_UMASK, 0o27)
	v.Do("handler %d once", unix.SIGUSR2)
	const glibc = 3 << 31 // signals 32 and 33, which its threads need
	p := openProc(t)
	var id Identity
	var buf StatusBuffer
	for _, thread := range []int{v.PID, tid} {
		if e := p.Thread(thread).Identity(&id, &buf); e != 0 {
			t.Fatal(e)
		}
		slices.Sort(id.Groups)
		if id.TGID != v.PID || id.PPID != os.Getpid() || id.FSUID != uid || id.EUID != uid || id.FSGID != uint32(max(os.Getgid(), 0)) && attr == nil ||
			id.CapEff != 0 || id.Umask != 0o27 || !slices.Equal(id.Groups, groups) {
			t.Errorf("thread %d of %d: %+v", thread, v.PID, id)
		}
		if id.SigCaught&^glibc != 1<<(unix.SIGUSR2-1) || id.SigPending != 0 || id.SigBlocked != 0 {
			t.Errorf("signals of %d: %+v", thread, id)
		}
	}
	if !p.Thread(v.PID).SameUserNamespace() {
		t.Error("another user namespace?")
	}
	v.Kill()
	if e := p.Thread(v.PID).Identity(&id, &buf); e != unix.ENOENT && e != unix.ESRCH {
		t.Errorf("of a dead target: %v", e)
	}
}

// setfsuid(2) changes one thread: that thread's identity counts.
func TestIdentityOfThread(t *testing.T) {
	if os.Getuid() != 0 {
		return // setfsuid(2) to another user is root's; the run as root does this
	}
	v := kerneltest.StartPlain(t, nil)
	tid := v.Number("@1 tid")
	v.Do("@1 %s", kerneltest.CallText(unix.SYS_SETFSUID, 1234))
	p := openProc(t)
	var id Identity
	var buf StatusBuffer
	for thread, want := range map[int]uint32{v.PID: 0, tid: 1234} {
		if e := p.Thread(thread).Identity(&id, &buf); e != 0 || id.FSUID != want {
			t.Errorf("thread %d: %v, file system uid %d, want %d", thread, e, id.FSUID, want)
		}
	}
}

// A reader keeps a file open, and answers for the thread that it is asked about all
// the same: also where a number has been given to somebody else meanwhile, or a thread
// has changed.
func TestStatusReader(t *testing.T) {
	first, second := kerneltest.StartPlain(t, nil), kerneltest.StartPlain(t, nil)
	tid := first.Number("@1 tid")
	p := openProc(t)
	var r StatusReader
	defer r.Close()
	var id Identity
	see := func(thread, process int, umask uint32) {
		t.Helper()
		if e := r.Identity(p.Thread(thread), &id); e != 0 || id.TGID != process || id.Umask != umask {
			t.Errorf("thread %d: %v, process %d, umask %o; want %d, %o", thread, e, id.TGID, id.Umask, process, umask)
		}
	}
	first.Call(unix.SYS_UMASK, 0o27)
	second.Call(unix.SYS_UMASK, 0o22)
	for range 2 {
		see(first.PID, first.PID, 0o27)
		see(first.PID, first.PID, 0o27)
		see(tid, first.PID, 0o27)
		see(second.PID, second.PID, 0o22)
	}
	see(first.PID, first.PID, 0o27)
	file := r.file
	first.Call(unix.SYS_UMASK, 0o77)
	see(first.PID, first.PID, 0o77)
	if r.file != file {
		t.Error("the file was opened again")
	}

	first.Kill()
	r.tid = second.PID // as if it had got the number of the first
	see(second.PID, second.PID, 0o22)
	if e := r.Identity(p.Thread(first.PID), &id); e != unix.ENOENT && e != unix.ESRCH {
		t.Errorf("of a dead target: %v", e)
	}
	r.Close()
	see(second.PID, second.PID, 0o22)
	second.Kill()
	if e := r.Identity(p.Thread(second.PID), &id); e != unix.ENOENT && e != unix.ESRCH {
		t.Errorf("of a target that died while its file was open: %v", e)
	}
}
