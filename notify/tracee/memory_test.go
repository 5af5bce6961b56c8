package tracee

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

// ReadPath gives what the kernel itself would read, and its errno: the target
// is asked to open the same address.
func TestReadPath(t *testing.T) {
	const page = 4096
	const read, none = unix.PROT_READ, unix.PROT_NONE
	long := func(n int) string { return strings.Repeat("/", n) }
	v := kerneltest.StartPlain(t, nil)
	p := openProc(t)
	check := func(name string, addr uint64, want string, errno unix.Errno) {
		t.Helper()
		var buf PathBuffer
		got, e := p.Thread(v.PID).ReadPath(addr, buf[:PathMax])
		if e != errno || e == 0 && string(got) != want {
			t.Errorf("%s: %.40q (%d bytes), %v; want %v", name, got, len(got), e, errno)
		}
		native := v.Call(unix.SYS_OPENAT, unix.AT_FDCWD, addr, unix.O_PATH).Errno
		if native == unix.ENOENT || native == unix.ENOTDIR {
			native = 0 // it was read, and leads nowhere
		}
		if native != errno {
			t.Errorf("%s: the kernel says %v", name, native)
		}
	}
	for _, c := range []struct {
		name       string
		end        int // where the bytes end; the rest of their last page is the target's, the next page is not
		protection int
		bytes      string
		errno      unix.Errno
	}{
		{"short", 100, read, "/etc/passwd\x00", 0},
		{"empty", 100, read, "\x00", 0},
		{"not text", 100, read, "\xff\xfe\x01\n\x00", 0},
		{"up to the page's end", page, read, "/etc/passwd\x00", 0},
		{"across pages", page + 5, read, "/etc/passwd\x00", 0},
		{"exactly 256 with its NUL", page, read, long(255) + "\x00", 0},
		{"exactly 256 without", page, read, long(256) + "\x00", 0},
		{"into an unmapped page", page, read, "/etc/passwd", unix.EFAULT},
		{"a page, into an unmapped one", page, read, long(page - 1), unix.EFAULT},
		{"4095 bytes", page, read, long(4095) + "\x00", 0},
		{"4095 bytes across pages", page + 100, read, long(4095) + "\x00", 0},
		{"4096 bytes", page + 1, read, long(4096) + "\x00", unix.ENAMETOOLONG},
		{"4096 bytes, into an unmapped page", page, read, long(4096), unix.ENAMETOOLONG},
		{"endless", 2 * page, read, long(2 * page), unix.ENAMETOOLONG},
		{"not to be read", 100, none, "/etc/passwd\x00", unix.EFAULT},
	} {
		addr := uint64(v.Number("map %d %d %s", c.end, c.protection, kerneltest.Hex(c.bytes)))
		text, _, _ := strings.Cut(c.bytes, "\x00")
		check(c.name, addr, text, c.errno)
	}
	for name, addr := range map[string]uint64{
		"NULL": 0, "one": 1, "unmapped": 0x10000, "the kernel's": 0xffff800000000000, "not canonical": 1 << 50, "the last byte": ^uint64(0),
		"the end of user space": 0x7fffffffe000,
	} {
		check(name, addr, "", unix.EFAULT)
	}
}

// Memory that is to be written only: the processor lets the kernel read it,
// process_vm_readv(2) does not. The stricter one of the two holds.
func TestReadPathWriteOnly(t *testing.T) {
	v := kerneltest.StartPlain(t, nil)
	addr := uint64(v.Number("map 100 %d %s", unix.PROT_WRITE, kerneltest.Hex("/etc/passwd\x00")))
	var buf PathBuffer
	if got, e := openProc(t).Thread(v.PID).ReadPath(addr, buf[:PathMax]); e != unix.EFAULT {
		t.Errorf("%q, %v; want EFAULT", got, e)
	}
}

// Read is all or EFAULT.
func TestReadMemory(t *testing.T) {
	v := kerneltest.StartPlain(t, nil)
	thread := openProc(t).Thread(v.PID)
	text := strings.Repeat("0123456789", 800)
	addr := uint64(v.Number("map 8192 3 %s", kerneltest.Hex(text)))
	buf := make([]byte, len(text))
	if e := thread.Read(addr, buf); e != 0 || !bytes.Equal(buf, []byte(text)) {
		t.Errorf("8000 bytes: %v", e)
	}
	if e := thread.Read(addr+1, buf); e != unix.EFAULT {
		t.Errorf("one byte too far: %v", e)
	}
	if e := thread.Read(0, buf); e != unix.EFAULT {
		t.Errorf("NULL: %v", e)
	}
	v.Kill()
	if e := thread.Read(addr, buf); e != unix.ESRCH {
		t.Errorf("of a dead target: %v", e)
	}
	if _, e := thread.ReadPath(addr, buf[:256]); e != unix.ESRCH {
		t.Errorf("path of a dead target: %v", e)
	}
}

func TestGetFD(t *testing.T) {
	v := kerneltest.StartPlain(t, nil)
	p := openProc(t)
	tid := v.Number("@1 tid")
	fd := v.Call(unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/version", unix.O_RDONLY).Value
	for _, id := range []int{v.PID, tid} { // also a thread that is no leader
		for what, get := range map[string]func(int) (int, unix.Errno){
			"GetFD": p.Thread(id).GetFD, "OpenFD": p.Thread(id).OpenFD,
		} {
			got, e := get(fd)
			if e != 0 {
				t.Errorf("%s of thread %d: %v", what, id, e)
				continue
			}
			var mine, want unix.Stat_t
			if err := unix.Fstat(got, &mine); err != nil {
				t.Fatal(err)
			}
			if err := unix.Stat("/proc/version", &want); err != nil || mine.Ino != want.Ino {
				t.Errorf("%s: inode %d, want %d (%v)", what, mine.Ino, want.Ino, err)
			}
			if err := unix.Close(got); err != nil {
				t.Fatal(err)
			}
			for _, bad := range []int{-1, 999, unix.AT_FDCWD} {
				if got, e := get(bad); e != unix.EBADF {
					t.Errorf("%s of %d: %d, %v", what, bad, got, e)
				}
			}
		}
	}
	if got, e := p.Thread(os.Getpid()).GetFD(0); e == 0 {
		_ = unix.Close(got)
	}
}
