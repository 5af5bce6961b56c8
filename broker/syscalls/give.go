package syscalls

import (
	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// inject hands the descriptor to the target and closes the broker's copy.
func (c *Context) inject(fd int, flags uint64) answer {
	return c.give(fd, flags, c.outcome(0))
}

// give injects fd, closes it, and emits the event of the call if that worked.
func (c *Context) give(fd int, flags uint64, ev *audit.Event) answer {
	cloexec := flags&unix.O_CLOEXEC != 0
	if c.env.WaitKillable && (c.notShared(flags) || c.fetches()) {
		return c.giveAlone(fd, cloexec, ev)
	}
	c.release()
	err := c.env.Listener.InjectReply(c.n.ID, fd, cloexec)
	sys.Close(fd)
	if err != nil {
		return c.injectFailed(err)
	}
	c.emit(ev, 0)
	return answered
}

// fetchEvery is how often a yielding receiver has its target come.
const fetchEvery = 16

// fetches reports whether this call is to bring the target to the processor that
// the receiver runs on. Answering does, since it wakes synchronously; injecting
// does not, and once the two are apart, the target is always the faster one: the
// receiver is never found asleep, and so never brought to the target.
func (c *Context) fetches() bool {
	c.given++
	return c.given%fetchEvery == 0 && c.env.Yielding != nil && c.env.Yielding.Load()
}

// notShared reports whether it could be seen that the broker has the file open
// a moment longer than the target: a program just written cannot be executed
// (ETXTBSY), a lock is not gone, a FIFO still has a reader.
func (c *Context) notShared(flags uint64) bool {
	return flags&unix.O_ACCMODE != unix.O_RDONLY || flags&(unix.O_CREAT|unix.O_TRUNC|tmpFileBit) != 0 ||
		c.kind != unix.S_IFREG && c.kind != unix.S_IFDIR
}

// giveAlone closes the broker's copy before the target goes on, at the price
// of a second wake-up. No signal may come between the two: one would make the
// target call again, with the descriptor left behind.
func (c *Context) giveAlone(fd int, cloexec bool, ev *audit.Event) answer {
	number, err := c.env.Listener.Inject(c.n.ID, fd, cloexec)
	sys.Close(fd)
	if err != nil {
		return c.injectFailed(err)
	}
	c.emit(ev, 0)
	return answer{reply: notify.Value(int64(number))}
}

// injectFailed answers when the descriptor could not be put into the target.
// EMFILE is the target's own full table, as it would have found it natively.
func (c *Context) injectFailed(err error) answer {
	e, gone := injectErrno(err)
	if gone {
		return answered
	}
	if e == unix.EMFILE {
		c.finished(e)
		return fails(e)
	}
	c.record(audit.Error, e, "the descriptor cannot be injected")
	return fails(e)
}
