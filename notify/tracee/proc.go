package tracee

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Proc is the supervisor's procfs, and what is known of other mounts. It is safe
// for concurrent use.
type Proc struct {
	fd   int    // O_PATH descriptor of /proc
	fds  int    // O_PATH descriptor of /proc/self/fd: two lookups less for each name
	dev  uint64 // its device: links of another procfs cannot be translated
	root int    // O_PATH descriptor of the supervisor's own /
	pid  int    // the supervisor's own pid
	// sticky says that fs.protected_symlinks is set: proc_sys_fs(5).
	sticky bool
	// Spare, if not nil, tells processes that the supervisor has started for itself:
	// they are none of its targets. Set it before there is a target.
	Spare func(pid int) bool
	// plain are mounts that are no procfs.
	plain mounts
}

// OpenProc opens /proc and makes sure that it is a procfs.
func OpenProc() (*Proc, error) {
	fd, err := unix.Open("/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /proc: %w", err)
	}
	var fs unix.Statfs_t
	if e := sys.Fstatfs(fd, &fs); e != 0 || fs.Type != unix.PROC_SUPER_MAGIC {
		sys.Close(fd)
		return nil, fmt.Errorf("/proc is no proc file system; mount one there")
	}
	var st unix.Stat_t
	if e := sys.Fstat(fd, &st); e != 0 {
		sys.Close(fd)
		return nil, fmt.Errorf("stat /proc: %w", e)
	}
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		sys.Close(fd)
		return nil, fmt.Errorf("open /: %w", err)
	}
	fds, err := unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		sys.Close(fd)
		sys.Close(root)
		return nil, fmt.Errorf("open /proc/self/fd: %w", err)
	}
	return &Proc{fd: fd, fds: fds, dev: st.Dev, root: root, pid: unix.Getpid(), sticky: protectedSymlinks()}, nil
}

// protectedSymlinks reads fs.protected_symlinks; when that cannot be read, it
// is taken to be set.
func protectedSymlinks() bool {
	value, err := os.ReadFile("/proc/sys/fs/protected_symlinks")
	return err != nil || strings.TrimSpace(string(value)) != "0"
}

// Close releases the descriptors.
func (p *Proc) Close() {
	sys.Close(p.fd)
	sys.Close(p.root)
	sys.Close(p.fds)
}

// Root is a descriptor of the supervisor's own root directory, still owned by
// p. It anchors a target that cannot have changed its root.
func (p *Proc) Root() int { return p.root }

// procPath builds "PID/name\0" in a buffer of the caller.
func procPath(buf []byte, id int, name string) []byte {
	buf = strconv.AppendInt(buf[:0], int64(id), 10)
	buf = append(buf, '/')
	buf = append(buf, name...)
	return append(buf, 0)
}

// procFD builds "ID/fd/N\0".
func procFD(buf []byte, id, fd int) []byte {
	buf = strconv.AppendInt(buf[:0], int64(id), 10)
	buf = append(buf, "/fd/"...)
	buf = strconv.AppendInt(buf, int64(fd), 10)
	return append(buf, 0)
}

// number builds "N\0".
func number(buf []byte, n int) []byte {
	return append(strconv.AppendInt(buf[:0], int64(n), 10), 0)
}

// PathOf writes the kernel's own name of the object behind a descriptor of
// the supervisor into buf and returns the written part. It is the path as of
// now, seen from the supervisor's root.
func (p *Proc) PathOf(fd int, buf []byte) ([]byte, sys.Errno) {
	var name [32]byte
	n, e := sys.Readlinkat(p.fds, number(name[:], fd), buf)
	if e != 0 {
		return nil, e
	}
	if n == len(buf) {
		return nil, unix.ENAMETOOLONG
	}
	return buf[:n], 0
}

// Reopen opens the object behind fd again, as how says; O_CLOEXEC is added.
// The kernel checks the calling thread's permission on the object anew.
func (p *Proc) Reopen(fd int, how *unix.OpenHow) (int, sys.Errno) {
	var name [32]byte
	how.Flags |= unix.O_CLOEXEC
	return sys.Openat2(p.fds, number(name[:], fd), how)
}

// SelfFD is the path by which the supervisor itself reaches the object behind
// fd, NUL-terminated: for calls that take a path only. buf should hold 32 bytes.
func (p *Proc) SelfFD(buf []byte, fd int) []byte {
	buf = append(buf[:0], "/proc/self/fd/"...)
	return append(strconv.AppendInt(buf, int64(fd), 10), 0)
}
