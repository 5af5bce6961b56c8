package tracee

import (
	"os"
	"strconv"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// TableFull reports whether the thread has no number left for one more
// descriptor: every one below its RLIMIT_NOFILE is taken. The size of
// /proc/TID/fd is how many are open, since Linux 6.2: proc(5). Older kernels
// say 0 there, and the answer is false, as it is when it cannot be told.
func (t Thread) TableFull() bool {
	var limit unix.Rlimit
	if sys.FileLimit(t.TID, &limit) != 0 {
		return false
	}
	var buf [64]byte
	var st unix.Stat_t
	e := sys.Fstatat(t.proc.fd, procPath(buf[:], t.TID, "fd"), &st, 0)
	if e != 0 || uint64(st.Size) < limit.Cur {
		return false
	}
	return t.openBelow(limit.Cur) >= limit.Cur
}

// openBelow counts the open descriptors whose numbers are below limit: those
// above may have been opened before the limit was lowered.
func (t Thread) openBelow(limit uint64) uint64 {
	const batch = 1024
	fd, e := t.Open("fd", unix.O_RDONLY|unix.O_DIRECTORY)
	if e != 0 {
		return 0
	}
	dir := os.NewFile(uintptr(fd), "fd")
	defer func() { _ = dir.Close() }()
	var open uint64
	for {
		names, err := dir.Readdirnames(batch)
		for _, name := range names {
			if n, err := strconv.ParseUint(name, 10, 64); err == nil && n < limit {
				open++
			}
		}
		if err != nil {
			return open
		}
	}
}
