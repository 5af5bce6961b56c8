package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// outsider is somebody whom a program without a network must not reach: on the
// loopback, at files and at an abstract name.
type outsider struct {
	tcp, stream, abstract net.Listener
	udp, packets          net.PacketConn
}

func newOutsider(t *testing.T, w *workspace) *outsider {
	t.Helper()
	dir := filepath.Join(w.base, "outside")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	listen := func(network, address string) net.Listener {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	packets := func(network, address string) net.PacketConn {
		c, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	o := &outsider{
		tcp: listen("tcp4", "127.0.0.1:0"), udp: packets("udp4", "127.0.0.1:0"),
		stream: listen("unix", filepath.Join(dir, "stream")), packets: packets("unixgram", filepath.Join(dir, "packets")),
		abstract: listen("unix", fmt.Sprintf("@net-closed-%d-%s", os.Getpid(), w.who.name)),
	}
	for _, name := range []string{"stream", "packets"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// arguments are what the victim is told.
func (o *outsider) arguments() []string {
	return []string{
		fmt.Sprint(o.tcp.Addr().(*net.TCPAddr).Port), fmt.Sprint(o.udp.LocalAddr().(*net.UDPAddr).Port),
		o.stream.Addr().String(), o.packets.LocalAddr().String(), o.abstract.Addr().String(),
	}
}

// heard gives what has come since it was asked before, sorted. Its own word comes
// last at each place, so that there is nothing to wait for.
func (o *outsider) heard(t *testing.T) (names []string) {
	t.Helper()
	const last = "last"
	say := func(a net.Addr) {
		c, err := net.Dial(a.Network(), a.String())
		if err == nil {
			_, err = c.Write([]byte(last))
			_ = c.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []net.Listener{o.tcp, o.stream, o.abstract} {
		say(l.Addr())
		for text := ""; text != last; {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(c)
			_ = c.Close()
			if text = string(all); err != nil {
				t.Fatal(err)
			}
			names = append(names, text)
		}
	}
	for _, p := range []net.PacketConn{o.udp, o.packets} {
		say(p.LocalAddr())
		for text := ""; text != last; {
			var buf [64]byte
			n, _, err := p.ReadFrom(buf[:])
			if err != nil {
				t.Fatal(err)
			}
			text = string(buf[:n])
			names = append(names, text)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == last })
	slices.Sort(names)
	return names
}

// closedAttempts are what the victim does: the call that is refused and the
// address that the record has, where it is about the network.
var closedAttempts = []struct {
	name, call, address string
	reaches             bool // the outsider hears of it natively
}{
	{"tcp connect", "connect", `127\.0\.0\.1:TCP`, true},
	{"tcp nobody", "connect", `127\.0\.0\.1:TCP`, true},
	{"tcp mapped", "connect", `127\.0\.0\.1:TCP`, true},
	{"tcp mptcp", "connect", `127\.0\.0\.1:TCP`, true},
	{"tcp fast open", "sendto", `127\.0\.0\.1:TCP`, true},
	{"tcp fast open message", "sendmsg", `127\.0\.0\.1:TCP`, true},
	{"udp connect", "connect", `127\.0\.0\.1:UDP`, true},
	{"udp sendto", "sendto", `127\.0\.0\.1:UDP`, true},
	{"udp sendmsg", "sendmsg", `127\.0\.0\.1:UDP`, true},
	{"udp sendmmsg", "sendmmsg", `127\.0\.0\.1:UDP`, true},
	{"udp without a family", "sendto", `127\.0\.0\.1:UDP`, true},
	{"path connect", "connect", `unix:/.*/outside/stream`, true},
	{"path datagram", "connect", `unix:/.*/outside/packets`, true},
	{"path sendto", "sendto", `unix:/.*/outside/packets`, true},
	{"path sendmsg", "sendmsg", `unix:/.*/outside/packets`, true},
	{"path sendmmsg", "sendmmsg", `unix:/.*/outside/packets`, true},
	{"abstract connect", "connect", `unix:@net-closed-.*`, true},
	{"bind tcp", "bind", `127\.0\.0\.1:0`, false},
	{"bind udp", "bind", `\[::1\]:0`, false},
	{"bind path", "bind", `unix:/.*/work/bound\.sock`, false},
	{"bind abstract", "bind", `unix:@net-closed-bound`, false},
	{"bind nothing", "bind", `unix:@#autobind`, false},
	{"listen", "listen", `0\.0\.0\.0:0`, false},
	{"join", "setsockopt", ``, false},
	{"join group", "setsockopt", ``, false},
	{"join IPv6", "setsockopt", ``, false},
	{"interface", "ioctl", ``, false},
}

// TestClosedNetwork: where no rule names connect or bind, no call reaches anybody,
// each refusal is on record with its address, and monitor mode lets the same pass.
func TestClosedNetwork(t *testing.T) {
	eachUser(t, func(t *testing.T, w *workspace) {
		o := newOutsider(t, w)
		args := append([]string{victim(t, "net-closed")}, o.arguments()...)
		var all []string
		for _, a := range closedAttempts {
			if a.reaches {
				all = append(all, a.name)
			}
		}
		slices.Sort(all)

		native := w.run(t, args...)
		if got := o.heard(t); !slices.Equal(got, all) {
			t.Fatalf("natively %q come through, want %q\n%s", got, all, native.Stdout)
		}
		w.reset(t, "")
		held := w.run(t, w.underBroker(t, w.victimPolicy(t), args...)...)
		if got := o.heard(t); len(got) > 0 {
			t.Errorf("%q come through", got)
		}
		o.checkOutput(t, native.Stdout, held.Stdout, "EACCES")
		o.checkRecords(t, w.audit(t), "denied", "EACCES")

		w.reset(t, "")
		line := w.underBroker(t, w.victimPolicy(t), args...)
		watched := w.run(t, slices.Insert(line, 1, "--mode", "monitor")...)
		if got := o.heard(t); !slices.Equal(got, all) {
			t.Errorf("in monitor mode %q come through, want %q\n%s", got, all, watched.Stdout)
		}
		o.checkOutput(t, native.Stdout, watched.Stdout, "ok")
		o.checkRecords(t, w.audit(t), "would-deny", "")
	})
}

// checkOutput compares what the victim says: answer for the attempts, EACCES for
// sockets that cannot be made in any mode, and the native answer for the rest.
func (o *outsider) checkOutput(t *testing.T, native, got, answer string) {
	t.Helper()
	want := native
	set := func(name, to string) {
		want = regexp.MustCompile(`(?m)^`+name+`: .*$`).ReplaceAllString(want, name+": "+to)
	}
	for _, a := range closedAttempts {
		set(a.name, answer)
	}
	for _, name := range []string{"raw", "packet", "netlink", "vsock", "sctp"} {
		set(name, "EACCES")
	}
	if got != want {
		t.Errorf("the victim says\n%s\nwant\n%s", got, want)
	}
}

// checkRecords demands a record for each attempt, and no other.
func (o *outsider) checkRecords(t *testing.T, events []auditEvent, action, errno string) {
	t.Helper()
	args := o.arguments()
	ports := strings.NewReplacer("TCP", args[0], "UDP", args[1])
	var log []string
	for _, e := range events {
		if e.Address == "" && e.Access == "bind" && e.Path != "" { // it would have made the file
			e.Address = "unix:" + e.Path
		}
		if e.Action == action {
			log = append(log, fmt.Sprintf("%s %s %s", e.Syscall, e.Address, e.Errno))
		}
	}
	for _, a := range closedAttempts {
		line := regexp.MustCompile("^" + a.call + " " + ports.Replace(a.address) + " " + errno + "$")
		at := slices.IndexFunc(log, line.MatchString)
		if at < 0 {
			t.Errorf("%s: no record like %s among\n%s", a.name, line, strings.Join(log, "\n"))
			continue
		}
		log = slices.Delete(log, at, at+1)
	}
	if len(log) > 0 {
		t.Errorf("recorded besides:\n%s", strings.Join(log, "\n"))
	}
}
