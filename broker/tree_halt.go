package broker

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// haltTurns bounds the looks at a tree that does not come to rest. Only a storm of
// forks, or an uninterruptible sleep within a fork, needs more than a few.
const haltTurns = 100

// descendants lists the processes below this one. Orphans are among them:
// this process is a child subreaper, prctl(2).
func descendants(p *tracee.Proc) []int {
	pids, _ := listTree(p)
	return pids
}

// listTree lists the descendants. It is not whole if a process was gone before it
// could be looked at: it may have been one, with a child that has a higher number
// than had been given away when /proc was read, or it stood between another
// one and the broker.
func listTree(p *tracee.Proc) (pids []int, whole bool) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, false
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	whole = err == nil
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		below, sure := p.Ancestry(pid)
		if below {
			pids = append(pids, pid)
		}
		whole = whole && sure
	}
	return pids, whole
}

// halt sends a signal that ends or stops to every descendant, and to those that
// are born meanwhile, until there can be no others. It gives all of them, and false
// if it gave up: one may be left then that has not got the signal.
//
// That nobody new is found is not enough: a fork that was under way when the signal
// was sent still completes. copy_process in kernel/fork.c only refuses to begin one
// while a signal is pending. So everyone who is known is looked at first, thread by
// thread, and then the list is made that must not grow: whoever made a process that
// is not known would have to be somebody who is not known, up to a child of
// the broker's that the list would have shown. Only one of them that continues others,
// kill(2) with SIGCONT, can undo it.
func halt(p *tracee.Proc, sig unix.Signal) (all []int, closed bool) {
	known := map[int]bool{}
	for range haltTurns {
		rest := true
		for _, pid := range all {
			rest = rest && atRest(p, pid)
		}
		list, whole := listTree(p)
		before := len(all)
		for _, pid := range list {
			if !known[pid] {
				known[pid] = true
				all = append(all, pid)
			}
		}
		signalAll(all[before:], sig)
		if rest && whole && len(all) == before {
			return all, true
		}
		time.Sleep(reapPause)
	}
	return all, false
}

// atRest reports whether no thread of a process that has a signal pending can make
// another process any more: it has stopped or ended, or sleeps in a system call that
// makes none, and finds the signal when that returns.
func atRest(p *tracee.Proc, pid int) bool {
	tasks := "/proc/" + strconv.Itoa(pid) + "/task/"
	threads, err := os.ReadDir(tasks)
	if err != nil {
		return os.IsNotExist(err) // it has ended, and been reaped
	}
	for _, t := range threads {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			return false
		}
		var st tracee.Stat
		if e := p.Stat(tid, &st); e != 0 {
			return false // ended since: the next look tells what it left
		}
		switch st.State {
		case 'T', 't', 'Z', 'X':
		case 'S', 'D':
			if !sleepsOutsideFork(tasks + t.Name()) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// sleepsOutsideFork reports whether a thread sleeps in a system call other than
// those that make processes: proc_pid_syscall(5). Where that cannot be read it may be
// in one. A call that waits for the broker's answer, or for the other end of a FIFO,
// does not stop: WAIT_KILLABLE_RECV in seccomp(2).
func sleepsOutsideFork(task string) bool {
	text, err := os.ReadFile(task + "/syscall")
	word, _, more := bytes.Cut(text, []byte(" "))
	if err != nil || !more { // "running"
		return false
	}
	number, err := strconv.Atoi(string(word))
	if err != nil || number < 0 { // -1: it sleeps, but in no system call
		return false
	}
	switch number {
	case unix.SYS_CLONE, unix.SYS_FORK, unix.SYS_VFORK, unix.SYS_CLONE3:
		return false
	}
	return true
}
