package syscalls

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"seccomp-broker/notify"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// TestCallsOfNobody: a call that is notified and has no row, one that an emulate
// rule may be about and is not, and what the filter would have done with it.
func TestCallsOfNobody(t *testing.T) {
	refused := kerneltest.Result{Value: -1, Errno: unix.EPERM}
	fate := func(f Fate, e sys.Errno) []Emulated {
		return []Emulated{{Name: "getppid", Number: unix.SYS_GETPPID, Otherwise: func([6]uint64) (Fate, sys.Errno) { return f, e }}}
	}
	for name, tc := range map[string]struct {
		emulated []Emulated
		want     kerneltest.Result
		log      string
	}{
		"no row":       {nil, refused, "error EPERM the filter notified a call that nothing mediates"},
		"nothing said": {[]Emulated{{Name: "getppid", Number: unix.SYS_GETPPID}}, refused, "error EPERM nothing says what becomes of the call"},
		"fails":        {fate(Fails, unix.EDOM), kerneltest.Result{Value: -1, Errno: unix.EDOM}, ""},
		"is done":      {fate(Fails, 0), kerneltest.Result{}, ""},
		"judged":       {fate(Judged, 0), refused, "error EPERM the filter notified a call that nothing mediates"},
		"runs":         {fate(Runs, 0), kerneltest.Result{Value: os.Getpid()}, "allowed  "},
	} {
		t.Run(name, func(t *testing.T) {
			v := kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID))
			n := called(t, v, unix.SYS_GETPPID)
			env, log := envOf(t, "", v.Listener, tc.emulated...)
			inContext(t, env, func(c *Context) { c.Handle(n) })
			if got := v.Result(); got != tc.want {
				t.Errorf("the target got %+v, want %+v", got, tc.want)
			}
			if got := strings.Join(*log, "\n"); got != tc.log {
				t.Errorf("recorded %q, want %q", got, tc.log)
			}
		})
	}
}

// TestEveryFailureIsRecorded: what goes wrong is the target's errno, and a record.
func TestEveryFailureIsRecorded(t *testing.T) {
	for name, fail := range map[string]func(c *Context) answer{
		"inject":         func(c *Context) answer { return c.injectFailed(&notify.OpError{Op: "inject", Errno: unix.EACCES}) },
		"inject, full":   func(c *Context) answer { return c.injectFailed(&notify.OpError{Op: "inject", Errno: unix.EMFILE}) },
		"lookup, full":   func(c *Context) answer { return c.lookupFailed(unix.EMFILE) },
		"lookup, memory": func(c *Context) answer { return c.lookupFailed(unix.ENOMEM) },
		"lookup, closed": func(c *Context) answer { return c.lookupFailed(unix.EPERM) },
		"open, full":     func(c *Context) answer { return c.openFailed(unix.ENFILE) },
		"served, gone":   func(c *Context) answer { return c.substituteFailed(unix.ENOENT) },
		"served, link":   func(c *Context) answer { return c.substituteFailed(unix.ELOOP) },
		"memory":         func(c *Context) answer { return c.malformed(unix.EIO) },
		"message, full":  func(c *Context) answer { return c.malformed(unix.EMFILE) },
		"sender":         func(c *Context) answer { return c.malformed(errSender) },
		"route":          func(c *Context) answer { return c.malformed(errControl) },
		"family":         func(c *Context) answer { return c.malformed(unix.EACCES) },
	} {
		t.Run(name, func(t *testing.T) {
			row := &mediated{at: parseSignature(""), Call: Call{Name: "getppid", handle: fail}}
			log, v := underWay(t, row, func(c *Context, n *notify.Notification) { c.Handle(n) })
			if got := v.Result(); got.Errno == 0 || len(log) != 1 || !strings.Contains(log[0], rules.ErrnoName(int(got.Errno))) {
				t.Errorf("the target got %+v, recorded %q", got, log)
			}
		})
	}
}

