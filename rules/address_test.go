package rules

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addressOptions are those of an engine that mediates sockets as well.
func addressOptions(o *Options) {
	o.Classes |= Connect | Bind
	o.Canonical = func(path string) string {
		return strings.Replace(path, "/var/run", "/run", 1)
	}
}

// mustAddress parses "10.0.0.1:443 www.example.com": an address, and the hosts
// that it belongs to.
func mustAddress(t testing.TB, s string) *Address {
	t.Helper()
	words := strings.Split(s, " ")
	if strings.HasPrefix(s, "unix:") {
		words = []string{s}
	}
	a, err := ParseAddress(words[0])
	if err != nil {
		t.Fatal(err)
	}
	a.Hosts = words[1:]
	return &a
}

// addressTable also seeds the fuzzer.
var addressTable = []struct {
	pattern string
	yes, no []string
}{
	{"*", []string{"1.2.3.4:0", "[::1]:65535"}, []string{"unix:/a", "unix:@a", "vsock:1:1", "netlink:route", "packet:*"}},
	{"*:443", []string{"1.2.3.4:443", "[2001:db8::1]:443"}, []string{"1.2.3.4:442", "1.2.3.4:4433"}},
	{":443", []string{"1.2.3.4:443", "[::1]:443"}, []string{"1.2.3.4:80"}},
	{":0", []string{"0.0.0.0:0", "[::]:0"}, []string{"0.0.0.0:1"}},
	{"*:*", []string{"1.2.3.4:443", "[::1]:1"}, []string{"unix:/a"}},
	{"10.0.0.1", []string{"10.0.0.1:1", "10.0.0.1:65535", "[::ffff:10.0.0.1]:80"}, []string{"10.0.0.2:1", "[::a00:1]:1"}},
	{"10.0.0.1:80", []string{"10.0.0.1:80"}, []string{"10.0.0.1:81", "10.0.0.0:80"}},
	{"10.0.0.0/8", []string{"10.0.0.0:1", "10.255.255.255:9"}, []string{"11.0.0.0:1", "9.255.255.255:1"}},
	{"10.0.0.0/8:443", []string{"10.9.8.7:443"}, []string{"10.9.8.7:444"}},
	{"10.32.0.0/11", []string{"10.32.0.0:1", "10.63.255.255:1"}, []string{"10.31.255.255:1", "10.64.0.0:1"}},
	{"10.0.0.0/9", []string{"10.127.255.255:1"}, []string{"10.128.0.0:1"}},
	{"10.0.0.128/25:22", []string{"10.0.0.128:22", "10.0.0.255:22"}, []string{"10.0.0.127:22", "10.0.0.129:23"}},
	{"10.0.0.2/31", []string{"10.0.0.2:1", "10.0.0.3:1"}, []string{"10.0.0.1:1", "10.0.0.4:1"}},
	{"10.0.0.2/32", []string{"10.0.0.2:1"}, []string{"10.0.0.3:1"}},
	{"0.0.0.0/0", []string{"1.2.3.4:5"}, []string{"[::1]:5"}},
	{"128.0.0.0/1:53", []string{"255.0.0.1:53", "128.0.0.0:53"}, []string{"127.255.255.255:53"}},
	{"[::1]", []string{"[::1]:1"}, []string{"[::2]:1", "0.0.0.1:1"}},
	{"[::1]:443", []string{"[::1]:443"}, []string{"[::1]:442"}},
	{"[2001:db8::/32]:443", []string{"[2001:db8:ffff::1]:443"}, []string{"[2001:db9::1]:443", "[2001:db8::1]:80"}},
	{"[2001:db8::/33]", []string{"[2001:db8:7fff::]:1"}, []string{"[2001:db8:8000::]:1"}},
	{"[::/0]:80", []string{"[::]:80", "[ffff::1]:80"}, []string{"1.2.3.4:80"}},
	{"[fe80::/10]", []string{"[fe80::1]:1", "[febf::1]:1", "[fe80::1%eth0]:1"}, []string{"[fec0::1]:1"}},
	{"*:8000-8999", []string{"1.1.1.1:8000", "[::1]:8999", "1.1.1.1:8500"}, []string{"1.1.1.1:7999", "1.1.1.1:9000"}},
	{"*:0-65535", []string{"1.1.1.1:0", "1.1.1.1:65535"}, nil},
	{"*:1-65534", []string{"1.1.1.1:1", "1.1.1.1:65534"}, []string{"1.1.1.1:0", "1.1.1.1:65535"}},
	{"127.0.0.1:{80,443,9000-9010}", []string{"127.0.0.1:80", "127.0.0.1:443", "127.0.0.1:9005"}, []string{"127.0.0.1:81", "127.0.0.1:9011"}},
	{"{10.0.0.1,10.0.0.2}:80", []string{"10.0.0.1:80", "10.0.0.2:80"}, []string{"10.0.0.3:80"}},
	{"10.0.{1,2}.0/24", []string{"10.0.1.9:1", "10.0.2.9:1"}, []string{"10.0.3.9:1"}},
	{"{[::1],127.0.0.1}:80", []string{"[::1]:80", "127.0.0.1:80"}, []string{"[::1]:81"}},
	{"db", []string{"10.0.0.5:1 db"}, []string{"10.0.0.5:1", "10.0.0.5:1 web"}},
	{"WWW.Example.COM.:443", []string{"10.0.0.5:443 www.example.com", "[::1]:443 a www.example.com"},
		[]string{"10.0.0.5:80 www.example.com", "10.0.0.5:443 example.com", "10.0.0.5:443"}},
	{"a_b-c.example:{80,443}", []string{"1.1.1.1:80 a_b-c.example"}, []string{"1.1.1.1:8 a_b-c.example"}},
	{"unix:/run/x.sock", []string{"unix:/run/x.sock"}, []string{"unix:/run/x", "unix:@/run/x.sock", "unix:/run"}},
	{"unix:/var/run/x.sock", []string{"unix:/run/x.sock"}, []string{"unix:/var/run/x.sock"}},
	{"unix:/run/**", []string{"unix:/run", "unix:/run/a/b"}, []string{"unix:/running", "unix:@run"}},
	{"unix:/run/*.sock", []string{"unix:/run/a.sock"}, []string{"unix:/run/a/b.sock"}},
	{"unix:/{a,b}/x", []string{"unix:/a/x", "unix:/b/x"}, []string{"unix:/c/x"}},
	{"unix:/**", []string{"unix:/a", "unix:/a/b"}, []string{"unix:@a", "1.2.3.4:1"}},
	{"unix:@name", []string{"unix:@name"}, []string{"unix:@names", "unix:@", "unix:/name", "unix:/@name"}},
	{"unix:@/tmp/.X11-unix/X?", []string{"unix:@/tmp/.X11-unix/X0"}, []string{"unix:@/tmp/.X11-unix/X", "unix:@/tmp/.X11-unix/X10"}},
	{"unix:@*", []string{"unix:@", "unix:@a/b", "unix:@a\x00b", "unix:@..", "unix:@."}, []string{"unix:/a"}},
	{"unix:@a?b", []string{"unix:@a/b", "unix:@a\x00b", "unix:@axb"}, []string{"unix:@ab", "unix:@a//b"}},
	{"unix:@{a,b}*", []string{"unix:@a", "unix:@bc"}, []string{"unix:@c"}},
	{"unix:*", []string{"unix:/a/b", "unix:@", "unix:@x"}, []string{"1.2.3.4:1"}},
	{"vsock:*", []string{"vsock:2:1024", "vsock:4294967295:0"}, []string{"netlink:2"}},
	{"vsock:2", []string{"vsock:2:1", "vsock:2:4294967295"}, []string{"vsock:3:1"}},
	{"vsock:2:1024", []string{"vsock:2:1024"}, []string{"vsock:2:1025", "vsock:1024:2"}},
	{"vsock:*:1024", []string{"vsock:9:1024"}, []string{"vsock:9:1"}},
	{"netlink:*", []string{"netlink:route", "netlink:77"}, []string{"packet:*"}},
	{"netlink:route", []string{"netlink:route", "netlink:0"}, []string{"netlink:generic"}},
	{"netlink:16", []string{"netlink:generic"}, []string{"netlink:1"}},
	{"packet:*", []string{"packet:*"}, []string{"netlink:0", "1.2.3.4:1"}},
}

