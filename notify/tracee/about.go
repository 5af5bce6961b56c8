package tracee

import (
	"sync/atomic"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// About is what has to be known of something that a descriptor refers to before
// its name can be trusted.
type About struct {
	Mode      uint32 // type and permissions: inode(7)
	Links     uint32 // 0: it has no name any more
	Dev, Rdev uint64
	Ino       uint64
	// Proc says that it lies on a procfs, wherever that is mounted.
	Proc bool
}

// Kind is the file's type, one of S_IFMT's.
func (a *About) Kind() uint32 { return a.Mode & unix.S_IFMT }

// aboutMask is what About asks statx(2) for.
const aboutMask = unix.STATX_TYPE | unix.STATX_MODE | unix.STATX_NLINK | unix.STATX_INO | unix.STATX_MNT_ID_UNIQUE

// About looks at what fd refers to: one system call for all that is seen more
// than once. It allocates nothing and is safe for concurrent use.
func (p *Proc) About(fd int, a *About) sys.Errno {
	var st unix.Statx_t
	if e := sys.StatxFD(fd, aboutMask, &st); e != 0 {
		return e
	}
	*a = About{
		Mode: uint32(st.Mode), Links: st.Nlink, Ino: st.Ino,
		Dev: unix.Mkdev(st.Dev_major, st.Dev_minor), Rdev: unix.Mkdev(st.Rdev_major, st.Rdev_minor),
	}
	if st.Dev_major != 0 {
		return 0 // on a block device; asking may be slow there
	}
	id := uint64(0)
	if st.Mask&unix.STATX_MNT_ID_UNIQUE != 0 {
		id = st.Mnt_id
	}
	if !p.plain.has(id) {
		a.Proc = isProc(fd)
		if !a.Proc {
			p.plain.add(id)
		}
	}
	return 0
}

// isProc asks the file system itself. What cannot be told is taken for a procfs.
func isProc(fd int) bool {
	var fs unix.Statfs_t
	return sys.Fstatfs(fd, &fs) != 0 || fs.Type == unix.PROC_SUPER_MAGIC
}

// mounts remembers a few mounts by their unique id, which no other mount gets
// until the machine restarts (statx(2), STATX_MNT_ID_UNIQUE, Linux 6.8; device
// numbers are given again at once). What a mount shows stays the same file system as
// long as it is mounted. The zero value is empty; 0 is no id.
type mounts [64]atomic.Uint64

func (m *mounts) has(id uint64) bool { return id != 0 && m[id%uint64(len(m))].Load() == id }

func (m *mounts) add(id uint64) {
	if id != 0 {
		m[id%uint64(len(m))].Store(id)
	}
}
