package tracee

import (
	"os"
	"strconv"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// maxThreads bounds the look at the threads of a process.
const maxThreads = 4096

// OnlyTaker returns those of the signals, bit n-1 for signal n, that no thread
// of process tgid but tid could take: all the others block them, or have ended.
// A signal that is pending for the process is then meant for tid. What cannot
// be told counts as another taker. kernel/signal.c, complete_signal.
func (p *Proc) OnlyTaker(tgid, tid int, signals uint64) uint64 {
	fd, e := p.Thread(tgid).Open("task", unix.O_RDONLY|unix.O_DIRECTORY)
	if e != 0 {
		return 0
	}
	dir := os.NewFile(uintptr(fd), "task")
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(maxThreads)
	if err != nil || len(names) == maxThreads {
		return 0
	}
	var id Identity
	var buf StatusBuffer
	for _, name := range names {
		other, err := strconv.Atoi(name)
		if err != nil {
			return 0
		}
		if other == tid {
			continue
		}
		switch e := p.Thread(other).Identity(&id, &buf); {
		case e == 0:
			signals &= id.SigBlocked
		case !p.ended(other, e):
			return 0
		}
	}
	return signals
}

// ended reports whether a thread whose identity could not be read is gone, or
// as good as gone: a leader that has ended stays until the others have.
func (p *Proc) ended(tid int, e sys.Errno) bool {
	if e == unix.ENOENT || e == unix.ESRCH {
		return true
	}
	var st Stat
	e = p.Stat(tid, &st)
	return e == unix.ENOENT || e == unix.ESRCH || e == 0 && (st.State == 'Z' || st.State == 'X')
}