func addressRule(verdict, name, classes, address string, more ...string) string {
	return verdict + ` "` + name + `" {
  access  = ["` + strings.ReplaceAll(classes, ", ", `", "`) + `"]
  address = [` + address + `]
` + strings.Join(more, "\n") + "\n}\n"
}

func TestAddresses(t *testing.T) {
	for _, tt := range addressTable {
		p := mustLoad(t, addressRule("allow", "a", "connect", `"`+tt.pattern+`"`), addressOptions)
		for want, list := range map[Verdict][]string{Allow: tt.yes, Deny: tt.no} {
			for _, text := range list {
				q := &Query{Access: Connect, Address: mustAddress(t, text)}
				d := p.Decide(q)
				if d.Verdict != want || d.Access != Connect {
					t.Errorf("%s and %q: %v of %v, want %v", tt.pattern, text, d.Verdict, d.Access, want)
				}
				if n := len(p.Explain(q)); n == 1 != (want == Allow) {
					t.Errorf("%s and %q: %d rules explain %v", tt.pattern, text, n, want)
				}
			}
		}
	}
}

// TestAddressRules: what holds for rules about paths holds for these.
func TestAddressRules(t *testing.T) {
	text := addressRule("allow", "web", "connect", `"*:{80,443}"`, `  except = ["10.0.0.0/8", "bad.example"]`) +
		addressRule("deny", "metadata", "connect, bind", `"169.254.169.254"`, `  errno = "ENETUNREACH"`) +
		addressRule("allow", "one of them", "connect", `"169.254.169.254:80", "10.0.0.7"`) +
		addressRule("emulate", "nobody home", "connect", `"192.0.2.0/24"`, `  errno = "ECONNREFUSED"`) +
		addressRule("allow", "api", "connect", `"api.example:443"`, `  except = ["127.0.0.0/8"]`) +
		"allow \"both\" {\n access = [\"create\", \"bind\"]\n path = [\"/srv/**\"]\n address = [\"unix:/srv/**\", \"unix:@srv\"]\n except = [\"/srv/x\", \"unix:/srv/y\"]\n}\n" +
		"program \"/usr/bin/git\" {\n" + addressRule("allow", "remote", "connect", `"*:22"`) + "}\n"
	p := mustLoad(t, text, addressOptions)
	git := p.Program([]byte("/usr/bin/git"))
	tests := []struct {
		access  Access
		address string
		scope   *Scope
		want    string
	}{
		{Connect, "1.2.3.4:443", nil, "allow web"},
		{Bind, "1.2.3.4:443", nil, "deny"},
		{Connect | Bind, "1.2.3.4:443", nil, "deny"},
		{Connect, "10.1.2.3:443", nil, "deny"},
		{Connect, "10.0.0.7:443", nil, "allow one of them"},
		{Connect, "1.2.3.4:443 bad.example", nil, "deny"},
		{Connect, "169.254.169.254:80", nil, "deny metadata"},
		{Connect, "[::ffff:169.254.169.254]:80", nil, "deny metadata"},
		{Connect, "192.0.2.1:443", nil, "emulate nobody home"},
		{Connect, "10.0.0.9:443 api.example", nil, "allow api"},
		{Connect, "127.0.0.1:443 api.example", nil, "allow web"},
		{Connect, "127.0.0.1:444 api.example", nil, "deny"},
		{Connect, "1.2.3.4:22", nil, "deny"},
		{Connect, "1.2.3.4:22", git, "allow remote"},
		{Bind, "unix:/srv/a", nil, "allow both"},
		{Bind, "unix:/srv/x", nil, "allow both"},
		{Bind, "unix:/srv/y", nil, "deny"},
		{Bind, "unix:@srv", nil, "allow both"},
	}
	for _, tt := range tests {
		for mode := range Monitor + 1 {
			d := p.WithMode(mode).Decide(&Query{Access: tt.access, Address: mustAddress(t, tt.address), Scope: tt.scope})
			got := d.Verdict.String()
			if d.Rule != nil {
				got += " " + d.Rule.Name
			}
			if got != tt.want {
				t.Errorf("%v %s: %s, want %s", tt.access, tt.address, got, tt.want)
			}
		}
	}
	for path, want := range map[string]Verdict{"/srv/x": Deny, "/srv/y": Allow} {
		if d := p.Decide(&Query{Access: Create, Path: []byte(path)}); d.Verdict != want {
			t.Errorf("create of %s: %v, want %v", path, d.Verdict, want)
		}
	}
	if diff := cmp.Diff([]string{"api.example", "bad.example"}, p.Hosts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"*:{80,443}"}, p.Rules()[slices.IndexFunc(p.Rules(), func(r *Rule) bool { return r.Name == "web" })].Addresses); diff != "" {
		t.Error(diff)
	}
}

