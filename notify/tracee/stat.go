package tracee

import (
	"bytes"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// maxDepth bounds the walk from a process up to the supervisor. A tree deeper
// than that is taken for foreign.
const maxDepth = 4096

// Stat is the part of /proc/PID/stat that is asked for. proc(5).
type Stat struct {
	State byte
	PPID  int
	TTY   uint32 // device number of the controlling terminal, 0 for none
	Start uint64 // ticks after boot
}

// Stat reads /proc/ID/stat of a process or thread.
func (p *Proc) Stat(id int, st *Stat) sys.Errno {
	var path [32]byte
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC}
	fd, e := sys.Openat2(p.fd, procPath(path[:], id, "stat"), &how)
	if e != 0 {
		return e
	}
	defer sys.Close(fd)
	var buf [1024]byte
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return unix.ESRCH
	}
	if !st.parse(buf[:n]) {
		return unix.EIO
	}
	return 0
}

// parse takes the fields after the last ')': a program's name may hold
// anything, parentheses and newlines included.
func (st *Stat) parse(line []byte) bool {
	end := bytes.LastIndexByte(line, ')')
	if end < 0 || end+2 >= len(line) {
		return false
	}
	rest := bytes.TrimLeft(line[end+1:], " ")
	for field := 3; field <= 22; field++ {
		var word []byte
		word, rest = cutSpace(rest)
		if len(word) == 0 {
			return false
		}
		ok := true
		switch field {
		case 3:
			st.State = word[0]
		case 4:
			ok = decimal(word, &st.PPID)
		case 7:
			var tty int
			ok = decimal(word, &tty)
			st.TTY = uint32(tty)
		case 22:
			st.Start, ok = parseUint(word, 10)
		}
		if !ok {
			return false
		}
	}
	return true
}

// Descends reports whether process pid is a descendant of the supervisor. The
// supervisor itself is not. Orphans stay descendants because the supervisor
// is a child subreaper. Nor are those that it has started for itself.
func (p *Proc) Descends(pid int) bool {
	yes, _ := p.Ancestry(pid)
	return yes
}

// Ancestry is Descends, and says whether it is sure: no is not where a process on
// the way up ended before it was looked at, since its children have other parents now.
func (p *Proc) Ancestry(pid int) (descends, sure bool) {
	var st Stat
	for range maxDepth {
		if pid <= 1 || pid == p.pid || p.Spare != nil && p.Spare(pid) {
			return false, true
		}
		if p.Stat(pid, &st) != 0 {
			return false, false
		}
		if st.PPID == p.pid {
			return true, true
		}
		pid = st.PPID
	}
	return false, false
}