// TestBegin: nothing of the call before is left when the next begins.
func TestBegin(t *testing.T) {
	row := &mediated{at: parseSignature("")}
	_, v := underWay(t, row, func(c *Context, n *notify.Notification) {
		rule := &rules.Rule{}
		c.known, c.onSecond, c.would, c.real, c.reveals, c.unseen, c.interpreted = true, true, true, true, true, true, true
		c.flags, c.kind, c.args.asked = 1, unix.S_IFIFO, true
		c.decision = rules.Decision{Verdict: rules.Emulate, Access: rules.Read, Rule: rule}
		c.asked = [2]rules.Access{1, 1}
		c.raw, c.place = [2][]byte{{'x'}, {'x'}}, [2]*tracee.Place{{}, {}}
		c.begin(n)
		state := []bool{
			c.known, c.onSecond, c.would, c.real, c.reveals, c.unseen, c.interpreted, c.args.asked, c.flags != 0, c.kind != 0,
			c.decision != rules.Decision{}, c.asked != [2]rules.Access{}, c.raw[0] != nil || c.raw[1] != nil, c.place != [2]*tracee.Place{},
		}
		if i := slices.Index(state, true); i >= 0 {
			t.Errorf("state %d of the call before is left", i)
		}
		c.end()
		_ = c.env.Listener.Reply(n.ID, notify.Value(0))
	})
	v.Result()
}

// TestListen: a socket that was never bound gets a port by listen, so that has to be
// allowed for what it is; and for both versions before the kernel may do it.
func TestListen(t *testing.T) {
	allow := func(addresses string) string {
		return fmt.Sprintf("allow \"x\" {\n  access  = [\"bind\"]\n  address = [%s]\n}\n", addresses)
	}
	for name, tc := range map[string]struct {
		rules     string
		domain    int
		want      sys.Errno
		ephemeral bool
	}{
		"another port":  {allow(`"127.0.0.1:7"`), unix.AF_INET, unix.EACCES, false},
		"all of v4":     {allow(`"0.0.0.0/0:0"`), unix.AF_INET, 0, false},
		"v4 for v6":     {allow(`"0.0.0.0/0:0"`), unix.AF_INET6, unix.EACCES, false},
		"v6 for v4":     {allow(`"[::/0]:0"`), unix.AF_INET, unix.EACCES, false},
		"both versions": {allow(`"*:0"`), unix.AF_INET6, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := kerneltest.Start(t, kerneltest.Notify(unix.SYS_LISTEN))
			fd := v.Call(unix.SYS_SOCKET, tc.domain, unix.SOCK_STREAM, 0)
			if fd.Errno != 0 {
				t.Fatal(fd.Errno)
			}
			n := called(t, v, unix.SYS_LISTEN, fd.Value, 1)
			env, _ := envOf(t, tc.rules, v.Listener)
			inContext(t, env, func(c *Context) {
				c.begin(n)
				if got := c.mayBindEphemeral(); got != tc.ephemeral {
					t.Errorf("any port of any interface: %v", got)
				}
				c.end()
				c.Handle(n)
			})
			if got := v.Result(); got.Errno != tc.want {
				t.Errorf("%v, want %v", got.Errno, tc.want)
			}
		})
	}
}

// control is the control data of one item.
func control(level, kind int, data ...byte) string {
	raw := binary.NativeEndian.AppendUint64(nil, uint64(sizeCmsghdr+len(data)))
	raw = binary.NativeEndian.AppendUint32(raw, uint32(level))
	raw = binary.NativeEndian.AppendUint32(raw, uint32(kind))
	return string(append(raw, data...))
}

