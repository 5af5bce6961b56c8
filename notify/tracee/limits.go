package tracee

import (
	"bytes"
	"strconv"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// SizeLimit is how long the thread may make a file: its RLIMIT_FSIZE,
// unix.RLIM_INFINITY for no limit. prlimit(2) does not tell of a process with
// other ids unless the caller has CAP_SYS_RESOURCE, which containers take away;
// /proc/TID/limits tells whoever may look.
func (t Thread) SizeLimit() (uint64, sys.Errno) {
	var limit unix.Rlimit
	e := sys.SizeLimit(t.TID, &limit)
	if e != unix.EPERM {
		return limit.Cur, e
	}
	fd, e := t.Open("limits", unix.O_RDONLY)
	if e != 0 {
		return 0, e
	}
	defer sys.Close(fd)
	var buf [4096]byte // the file has some 1,300 bytes, and comes in one piece
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return 0, unix.EIO
	}
	return parseSizeLimit(buf[:n])
}

var sizeLimitName = []byte("Max file size ")

// parseSizeLimit reads the soft limit from /proc/PID/limits: proc(5).
func parseSizeLimit(text []byte) (uint64, sys.Errno) {
	for line := range bytes.Lines(text) {
		rest, found := bytes.CutPrefix(line, sizeLimitName)
		if !found {
			continue
		}
		fields := bytes.Fields(rest)
		if len(fields) == 0 {
			break
		}
		if string(fields[0]) == "unlimited" {
			return unix.RLIM_INFINITY, 0
		}
		n, err := strconv.ParseUint(string(fields[0]), 10, 64)
		if err != nil {
			break
		}
		return n, 0
	}
	return 0, unix.EIO
}
