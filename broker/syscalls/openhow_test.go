package syscalls

import (
	"encoding/binary"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

const resolveCached = 0x20 // RESOLVE_CACHED, linux/openat2.h

func openHow(flags, mode, resolve uint64, tail ...byte) []byte {
	var raw []byte
	for _, v := range []uint64{flags, mode, resolve} {
		raw = binary.NativeEndian.AppendUint64(raw, v)
	}
	return append(raw, tail...)
}

// beforeInputs is a testing.F whose target may be told what to do while inputs
// are tried, which a testing.F itself does not like.
type beforeInputs struct{ testing.TB }

func (beforeInputs) Helper() {}

// FuzzOpenHow compares with the kernel, which is given the very same memory in
// a process of its own: a struct open_how of any size, before a hole. Without a
// directory a good one ends in EBADF.
func FuzzOpenHow(f *testing.F) {
	const window = 2 * pageSize
	proc, err := tracee.OpenProc()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(proc.Close)
	v := kerneltest.StartPlain(beforeInputs{f}, nil)
	end := uint64(v.Number("map %d %d s:00", window, unix.PROT_READ|unix.PROT_WRITE)) + 1

	for _, raw := range [][]byte{
		openHow(unix.O_RDONLY, 0, 0), openHow(unix.O_CREAT, 0o644, 0), openHow(unix.O_RDONLY, 0o644, 0),
		openHow(unix.O_CREAT, 0o10000, 0), openHow(unix.O_TMPFILE|unix.O_RDWR, 0o600, 0), openHow(tmpFileBit, 0, 0),
		openHow(unix.O_PATH|unix.O_NOFOLLOW, 0, unix.RESOLVE_BENEATH), openHow(unix.O_PATH|unix.O_RDWR, 0, 0),
		openHow(0, 0, unix.RESOLVE_IN_ROOT|unix.RESOLVE_BENEATH), openHow(0, 0, resolveCached), openHow(0, 0, 1<<63),
		openHow(unix.O_TRUNC, 0, resolveCached), openHow(1<<31, 0, 0), openHow(1<<32, 0, 0), openHow(0, 1<<40, 0),
		openHow(unix.O_CREAT|unix.O_DIRECTORY, 0o600, 0), openHow(3, 0, 0), openHow(largeFile, 0, 0), nil, openHow(0, 0, 0)[:23],
		openHow(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), openHow(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), openHow(0, 0, 0, make([]byte, 4072)...),
		openHow(0, 0, 0, make([]byte, 4073)...),
	} {
		f.Add(raw, int64(len(raw)))
		f.Add(raw, int64(24))
	}
	f.Add(openHow(0, 0, 0), int64(25))
	f.Add(openHow(0, 0, 0), int64(-1))
	f.Fuzz(func(t *testing.T, raw []byte, size int64) {
		if len(raw) > window {
			return
		}
		at := end - uint64(len(raw))
		thread := proc.Thread(v.PID)
		if e := thread.Write(at, raw); e != 0 {
			t.Fatal(e)
		}
		v.SendCall(unix.SYS_OPENAT2, -1, "x", at, size)
		want := v.Result().Errno
		c := Context{thread: thread}
		how, e := c.readHow(at, uint64(size))
		if e == 0 {
			e = checkHow(&how)
		}
		if e == 0 {
			e = unix.EBADF
		}
		if e != want && !refusedBoth(raw, size, e, want) {
			t.Errorf("%x, size %d: %v, the kernel says %v", raw, size, e, want)
		}
	})
}

// refusedBoth are the two cases where the errno may differ. What is known of a
// struct is read before its tail is looked at, and the kernel looks at the tail
// first; and a kernel of tomorrow knows more of the tail.
func refusedBoth(raw []byte, size int64, got, want sys.Errno) bool {
	beyond := size > int64(len(raw))
	return beyond && got == unix.EFAULT && want == unix.E2BIG || size > openHowSize && got == unix.E2BIG && want != unix.EFAULT
}
