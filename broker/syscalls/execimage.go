package syscalls

import (
	"bytes"
	"strconv"

	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// imageOf identifies what a process runs now.
func imageOf(t tracee.Thread) (fileID, sys.Errno) {
	var st unix.Stat_t
	if e := t.Stat("exe", &st); e != 0 {
		return fileID{}, e
	}
	return fileID{st.Dev, st.Ino}, 0
}

// imageNow is imageOf for a process that may be in the middle of an exec. Its
// first thread may have ended before the others, and runs nothing then; the one
// that executes takes its number in the end. So where both are not there, the
// first one is asked again.
func (e *Env) imageNow(key execKey) (now fileID, errno sys.Errno) {
	if key.tid == key.tgid {
		return imageOf(e.Proc.Thread(key.tgid))
	}
	for _, id := range [...]int{key.tgid, key.tid, key.tgid} {
		now, errno = imageOf(e.Proc.Thread(id))
		if !isGone(errno) {
			break
		}
	}
	return now, errno
}

// isGone tells an errno that speaks of the process from one that speaks of the
// broker.
func isGone(e sys.Errno) bool { return e == unix.ENOENT || e == unix.ESRCH }

// executing reports whether the thread may still be inside its exec. Only a
// thread that sleeps in another call surely is not. In the end the thread has
// the number of the process.
func (e *Env) executing(key execKey) bool {
	fd, errno := e.Proc.Thread(key.tid).Open("syscall", unix.O_RDONLY)
	if isGone(errno) {
		fd, errno = e.Proc.Thread(key.tgid).Open("syscall", unix.O_RDONLY)
	}
	if errno != 0 {
		return true
	}
	defer sys.Close(fd)
	var buf [128]byte
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return true
	}
	if bytes.HasPrefix(buf[:n], []byte("running")) { // proc_pid_syscall(5)
		return true
	}
	word, _, _ := bytes.Cut(buf[:n], []byte{' '})
	number, err := strconv.Atoi(string(word))
	return err != nil || number == unix.SYS_EXECVE || number == unix.SYS_EXECVEAT
}
