package syscalls

import (
	"testing"

	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// underWay runs test in a context that has a notification, whose call row
// handles.
func underWay(t *testing.T, row *mediated, test func(c *Context, n *notify.Notification)) (reasons, *kerneltest.Victim) {
	t.Helper()
	v := kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID))
	n := called(t, v, unix.SYS_GETPPID)
	env, log := envOf(t, "", v.Listener)
	env.by.Load().emulated = map[int32]*mediated{unix.SYS_GETPPID: row}
	inContext(t, env, func(c *Context) { test(c, n) })
	return *log, v
}

// disguise has the context take its target for somebody else.
func disguise(c *Context, uid uint32) {
	c.id, c.known = c.env.Self, true
	c.id.CapEff, c.id.EUID, c.id.FSUID = 0, uid, uid
}

// threadRights are the effective capabilities and user of the calling thread.
func threadRights(t *testing.T) (caps uint64, uid int) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Error(err)
	}
	return uint64(data[0].Effective) | uint64(data[1].Effective)<<32, unix.Geteuid()
}

// A call that sleeps anew, after the signal that ended it was taken by another
// thread of the target's, is made with the target's rights again.
func TestSleepingCallKeepsIdentity(t *testing.T) {
	needsRoot(t)
	for _, uid := range []uint32{0, 65534} {
		row := &mediated{at: parseSignature(""), Call: Call{Name: "getppid", handle: func(c *Context) answer {
			disguise(c, uid)
			for _, fresh := range []bool{true, false} {
				_, e := c.onSocket(func() (int, sys.Errno) {
					caps, euid := threadRights(t)
					if caps != 0 || euid != int(uid) {
						t.Errorf("for uid %d: capabilities %x and uid %d", uid, caps, euid)
					}
					if fresh { // the watch ends it
						fresh = false
						state := c.slot.state.Load()
						c.slot.state.Store(state - slotOpening + slotCancelled)
						return -1, unix.EINTR
					}
					return 0, 0
				})
				if e != 0 {
					t.Error(e)
				}
			}
			return answer{reply: notify.Value(7)}
		}}}
		log, v := underWay(t, row, func(c *Context, n *notify.Notification) { c.Handle(n) })
		if got := v.Result(); got.Value != 7 || len(log) > 0 {
			t.Errorf("the target got %+v, recorded %q", got, log)
		}
	}
}

// A panic in the middle of a call is a refusal and a record, and leaves the thread
// nothing of the target's.
func TestPanic(t *testing.T) {
	needsRoot(t)
	for name, dies := range map[string]func(c *Context){
		"plain":     func(*Context) { panic("broken") },
		"acting":    func(c *Context) { disguise(c, 65534); c.wear(); panic("broken") },
		"on socket": func(c *Context) { disguise(c, 65534); c.onSocket(func() (int, sys.Errno) { panic("broken") }) },
		"effect":    func(c *Context) { disguise(c, 65534); c.effect(func() sys.Errno { panic("broken") }) },
		"socket bound": func(c *Context) {
			c.env.names.Lock()
			defer c.env.names.Unlock()
			panic("broken")
		},
	} {
		t.Run(name, func(t *testing.T) {
			row := &mediated{at: parseSignature(""), Call: Call{Name: "getppid", handle: func(c *Context) answer {
				dies(c)
				return answer{reply: notify.Continue()}
			}}}
			log, v := underWay(t, row, func(c *Context, n *notify.Notification) {
				before, _ := threadRights(t)
				c.Handle(n)
				if caps, uid := threadRights(t); caps != before || uid != 0 {
					t.Errorf("afterwards capabilities %x and uid %d, before %x", caps, uid, before)
				}
				if !c.env.names.TryLock() {
					t.Error("nobody can bind a socket any more")
				}
				if state := c.slot.state.Load() % slotStates; state != slotIdle {
					t.Errorf("the watch sees state %d", state)
				}
			})
			if got := v.Result(); got != (kerneltest.Result{Value: -1, Errno: unix.EPERM}) {
				t.Errorf("the target got %+v", got)
			}
			if want := "error EPERM internal error: broken"; len(log) != 1 || log[0] != want {
				t.Errorf("recorded %q, want %q", log, want)
			}
		})
	}
}
