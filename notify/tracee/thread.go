package tracee

import (
	"bytes"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// PathMax is the longest path the kernel takes, with its NUL. limits.h.
const PathMax = unix.PathMax

// Thread is the thread that made a call, known by its id only. It is a value
// of one notification: never keep one.
type Thread struct {
	proc *Proc
	TID  int
}

// Thread returns the view of thread tid.
func (p *Proc) Thread(tid int) Thread { return Thread{proc: p, TID: tid} }

// firstRead is enough for nearly every path; copying more costs more pages.
const firstRead = 256

// ReadPath copies the NUL-terminated string at addr into buf, which should
// hold PathMax bytes, and returns it without the NUL. The errnos are those
// the kernel gives the caller: EFAULT for memory that is not there,
// ENAMETOOLONG for a string that does not end. Any other errno means that
// the target's memory cannot be read at all. Memory that the target has mapped
// without PROT_READ is EFAULT here, even where the processor could read it.
func (t Thread) ReadPath(addr uint64, buf []byte) ([]byte, sys.Errno) {
	return t.ReadString(addr, buf, unix.ENAMETOOLONG)
}

// ReadString is ReadPath with the errno for a string that does not end in buf.
func (t Thread) ReadString(addr uint64, buf []byte, tooLong sys.Errno) ([]byte, sys.Errno) {
	if addr == 0 {
		return nil, unix.EFAULT
	}
	have := 0
	for want := min(firstRead, len(buf)); ; want = len(buf) {
		n, e := sys.ProcessRead(t.TID, addr+uint64(have), buf[have:want])
		if e != 0 {
			return nil, e
		}
		if end := bytes.IndexByte(buf[have:have+n], 0); end >= 0 {
			return buf[:have+end], 0
		}
		have += n
		if have < want {
			return nil, unix.EFAULT
		}
		if have == len(buf) {
			return nil, tooLong
		}
	}
}

// Read fills buf from the target's memory at addr; less is EFAULT.
func (t Thread) Read(addr uint64, buf []byte) sys.Errno {
	return t.whole(sys.ProcessRead, addr, buf)
}

// Write copies data into the target's memory at addr; less is EFAULT, and what
// lay before the hole has been written, as by the kernel.
func (t Thread) Write(addr uint64, data []byte) sys.Errno {
	return t.whole(sys.ProcessWrite, addr, data)
}

// whole calls transfer until all of buf is done: both calls stop early at a
// page that is not there, process_vm_readv(2).
func (t Thread) whole(transfer func(pid int, addr uint64, buf []byte) (int, sys.Errno), addr uint64, buf []byte) sys.Errno {
	for have := 0; have < len(buf); {
		n, e := transfer(t.TID, addr+uint64(have), buf[have:])
		if e != 0 {
			return e
		}
		if n == 0 {
			return unix.EFAULT
		}
		have += n
	}
	return 0
}

// Open opens name below /proc/TID, following magic links: "cwd", "root",
// "exe", "status". The descriptor is the caller's.
func (t Thread) Open(name string, flags uint64) (int, sys.Errno) {
	var buf [64]byte
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC}
	return sys.Openat2(t.proc.fd, procPath(buf[:], t.TID, name), &how)
}

// OpenFD pins the object behind the target's descriptor number fd with O_PATH.
// A number that is not open gives EBADF.
func (t Thread) OpenFD(fd int) (int, sys.Errno) { return t.openFD(fd, 0) }

// openFD is OpenFD with further flags of open(2), such as O_DIRECTORY.
func (t Thread) openFD(fd int, flags uint64) (int, sys.Errno) {
	if fd < 0 {
		return -1, unix.EBADF
	}
	var buf [64]byte
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC | flags}
	n, e := sys.Openat2(t.proc.fd, procFD(buf[:], t.TID, fd), &how)
	if e == unix.ENOENT {
		return -1, unix.EBADF
	}
	return n, e
}

// OpenDir is OpenFD, with AT_FDCWD for the working directory.
func (t Thread) OpenDir(fd int) (int, sys.Errno) {
	if fd == unix.AT_FDCWD {
		return t.Open("cwd", unix.O_PATH)
	}
	return t.openFD(fd, 0)
}

// Stat tells what a magic link of the thread, such as "exe", leads to.
func (t Thread) Stat(name string, st *unix.Stat_t) sys.Errno {
	var path [64]byte
	return sys.Fstatat(t.proc.fd, procPath(path[:], t.TID, name), st, 0)
}

// Readlink reads a magic link of the thread, such as "exe", into buf.
func (t Thread) Readlink(name string, buf []byte) ([]byte, sys.Errno) {
	var path [64]byte
	n, e := sys.Readlinkat(t.proc.fd, procPath(path[:], t.TID, name), buf)
	if e != 0 {
		return nil, e
	}
	return buf[:n], 0
}

// GetFD copies the target's descriptor number fd into the supervisor:
// pidfd_getfd(2). Unlike [Thread.OpenFD] it shares the open file description,
// with its mode and its flags. A number that is not open gives EBADF.
func (t Thread) GetFD(fd int) (int, sys.Errno) {
	if fd < 0 {
		return -1, unix.EBADF
	}
	pidfd, e := t.Pidfd()
	if e != 0 {
		return -1, e
	}
	defer sys.Close(pidfd)
	n, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		e, _ = err.(sys.Errno)
		return -1, e
	}
	return n, 0
}

// pidfdThread is PIDFD_THREAD, Linux 6.9: without it only a thread group's
// leader can be opened, and any other thread gives an errno.
const pidfdThread = unix.O_EXCL

// Pidfd returns a descriptor that pins the thread, or, before Linux 6.9, its
// process: pidfd_open(2). The caller closes it.
func (t Thread) Pidfd() (int, sys.Errno) {
	fd, err := unix.PidfdOpen(t.TID, pidfdThread)
	if err == nil {
		return fd, 0
	}
	var id Identity
	var buf StatusBuffer
	if e := t.Identity(&id, &buf); e != 0 {
		return -1, e
	}
	fd, err = unix.PidfdOpen(id.TGID, 0)
	if err != nil {
		e, _ := err.(sys.Errno)
		return -1, e
	}
	return fd, 0
}

// SameUserNamespace reports whether the thread is in the supervisor's user
// namespace; when that cannot be told it is not. Capabilities mean nothing
// outside the namespace they were given in: user_namespaces(7).
func (t Thread) SameUserNamespace() bool {
	var own, other [64]byte
	n, e := sys.Readlinkat(t.proc.fd, selfUserNS, own[:])
	if e != 0 {
		return false
	}
	text, e := t.Readlink("ns/user", other[:])
	return e == 0 && bytes.Equal(own[:n], text)
}

var selfUserNS = []byte("self/ns/user\x00")