// TestNoAddress: what is no address is denied, whatever the rules say.
func TestNoAddress(t *testing.T) {
	text := "default = \"allow\"\n" + addressRule("allow", "all", "connect, bind", `"*", "unix:*", "vsock:*", "netlink:*", "packet:*"`) +
		rule("allow", "files", "read,create", "/**")
	p := mustLoad(t, text, addressOptions)
	ip := netip.MustParseAddr("1.2.3.4")
	good := &Address{Family: Inet, IP: ip}
	for _, q := range []*Query{
		{Access: Connect, Address: &Address{}},
		{Access: Connect, Address: &Address{Family: 99}},
		{Access: Connect, Address: &Address{Family: Inet}},
		{Access: Connect, Address: &Address{Family: Inet, IP: ip, Port: 1 << 16}},
		{Access: Connect, Address: &Address{Family: UnixPath}},
		{Access: Connect, Address: &Address{Family: UnixPath, Name: []byte("a")}},
		{Access: Connect, Address: &Address{Family: UnixPath, Name: []byte("/a/../b")}},
		{Access: Connect, Address: &Address{Family: UnixPath, Name: []byte("/a/")}},
		{Access: Connect, Address: &Address{Family: UnixPath, Name: []byte("/" + strings.Repeat("a/", 9000))}},
		{Access: Connect, Address: &Address{Family: UnixAbstract, Name: make([]byte, 108)}},
		{Access: Read, Address: good},
		{Access: Connect | Create, Address: good},
		{Access: 0, Address: good},
	} {
		if d := p.Decide(q); d != (Decision{}) {
			t.Errorf("%v %+v: %+v", q.Access, q.Address, d)
		}
	}
	if d := p.Decide(&Query{Access: Connect | Bind, Address: good}); d.Verdict != Allow {
		t.Errorf("%+v", d)
	}
}