// TestControl: control data that would make the packet take its own way, or name
// somebody else, is refused; descriptors are the target's, and not kept.
func TestControl(t *testing.T) {
	ucred := func(pid, uid, gid uint32) []byte {
		data := binary.NativeEndian.AppendUint32(nil, pid)
		return binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(data, uid), gid)
	}
	word := func(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
	v := kerneltest.Start(t, kerneltest.Notify(unix.SYS_GETPPID))
	pid := uint32(v.PID)
	for name, tc := range map[string]struct {
		domain  int
		control string
		want    sys.Errno
		root    bool // only root's broker may name a sender
	}{
		"route":          {unix.AF_INET6, control(unix.SOL_IPV6, unix.IPV6_RTHDR, 0), errControl, false},
		"old route":      {unix.AF_INET6, control(unix.SOL_IPV6, 5, 0), errControl, false},
		"route back":     {unix.AF_INET, control(unix.SOL_IP, unix.IP_RETOPTS, 0), errControl, false},
		"interface":      {unix.AF_INET, control(unix.SOL_IP, unix.IP_PKTINFO, make([]byte, 12)...), 0, false},
		"itself":         {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_CREDENTIALS, ucred(pid, 65534, 65533)...), 0, true},
		"another":        {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_CREDENTIALS, ucred(1, 65534, 65533)...), errSender, false},
		"another user":   {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_CREDENTIALS, ucred(pid, 0, 65533)...), errSender, false},
		"another group":  {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_CREDENTIALS, ucred(pid, 65534, 0)...), errSender, false},
		"short":          {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_CREDENTIALS, 1, 2), unix.EINVAL, false},
		"descriptor":     {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_RIGHTS, word(1)...), 0, false},
		"no descriptor":  {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_RIGHTS, word(77)...), unix.EBADF, false},
		"ours elsewhere": {unix.AF_INET, control(unix.SOL_SOCKET, unix.SCM_RIGHTS, word(0)...), 0, false},
		"too many":       {unix.AF_UNIX, control(unix.SOL_SOCKET, unix.SCM_RIGHTS, make([]byte, 4*(maxRights+1))...), unix.EINVAL, false},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.root {
				needsRoot(t)
			}
			n := called(t, v, unix.SYS_GETPPID, tc.control)
			env, _ := envOf(t, "", v.Listener)
			inContext(t, env, func(c *Context) {
				c.begin(n)
				if e := c.status.Identity(c.thread, &c.id); e != 0 {
					t.Error(e)
				}
				c.known, c.id.CapEff = true, 0
				c.id.RUID, c.id.EUID, c.id.RGID, c.id.EGID = 65534, 65534, 65533, 65533
				before := descriptors(t)
				m := message{control: n.Data.Args[0], controlSize: uint64(len(tc.control))}
				if e := c.copyControl(&socket{domain: tc.domain}, &m); e != tc.want {
					t.Errorf("%v, want %v", e, tc.want)
				}
				if name == "ours elsewhere" && int32(binary.NativeEndian.Uint32(c.net().control[sizeCmsghdr:])) != -1 {
					t.Error("a descriptor of the broker's is named")
				}
				if name == "descriptor" && env.Self.CapEff&credentialCaps == credentialCaps &&
					!strings.Contains(string(c.net().control), string(ucred(pid, 65534, 65533))) {
					t.Errorf("the sender is not named: %q", c.net().control)
				}
				c.net().sock.fd = -1
				c.end()
				if after := descriptors(t); after != before {
					t.Errorf("%d descriptors, before %d", after, before)
				}
				_ = env.Listener.Reply(n.ID, notify.Value(0))
			})
			v.Result()
		})
	}
}

// descriptors counts those of this process.
func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Error(err)
	}
	return len(entries)
}

