package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// emulatePolicy writes rules beside those that let victims do as they like in the
// workspace.
func (w *workspace) emulatePolicy(t *testing.T, text string) string {
	t.Helper()
	w.victimPolicy(t)
	file := filepath.Join(w.base, "emulate.hcl")
	if err := os.WriteFile(file, []byte("extends = [\"victim.hcl\"]\n"+text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// changes are the lines of after that differ from those of before.
func changes(before, after string) string {
	var out strings.Builder
	old := strings.Split(before, "\n")
	for i, line := range strings.Split(after, "\n") {
		if i >= len(old) || old[i] != line {
			fmt.Fprintln(&out, line)
		}
	}
	return out.String()
}

// recorded are the events of the last run, a line each.
func (w *workspace) recorded(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, e := range w.audit(t) {
		name := ""
		if e.Rule != nil {
			name = e.Rule.Name
		}
		fmt.Fprintf(&out, "%s %s %s %s\n", e.Action, e.Syscall, e.Errno, name)
	}
	return out.String()
}

// TestEmulatedCalls: calls are answered by rules where the conditions on their
// registers hold, by the kernel alone where it can, and nothing else changes.
func TestEmulatedCalls(t *testing.T) {
	const text = `
emulate "no realtime" {
  syscall = ["sched_setscheduler"]
  when    = { policy = [1, 2] }
  value   = 0
}
emulate "no batch" {
  syscall = ["sched_setscheduler"]
  when    = { policy = "3-5" }
  errno   = "ENOSYS"
}
emulate "another personality" {
  syscall = ["personality"]
  value   = 99
}
emulate "no netlink" {
  syscall = ["socket"]
  when    = { domain = 16, arg1 = "3/0xf" }
  errno   = "EAFNOSUPPORT"
}
program "%s" {
  emulate "nicer" {
    syscall = ["getpriority"]
    value   = 25
  }
}
program "/nowhere" {
  emulate "for nobody" {
    syscall = ["kill", "umask"]
    value   = 7
  }
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		bin := victim(t, "emulated")
		policy := w.emulatePolicy(t, fmt.Sprintf(text, bin))
		native := w.run(t, bin, "calls").Stdout
		got := w.run(t, w.underBroker(t, policy, bin, "calls")...).Stdout
		for _, line := range []string{
			"policy 0: ok, now 0", "policy 1: ok, now 0", "policy 2: ok, now 0", "policy 3: ENOSYS, now 0",
			"policy 2 with an upper half: ok", "personality: 99", "socket: EAFNOSUPPORT", "getpriority: 25", "kill 0: ok", "umask: 18",
		} {
			if !strings.Contains(got, line+"\n") {
				t.Errorf("no line %q:\n%s\nnatively:\n%s", line, got, native)
			}
		}
		// What the kernel answers leaves no record.
		want := "emulated personality  another personality\nemulated getpriority  nicer\n"
		if diff := cmp.Diff(want, w.recorded(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestEmulatedAnswers: the fields that a rule gives are those of the structure,
// the others are the real ones, and nothing behind it is written.
func TestEmulatedAnswers(t *testing.T) {
	const text = `
emulate "release" {
  syscall = ["uname"]
  answer  = { release = "6.1.0-box", nodename = "box" }
}
emulate "small" {
  syscall = ["sysinfo"]
  answer  = { totalram = "2GiB", freeram = 4096, totalswap = "1MiB", uptime = 3600, procs = 4 }
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		bin := victim(t, "emulated")
		native := w.run(t, bin, "answers").Stdout
		got := w.run(t, w.underBroker(t, w.emulatePolicy(t, text), bin, "answers")...).Stdout
		want := "Linux|box|6.1.0-box|x86_64|x\n" +
			"total 2147483648 free 4096 swap 1048576 uptime 3600 procs 4 unit 1 behind x\n"
		if diff := cmp.Diff(want, changes(native, got)); diff != "" {
			t.Errorf("%s\nnatively:\n%s", diff, native)
		}
		if n := strings.Count(w.recorded(t), "EFAULT"); n != 3 {
			t.Errorf("%d records of bad pointers:\n%s", n, w.recorded(t))
		}
	})
}

// TestEmulatedOwners: calls that are judged by what they name succeed without
// being done where a rule says so, and fail as ever where there is nothing.
func TestEmulatedOwners(t *testing.T) {
	const text = `
emulate "root is a pretence" {
  access  = ["attr"]
  path    = ["${cwd}/**"]
  syscall = ["chown", "lchown", "fchown", "fchownat"]
  value   = 0
}
emulate "not made" {
  access  = ["create"]
  path    = ["${cwd}/ground/made"]
  syscall = ["mkdir"]
  value   = 0
}
deny "keys" {
  access = ["attr"]
  path   = ["${cwd}/ground/full/**"]
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		got := w.run(t, w.underBroker(t, w.emulatePolicy(t, text), victim(t, "emulated"), "owners")...).Stdout
		uid, gid := os.Getuid(), os.Getgid()
		if w.who.switched {
			uid, gid = w.who.uid, w.who.gid
		}
		want := "chown: ok\nfchownat: ok\nmissing: ENOENT\nfchown: ok\nfchmod: ok\nchmod: EACCES\nmkdir: ok\nmkdir again: EEXIST\n" +
			fmt.Sprintf("  file: 100600 %d:%d links 1 size 5\n  full: 40755 %d:%d links 0 size 0\n  made: ENOENT\n", uid, gid, uid, gid)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestServedContentIsNobodys: all targets share what a rule serves as content, and
// none can take it from the others.
func TestServedContentIsNobodys(t *testing.T) {
	const text = `
emulate "content" {
  access  = ["read"]
  path    = ["${cwd}/asked"]
  content = "served\n"
}
`
	const want = `fchmod: EACCES
chmod: EACCES
fchown: EACCES
futimens: EACCES
write: refused
while a lease lasts, a signal comes: EINTR
read: ok
  served
`
	for _, mode := range []string{"", "mode = \"monitor\"\n"} {
		eachUser(t, func(t *testing.T, w *workspace) {
			got := w.run(t, w.underBroker(t, w.emulatePolicy(t, mode+text), victim(t, "emulated"), "spoiled")...)
			if got.Stdout != want || got.Status != 0 {
				t.Errorf("status %d: %s%s\nwant %s", got.Status, got.Stdout, got.Stderr, want)
			}
		})
	}
}

// TestRedirectedOpens: an open that a rule leads to another file does there what
// it would have done here, and stat agrees.
func TestRedirectedOpens(t *testing.T) {
	const text = `
emulate "elsewhere" {
  access = ["read", "write", "create", "stat"]
  path   = ["${cwd}/asked"]
  file   = "${tmp}/served"
}
allow "all is seen" {
  access = ["stat"]
  path   = ["/**"]
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		bin := victim(t, "emulated")
		native := w.run(t, bin, "writes", "asked").Stdout
		w.reset(t, "")
		got := w.run(t, w.underBroker(t, w.emulatePolicy(t, text), bin, "writes", "asked")...).Stdout
		// What lies below the path is looked up where nothing stands.
		if diff := cmp.Diff("below: ENOENT\n", changes(native, got)); diff != "" {
			t.Errorf("%s\nnatively:\n%s", diff, native)
		}
		if served, err := os.ReadFile(filepath.Join(w.tmp, "served")); err != nil || string(served) != "cr" {
			t.Errorf("what was served holds %q, %v", served, err)
		}
		if _, err := os.Lstat(filepath.Join(w.work, "asked")); err == nil {
			t.Error("the file itself was made")
		}
	})
}

// TestRedirectedCreation: a rule that leads writes elsewhere creates nothing there
// unless something lets the path be created.
func TestRedirectedCreation(t *testing.T) {
	const text = `
emulate "elsewhere" {
  access = ["read", "write"]
  path   = ["${cwd}/**"]
  file   = "${tmp}/served"
}
deny "new files" {
  access = ["create"]
  path   = ["${cwd}/**"]
  errno  = "EROFS"
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		line := func(how string) string {
			return w.run(t, w.underBroker(t, w.emulatePolicy(t, text), victim(t, "emulated"), how, "asked")...).Stdout
		}
		if got := line("create") + line("write"); got != "create: EROFS\nwrite: ENOENT\n" {
			t.Errorf("without a file: %s", got)
		}
		served := filepath.Join(w.tmp, "served")
		if err := os.WriteFile(served, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(served, 0o666); err != nil { //nolint:gosec // for every user
			t.Fatal(err)
		}
		if got := line("create") + line("read"); got != "create: ok\nread: ok\n  written\n" {
			t.Errorf("with a file: %s", got)
		}
	})
}

// TestPlantedSymlinks: a program that can write to the directory of what is
// served gets no other file by way of a symlink.
func TestPlantedSymlinks(t *testing.T) {
	const text = `
emulate "reads" {
  access = ["read"]
  path   = ["${cwd}/asked-once"]
  file   = "${cwd}/served"
}
emulate "writes" {
  access = ["read", "write", "create"]
  path   = ["${cwd}/asked"]
  file   = "${cwd}/served"
}
emulate "directories" {
  access = ["read"]
  path   = ["${cwd}/asked-inner"]
  file   = "${cwd}/holds/inner"
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		got := w.run(t, w.underBroker(t, w.emulatePolicy(t, text), victim(t, "emulated"), "planted")...).Stdout
		want := "read: EACCES\nread: EACCES\nwrite: EACCES\ncreate: EACCES\nread: ok\n  served\nboth: ok\n" +
			"read: ok\n  inner\nread: EACCES\n"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if text, err := os.ReadFile(filepath.Join(w.work, "secret")); err != nil || string(text) != "secret\n" {
			t.Errorf("the file behind the symlink holds %q, %v", text, err)
		}
		if n := strings.Count(w.recorded(t), "error openat EACCES"); n != 5 {
			t.Errorf("%d records of symlinks:\n%s", n, w.recorded(t))
		}
	})
}