// TestMovesOfSockets: a local socket stays under its rule like a file.
func TestMovesOfSockets(t *testing.T) {
	p := mustLoad(t, addressRule("allow", "all", "connect", `"unix:*"`)+
		addressRule("deny", "docker", "connect", `"unix:/run/docker/*.sock", "unix:/**/private/s"`), addressOptions)
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"/run/docker", "/tmp/x", true}, {"/run", "/tmp/x", true}, {"/run/dock", "/tmp/x", false}, {"/srv/private", "/srv/x", true}, {"/srv", "/x", false},
	} {
		if got := p.MovesDenied([]byte(tt.from), []byte(tt.to), nil) != nil; got != tt.want {
			t.Errorf("%s to %s: %v", tt.from, tt.to, got)
		}
	}
}

// TestAddressText: an address reads as it is written.
func TestAddressText(t *testing.T) {
	for _, tt := range addressTable {
		for _, text := range append(tt.yes, tt.no...) {
			a := mustAddress(t, text)
			again, err := ParseAddress(a.String())
			a.Hosts = nil
			if err != nil || again.String() != a.String() {
				t.Errorf("%q is written %q and read as %q, %v", text, a, &again, err)
			}
		}
	}
	for _, bad := range []string{"", "1.2.3.4", "1.2.3.4:", "::1:80", "unix:", "unix:a", "vsock:1", "netlink:", "packet", "a:80"} {
		if a, err := ParseAddress(bad); err == nil {
			t.Errorf("%q is %v", bad, &a)
		}
	}
}