// TestWhereRulesLead: what a rule serves, or leads to, is opened with the target's
// rights, without following symlinks, and without taking a terminal.
func TestWhereRulesLead(t *testing.T) {
	dir := kerneltest.Dir(t)
	kerneltest.Tree(t, dir, "closed/", "open", "link -> open")
	if err := os.WriteFile(dir+"/closed/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []struct {
		name string
		mode os.FileMode
	}{{dir, 0o755}, {dir + "/closed", 0o700}, {dir + "/open", 0o666}} {
		if err := os.Chmod(mode.name, mode.mode); err != nil {
			t.Fatal(err)
		}
	}
	row := &mediated{at: parseSignature(""), Call: Call{Name: "getppid", handle: func(c *Context) answer {
		want := map[string]sys.Errno{"open": 0, "link": unix.ELOOP, "none": unix.ENOENT}
		if os.Geteuid() == 0 {
			disguise(c, 65534)
			want["closed/file"] = unix.EACCES
		}
		for name, want := range want {
			if _, e := c.pinRedirection(&rules.Address{Family: rules.UnixPath, Name: []byte(dir + "/" + name)}); e != want {
				t.Errorf("connect to %s: %v, want %v", name, e, want)
			}
			c.how = unix.OpenHow{Flags: unix.O_RDWR | unix.O_CLOEXEC}
			fd, e := c.openSubstitute(&rules.Emulation{File: dir + "/" + name})
			if e != want || c.how.Flags&unix.O_NOCTTY == 0 {
				t.Errorf("open %s: %v with flags %#x, want %v", name, e, c.how.Flags, want)
			}
			sys.Close(fd)
		}
		return answer{reply: notify.Value(7)}
	}}}
	log, v := underWay(t, row, func(c *Context, n *notify.Notification) { c.net().sock.fd = -1; c.Handle(n) })
	if got := v.Result(); got.Value != 7 || len(log) > 0 {
		t.Errorf("the target got %+v, recorded %q", got, log)
	}
}

// TestHardRefusals: what is off limits whatever the rules say, unless they spell it
// out; the broker's own entry even then. Monitor mode does not change that.
func TestHardRefusals(t *testing.T) {
	const text = `%s
allow "all" {
  access = ["read", "write", "create", "exec"]
  path   = ["/**", "/proc/77/mem", "/srv/device"]
}
`
	null := unix.Stat_t{Mode: unix.S_IFCHR, Rdev: unix.Mkdev(1, 3)}
	disk := unix.Stat_t{Mode: unix.S_IFBLK, Rdev: unix.Mkdev(8, 0)}
	memory := unix.Stat_t{Mode: unix.S_IFCHR, Rdev: unix.Mkdev(1, 1)}
	for _, mode := range []string{"", `mode = "monitor"`} {
		policy := policyOf(t, fmt.Sprintf(text, mode))
		c := &Context{env: &Env{}, by: &ruleset{Rules: Rules{Policy: policy}}, call: &mediated{Call: Call{Name: "openat"}}}
		for _, tc := range []struct {
			place  tracee.Place
			access rules.Access
			device *unix.Stat_t
			want   bool
		}{
			{tracee.Place{Path: []byte("/proc/78/mem"), Foreign: true}, rules.Read, nil, false},
			{tracee.Place{Path: []byte("/proc/77/mem"), Foreign: true}, rules.Read, nil, true},
			{tracee.Place{Path: []byte("/proc/77/mem"), Foreign: true, Supervisor: true}, rules.Read, nil, false},
			{tracee.Place{Path: []byte("/memfd:x (deleted)"), Anonymous: true}, rules.Read | rules.Write | rules.Attr, nil, true},
			{tracee.Place{Path: []byte(contentPath), Anonymous: true}, rules.Read, nil, true},
			{tracee.Place{Path: []byte(contentPath), Anonymous: true}, rules.Attr, nil, false},
			{tracee.Place{Path: []byte("/srv/other")}, rules.Read, &disk, false},
			{tracee.Place{Path: []byte("/srv/other")}, rules.Read, &memory, false},
			{tracee.Place{Path: []byte("/srv/other")}, rules.Read, &null, true},
			{tracee.Place{Path: []byte("/srv/device")}, rules.Read, &disk, true},
		} {
			c.place[0] = &tc.place
			got := c.judge(0, tc.access)
			if tc.device != nil {
				got = c.deviceAllowed(0, tc.device, tc.access)
			}
			if got != tc.want {
				t.Errorf("%s %s of %+v, device %+v: %v", mode, tc.access, tc.place, tc.device, got)
			}
		}
		c.place[0] = &tracee.Place{Path: []byte("/memfd:x (deleted)"), Anonymous: true}
		if got := c.judge(0, rules.Exec); got != (mode != "") {
			t.Errorf("%s executing what has no path: %v", mode, got)
		}
	}
}
