package syscalls

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

type reasons []string

func (r *reasons) Wants(audit.Action) bool { return true }
func (r *reasons) Record(ev *audit.Event) {
	*r = append(*r, string(ev.Action)+" "+ev.Errno+" "+strings.Clone(ev.Reason))
}

// underWay runs test in a context that has a notification, whose call row
// handles.
func underWay(t *testing.T, row *mediated, test func(c *Context, n *notify.Notification)) (reasons, *kerneltest.Victim) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "empty.hcl")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	policy, diags := rules.Load(rules.Options{Files: []string{file}, Canonical: func(p string) string { return p }})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	proc, err := tracee.OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	v := kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID))
	v.SendCall(unix.SYS_GETPPID)
	n, err := v.Listener.NewReceiver().Receive()
	if err != nil {
		t.Fatal(err)
	}
	var log reasons
	env := &Env{Listener: v.Listener, Proc: proc, Log: &log, Rules: Rules{Policy: policy}, FixedRoot: true}
	var buf tracee.StatusBuffer
	if e := proc.Thread(unix.Getpid()).Identity(&env.Self, &buf); e != 0 {
		t.Fatal(e)
	}
	env.Init().by.Load().emulated = map[int32]*mediated{unix.SYS_GETPPID: row}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		c, err := NewContext(env)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		test(c, n)
	}()
	<-done
	return log, v
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: targets of an ordinary user cannot change who they are")
	}
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
