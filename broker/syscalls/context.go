package syscalls

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Recorder takes audit events. *audit.Log is one.
type Recorder interface {
	// Wants reports whether events of this action are recorded at all, so
	// that the others are never built.
	Wants(audit.Action) bool
	// Record takes a copy of the event, whose strings the caller writes over
	// afterwards.
	Record(*audit.Event)
}

// Env is what all contexts of one supervised tree share. It is set up before
// the first context and not changed afterwards.
type Env struct {
	Listener *notify.Listener
	Proc     *tracee.Proc
	Log      Recorder
	// Rules are those of the beginning; see Replace.
	Rules Rules
	// FixedRoot promises that the filter refuses every call that could give
	// a target another root directory or mount namespace.
	FixedRoot bool
	// WaitKillable says that only a fatal signal can end a call that waits.
	WaitKillable bool
	// Self is the identity the targets were started with: the supervisor's.
	Self tracee.Identity
	// Breach ends all targets at once: something runs that was not approved.
	// It may be called from several goroutines.
	Breach func()
	// Tree lists all processes that Breach would end; nil where nobody can tell,
	// and then the children of a process that ended in its exec are not looked at.
	Tree func() []int
	// Yielding tells whether receivers have a scheduling class that yields to
	// their targets now. nil means never.
	Yielding *atomic.Bool

	by             atomic.Pointer[ruleset]
	identityVaries atomic.Bool
	// names keeps directory entries as they are while a local socket is bound.
	names sync.RWMutex
	watch watch
	guard execGuard
}

// Init completes an Env whose fields are set.
func (e *Env) Init() *Env {
	e.Replace(e.Rules)
	e.identityVaries.Store(e.mayDiffer())
	e.watch.wake, e.watch.hurry = make(chan struct{}, 1), make(chan struct{}, 1)
	return e
}

// Context handles notifications, one at a time, for one OS thread. The
// thread must be locked to the goroutine and have unshared its CLONE_FS
// state (see [NewContext]).
type Context struct {
	env    *Env
	by     *ruleset // of the call under way
	n      *notify.Notification
	call   *mediated
	began  time.Duration // since epoch
	thread tracee.Thread

	walk   [2]*tracee.Walker
	place  [2]*tracee.Place
	raw    [2][]byte
	buf    [2]tracee.PathBuffer
	proc   [tracee.PathMax]byte // scratch: the executable's name, a struct open_how, a script's line
	temp   tracee.PathBuffer    // the path that stands for an O_TMPFILE
	how    unix.OpenHow
	status tracee.StatusReader

	id        tracee.Identity // of the target, valid while known
	known     bool
	acting    bool // the thread wears the target's identity now
	regrouped bool // its groups besides
	umask     uint32
	decision  rules.Decision
	asked     [2]rules.Access // of the rules, at each path
	onSecond  bool            // decision is about the second path
	would     bool            // monitor mode: enforce would have refused
	real      bool            // the call asks for the real user: access(2)
	reveals   bool            // the call tells more than that a place exists
	unseen    bool            // the walk ended at something that is there, and hidden
	flags     uint64
	given     uint32              // descriptors, so far
	kind      uint32              // S_IFMT of what was opened
	out       [sys.StatxSize]byte // an answer on its way to the target's memory
	slot      slot

	args        arguments
	guarded     []guarded // for checkImage
	shade       shade
	interpreted bool // raw[0] is the name of an interpreter, in a script
	report      report
	sockets     *network // nil until the first call on a socket
}

// NewContext prepares the calling thread and returns its context. The
// goroutine must be locked to its thread for good: the thread gets a umask of
// its own (unshare(2), CLONE_FS), since it will wear that of its targets, and
// takes no signals any more.
func NewContext(env *Env) (*Context, error) {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return nil, fmt.Errorf("give the receiver a umask of its own: %w", err)
	}
	if e := sys.BlockSignals(); e != 0 {
		return nil, fmt.Errorf("block signals in the receiver: %w", e)
	}
	if e := sys.PrepareWakeSignal(); e != 0 {
		return nil, fmt.Errorf("prepare the signal that wakes receivers: %w", e)
	}
	c := &Context{env: env}
	for i := range c.walk {
		c.walk[i] = tracee.NewWalker(env.Proc, env.FixedRoot)
	}
	c.adopt(env.by.Load())
	c.umask = ^uint32(0)
	c.slot.thread, c.slot.how = unix.Gettid(), &c.how
	env.watch.add(&c.slot)
	return c, nil
}

// Close forgets the context. Its thread must end with it: it has a umask of
// its own, and perhaps another identity.
func (c *Context) Close() {
	c.env.watch.remove(&c.slot)
	c.status.Close()
	for i := range c.report.callers {
		c.report.callers[i].forget()
	}
}

// answer is what became of a notification: a reply to send, or nothing more
// to do because it was sent or nobody waits for it.
type answer struct {
	reply notify.Reply
	sent  bool
}

var answered = answer{sent: true}

func fails(e sys.Errno) answer { return answer{reply: notify.Errno(e)} }

// Handle decides a notification and answers it. It never panics and never
// leaves a notification unanswered: what goes wrong is refused.
func (c *Context) Handle(n *notify.Notification) {
	c.begin(n)
	a := c.run()
	if !a.sent {
		c.release()
		// An error says that nobody waits any more, which is ordinary.
		_ = c.env.Listener.Reply(n.ID, a.reply)
	}
	c.end()
}

// epoch makes time.Since read one clock, where time.Now reads two.
var epoch = time.Now()

func (c *Context) begin(n *notify.Notification) {
	if by := c.env.by.Load(); by != c.by {
		c.adopt(by)
	}
	c.n, c.call = n, lookup(n.Data.Nr)
	if row := c.by.emulated[n.Data.Nr]; row != nil {
		c.call = row
	}
	c.began = time.Since(epoch)
	c.thread = c.env.Proc.Thread(int(n.PID))
	c.known, c.onSecond, c.would, c.flags, c.kind = false, false, false, 0, 0
	c.real, c.reveals, c.unseen = false, false, false
	c.args.asked, c.interpreted = false, false
	if c.by.Shadow != nil {
		c.shade = shade{}
	}
	c.decision, c.asked = rules.Decision{}, [2]rules.Access{}
	c.raw, c.place = [2][]byte{}, [2]*tracee.Place{}
	c.env.watch.work(&c.slot, n.ID, int(n.PID))
}

// release closes the directories that the walks hold and the copies of the
// target's sockets. It comes before the answer, or what the target does next
// could meet them: a mount is busy (umount(2)), the port of a closed socket in
// use (bind(2)).
func (c *Context) release() {
	c.walk[0].Release()
	c.walk[1].Release()
	c.sockets.release()
}

func (c *Context) end() {
	if c.sockets != nil && c.sockets.dressed { // a panic came between
		c.undressSocket()
	}
	c.leave()
	c.release()
	c.slot.enter(slotIdle)
}

// run calls the handler. A panic in it is a refusal and a record.
func (c *Context) run() (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = c.failed(unix.EPERM, fmt.Sprintf("internal error: %v", p))
		}
	}()
	switch {
	case c.call == nil:
		return c.failed(unix.EPERM, "the filter notified a call that nothing mediates")
	case c.n.PID == 0:
		return c.failed(unix.EPERM, "the target cannot be seen from the broker's pid namespace")
	case !c.checkImage():
		return fails(unix.EPERM)
	}
	return c.call.handle(c)
}

func (c *Context) valid() bool { return c.env.Listener.Valid(c.n.ID) }