// greeter answers everybody who comes to an address with its name.
func greeter(t *testing.T, network, address, name string) net.Addr {
	t.Helper()
	if strings.HasPrefix(network, "udp") {
		conn, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			buf := make([]byte, 64)
			for {
				n, from, err := conn.ReadFrom(buf)
				if err != nil {
					return
				}
				_, _ = conn.WriteTo([]byte(name+" "+string(buf[:n])), from)
			}
		}()
		return conn.LocalAddr()
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(name))
			_ = conn.Close()
		}
	}()
	return l.Addr()
}

// TestRedirectedConnections: what is connected or sent to one address goes to the
// one that the rule gives, of the same family, and a deny rule beats that.
func TestRedirectedConnections(t *testing.T) {
	eachUser(t, func(t *testing.T, w *workspace) {
		tcp := greeter(t, "tcp4", "127.0.0.1:0", "tcp")
		udp := greeter(t, "udp4", "127.0.0.1:0", "udp")
		path := greeter(t, "unix", filepath.Join(w.base, "real.sock"), "path")
		if err := os.Chmod(path.String(), 0o777); err != nil { //nolint:gosec // for every user
			t.Fatal(err)
		}
		abstract := greeter(t, "unix", fmt.Sprintf("@broker-real-%d-%s", os.Getpid(), w.who.name), "abstract")
		rule := func(name, from, to string) string {
			return fmt.Sprintf("emulate %q {\n  access = [\"connect\"]\n  address = [%q]\n  to = %q\n}\n", name, from, to)
		}
		text := rule("tcp", "192.0.2.0/30:443", tcp.String()) + rule("tcp6", "[2001:db8::1]:443", tcp.String()) +
			rule("udp", "192.0.2.1:53", udp.String()) + rule("path", "unix:${cwd}/asked.sock", "unix:"+path.String()) +
			rule("missing", "unix:${cwd}/missing.sock", "unix:"+path.String()+".not") +
			rule("abstract", "unix:@broker-asked", "unix:"+abstract.String()) +
			rule("other", "192.0.2.6:443", "[::1]:443") +
			"deny \"never\" {\n  access = [\"connect\"]\n  address = [\"192.0.2.9\"]\n}\n" +
			rule("beaten", "192.0.2.8/29", tcp.String())
		put := func(name string) {
			if err := os.WriteFile(filepath.Join(w.work, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		put("asked.sock")
		put("missing.sock")
		got := w.run(t, w.underBroker(t, w.emulatePolicy(t, text), victim(t, "emulated-net"))...).Stdout
		want := `inet: ok
  peer: inet 127.0.0.1
  heard tcp
without waiting: ok
  peer: inet 127.0.0.1
  heard tcp
mapped: ok
  peer: inet6 ::ffff:127.0.0.1
  heard tcp
inet6: ok
  peer: inet6 ::ffff:127.0.0.1
  heard tcp
another family: EAFNOSUPPORT
inet sendto: ok 3
  heard udp one
inet sendmsg: ok 3
  heard udp two
inet sendmmsg: ok 2 of 3
  heard udp two
  heard udp two
inet connect: ok
  peer: inet 127.0.0.1
mapped sendto: ok 3
  heard udp one
mapped sendmsg: ok 3
  heard udp two
mapped sendmmsg: ok 2 of 3
  heard udp two
  heard udp two
mapped connect: ok
  peer: inet6 ::ffff:127.0.0.1
path: ok
  peer: unix 
  heard path
not there: ENOENT
abstract: ok
  peer: unix 
  heard abstract
denied: EACCES
`
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		log := w.recorded(t)
		for _, line := range []string{
			"emulated connect  tcp", "emulated connect EINPROGRESS tcp", "emulated sendto  udp", "emulated sendmmsg  udp",
			"error connect EAFNOSUPPORT other", "denied connect EACCES never", "emulated connect  abstract",
		} {
			if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(log) {
				t.Errorf("no record %q:\n%s", line, log)
			}
		}
	})
}