// FuzzAddress compares with netip: what a pattern of one network and one range
// of ports matches.
func FuzzAddress(f *testing.F) {
	for _, tt := range addressTable {
		for _, text := range append(tt.yes, tt.no...) {
			f.Add(tt.pattern, text)
		}
	}
	for _, text := range goldenInputs(f) {
		f.Add(text, "1.2.3.4:5")
	}
	f.Fuzz(func(t *testing.T, written, text string) {
		var l loader
		fl := &file{loader: &l}
		var all addressPatterns
		if err := fl.parseAddress(written, &all); err != nil {
			if pe, ok := err.(*patternError); !ok || pe.summary == "" || pe.detail == "" {
				t.Fatalf("%q: %v", written, err)
			}
			return
		}
		if len(all.patterns) == 0 {
			t.Fatalf("%q matches nothing", written)
		}
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		b := newBuilder()
		for _, p := range all.patterns {
			b.addRule(p, 0, &Rule{Access: Connect, Verdict: Allow}, All)
		}
		m := b.build(nil)
		var w walker
		got := m.walk(a.appendTree(nil), &w) && m.best(&w, Connect, 0, 1) == 0
		if want, simple := refAddress(written, &a); simple && got != want {
			t.Fatalf("%q and %q: %v, want %v", written, text, got, want)
		}
	})
}

// refAddress is the plain reading of ADDRESS[/LENGTH][:LOW[-HIGH]]; simple is
// false for every other pattern.
func refAddress(written string, a *Address) (match, simple bool) {
	host, ports := written, "0-65535"
	if i := strings.LastIndexByte(written, ':'); i >= 0 && !strings.HasSuffix(written, "]") {
		host, ports = written[:i], written[i+1:]
	}
	low, high, isRange := strings.Cut(ports, "-")
	if !isRange {
		high = low
	}
	first, err := netip.ParseAddrPort("0.0.0.0:" + low)
	last, err2 := netip.ParseAddrPort("0.0.0.0:" + high)
	prefix, err3 := parsePrefix(strings.Trim(host, "[]"))
	if err != nil || err2 != nil || err3 != nil {
		return false, false
	}
	return a.Family == Inet && prefix.Contains(a.IP.Unmap().WithZone("")) &&
		a.Port >= uint32(first.Port()) && a.Port <= uint32(last.Port()), true
}

// TestAddressAllocs: a decision about an address allocates nothing, however
// many rules there are.
func TestAddressAllocs(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		b.WriteString(addressRule("allow", "r"+strconv.Itoa(i), "connect",
			`"10.`+strconv.Itoa(i%250)+`.0.0/16:`+strconv.Itoa(1000+i)+`", "h`+strconv.Itoa(i)+`.example:443"`))
	}
	b.WriteString(addressRule("allow", "all", "connect", `"*:443", "[2001:db8::/32]:{80,443}", "unix:/run/**", "unix:@*"`))
	p := mustLoad(t, b.String(), addressOptions)
	for _, text := range []string{"10.3.4.5:443 h7.example h9.example", "[2001:db8::1]:80", "unix:/run/a/b/c.sock", "unix:@\x00a/b"} {
		q := &Query{Access: Connect, Address: mustAddress(t, text)}
		if p.Decide(q).Verdict != Allow {
			t.Errorf("%s is denied", text)
		}
		if n := testing.AllocsPerRun(100, func() { p.Decide(q) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func BenchmarkDecideAddress(b *testing.B) {
	p := mustLoad(b, addressRule("allow", "a", "connect", `"10.0.0.0/8:443", "[2001:db8::/32]:443"`), addressOptions)
	for _, text := range []string{"10.1.2.3:443", "[2001:db8::1]:443"} {
		q := &Query{Access: Connect, Address: mustAddress(b, text)}
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p.Decide(q).Verdict != Allow {
					b.Fatal("not allowed")
				}
			}
		})
	}
}
