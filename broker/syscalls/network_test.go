package syscalls

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// nobody is a socket that is bound to nothing.
func nobody(domain, kind int) *socket { return &socket{fd: -1, domain: domain, kind: kind} }

func inet4(family uint16, ip string, port uint16) []byte {
	raw := make([]byte, sizeInet4)
	binary.NativeEndian.PutUint16(raw, family)
	binary.BigEndian.PutUint16(raw[2:], port)
	copy(raw[4:], netip.MustParseAddr(ip).AsSlice())
	return raw
}

func inet6(ip string, port uint16) []byte {
	raw := make([]byte, 28)
	binary.NativeEndian.PutUint16(raw, unix.AF_INET6)
	binary.BigEndian.PutUint16(raw[2:], port)
	copy(raw[8:], netip.MustParseAddr(ip).AsSlice())
	return raw
}

func local(path string) []byte { return append([]byte{unix.AF_UNIX, 0}, path...) }

// addressCases also seed the fuzzer.
var addressCases = []struct {
	name         string
	domain, kind int
	use          use
	raw          []byte
	want         string // address, "none" or "path …"
	errno        sys.Errno
}{
	{"IPv4", unix.AF_INET, unix.SOCK_STREAM, useConnect, inet4(unix.AF_INET, "10.0.0.1", 80), "10.0.0.1:80", 0},
	{"IPv4 anywhere", unix.AF_INET, unix.SOCK_STREAM, useConnect, inet4(unix.AF_INET, "0.0.0.0", 80), "127.0.0.1:80", 0},
	{"bind anywhere", unix.AF_INET, unix.SOCK_STREAM, useBind, inet4(unix.AF_INET, "0.0.0.0", 80), "0.0.0.0:80", 0},
	{"IPv4 dissolved", unix.AF_INET, unix.SOCK_DGRAM, useConnect, inet4(unix.AF_UNSPEC, "10.0.0.1", 80), "none", 0},
	{"IPv4 sent without a family", unix.AF_INET, unix.SOCK_DGRAM, useSend, inet4(unix.AF_UNSPEC, "10.0.0.1", 80), "10.0.0.1:80", 0},
	{"IPv4 bound without a family", unix.AF_INET, unix.SOCK_DGRAM, useBind, inet4(unix.AF_UNSPEC, "0.0.0.0", 80), "0.0.0.0:80", 0},
	{"bound to an address without a family", unix.AF_INET, unix.SOCK_DGRAM, useBind, inet4(unix.AF_UNSPEC, "10.0.0.1", 80), "", unix.EAFNOSUPPORT},
	{"a stream does not look", unix.AF_INET, unix.SOCK_STREAM, useSend, inet4(unix.AF_INET, "10.0.0.1", 80), "none", 0},
	{"IPv4 on IPv6", unix.AF_INET6, unix.SOCK_DGRAM, useSend, inet4(unix.AF_INET, "10.0.0.1", 80), "10.0.0.1:80", 0},
	{"IPv6 sent without a family", unix.AF_INET6, unix.SOCK_DGRAM, useSend, inet4(unix.AF_UNSPEC, "10.0.0.1", 80), "none", 0},
	{"IPv6", unix.AF_INET6, unix.SOCK_STREAM, useConnect, inet6("2001:db8::1", 443), "[2001:db8::1]:443", 0},
	{"IPv6 short", unix.AF_INET6, unix.SOCK_STREAM, useConnect, inet6("2001:db8::1", 443)[:24], "[2001:db8::1]:443", 0},
	{"IPv6 too short", unix.AF_INET6, unix.SOCK_STREAM, useConnect, inet6("2001:db8::1", 443)[:23], "", unix.EINVAL},
	{"IPv6 anywhere", unix.AF_INET6, unix.SOCK_STREAM, useConnect, inet6("::", 443), "[::1]:443", 0},
	{"mapped", unix.AF_INET6, unix.SOCK_STREAM, useConnect, inet6("::ffff:10.0.0.1", 443), "10.0.0.1:443", 0},
	{"mapped anywhere", unix.AF_INET6, unix.SOCK_STREAM, useConnect, inet6("::ffff:0.0.0.0", 443), "127.0.0.1:443", 0},
	{"IPv6 on IPv4", unix.AF_INET, unix.SOCK_STREAM, useConnect, inet6("::1", 443), "", unix.EAFNOSUPPORT},
	{"nothing", unix.AF_INET, unix.SOCK_STREAM, useConnect, nil, "", unix.EINVAL},
	{"path", unix.AF_UNIX, unix.SOCK_STREAM, useConnect, local("/run/x\x00tail"), "path /run/x", 0},
	{"path without an end", unix.AF_UNIX, unix.SOCK_STREAM, useBind, local("x"), "path x", 0},
	{"abstract", unix.AF_UNIX, unix.SOCK_STREAM, useConnect, local("\x00a\x00b"), "unix:@a\x00b", 0},
	{"abstract and empty", unix.AF_UNIX, unix.SOCK_STREAM, useBind, local("\x00"), "unix:@", 0},
	{"autobind", unix.AF_UNIX, unix.SOCK_DGRAM, useBind, local(""), "unix:@#autobind", 0},
	{"no path", unix.AF_UNIX, unix.SOCK_STREAM, useConnect, local(""), "", unix.EINVAL},
	{"path too long", unix.AF_UNIX, unix.SOCK_STREAM, useConnect, append(local("/"), make([]byte, 108)...), "", unix.EINVAL},
	{"local dissolved", unix.AF_UNIX, unix.SOCK_DGRAM, useConnect, []byte{0, 0}, "none", 0},
	{"local stream dissolved", unix.AF_UNIX, unix.SOCK_STREAM, useConnect, []byte{0, 0}, "", unix.EINVAL},
	{"packets do not look", unix.AF_UNIX, unix.SOCK_SEQPACKET, useSend, local("/run/x"), "none", 0},
	{"vsock", unix.AF_VSOCK, unix.SOCK_STREAM, useConnect, []byte{40, 0, 0, 0, 0, 4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}, "vsock:2:1024", 0},
	{"vsock too short", unix.AF_VSOCK, unix.SOCK_STREAM, useConnect, []byte{40, 0, 0, 0}, "", unix.EFAULT},
	{"netlink", unix.AF_NETLINK, unix.SOCK_RAW, useBind, []byte{16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "netlink:route", 0},
	{"packet", unix.AF_PACKET, unix.SOCK_RAW, useBind, []byte{17, 0}, "packet:*", 0},
	{"another domain", unix.AF_BLUETOOTH, unix.SOCK_RAW, useConnect, make([]byte, 20), "", unix.EACCES},
}

func TestDecodeAddress(t *testing.T) {
	for _, tt := range addressCases {
		d, e := decodeAddress(nobody(tt.domain, tt.kind), tt.use, bytes.Clone(tt.raw))
		got := d.addr.String()
		switch {
		case e != 0:
			got = ""
		case d.kind == destinationPath:
			got = "path " + string(d.path)
		}
		if got != tt.want || e != tt.errno {
			t.Errorf("%s: %q, %v; want %q, %v", tt.name, got, e, tt.want, tt.errno)
		}
	}
}

// TestBoundTo: the unspecified address is where the socket is bound.
func TestBoundTo(t *testing.T) {
	for _, tt := range []struct {
		domain        int
		own, to, want string
	}{
		{unix.AF_INET, "127.0.0.5", "0.0.0.0", "127.0.0.5:9"},
		{unix.AF_INET6, "::ffff:127.0.0.5", "::ffff:0.0.0.0", "127.0.0.5:9"},
		{unix.AF_INET6, "::ffff:127.0.0.5", "::", "127.0.0.1:9"},
		{unix.AF_INET6, "::1", "::", "[::1]:9"},
	} {
		fd, err := unix.Socket(tt.domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err == unix.EAFNOSUPPORT && tt.domain == unix.AF_INET6 {
			t.Skip("missing: IPv6")
		}
		if err != nil {
			t.Fatal(err)
		}
		own, raw := inet4(unix.AF_INET, "0.0.0.0", 0), inet4(unix.AF_INET, "0.0.0.0", 9)
		if tt.domain == unix.AF_INET6 {
			own, raw = inet6(tt.own, 0), inet6(tt.to, 9)
		} else {
			copy(own[4:], netip.MustParseAddr(tt.own).AsSlice())
		}
		if e := sys.Bind(fd, own); e != 0 {
			t.Fatal(e)
		}
		d, e := decodeAddress(&socket{fd: fd, domain: tt.domain, kind: unix.SOCK_DGRAM}, useConnect, raw)
		if e != 0 || d.addr.String() != tt.want {
			t.Errorf("from %s to %s: %v, %v; want %s", tt.own, tt.to, &d.addr, e, tt.want)
		}
		sys.Close(fd)
	}
}

// FuzzDecodeAddress: what is judged is what the kernel is given.
func FuzzDecodeAddress(f *testing.F) {
	for _, tt := range addressCases {
		f.Add(uint8(tt.domain), uint8(tt.kind), uint8(tt.use), false, tt.raw)
	}
	f.Fuzz(func(t *testing.T, domain, kind, u uint8, fastOpen bool, raw []byte) {
		if len(raw) > maxSockaddr {
			return
		}
		s := nobody(int(domain), int(kind))
		s.fastOpen = fastOpen
		d, e := decodeAddress(s, use(u%3), bytes.Clone(raw))
		if e != 0 || d.kind == destinationNone {
			if d.addr.Family != 0 || e == 0 && d.raw != nil && family(d.raw) != unix.AF_UNSPEC {
				t.Fatalf("%+v, %v", d, e)
			}
			return
		}
		if len(d.raw) > maxSockaddr || d.kind == destinationPath && (len(d.path) == 0 || bytes.IndexByte(d.path, 0) >= 0) {
			t.Fatalf("%+v", d)
		}
		if d.addr.Family == rules.Inet && use(u%3) != useBind && d.addr.IP.IsUnspecified() {
			t.Fatalf("judged as %v", &d.addr)
		}
		again, e := decodeAddress(s, use(u%3), bytes.Clone(d.raw))
		if e != 0 || again.kind != d.kind || again.addr.String() != d.addr.String() || !bytes.Equal(again.raw, d.raw) {
			t.Fatalf("%+v is given to the kernel as %+v, %v", d, again, e)
		}
	})
}

func msghdr(name uint64, nameSize uint32, count, controlSize uint64) *[sizeMsghdr]byte {
	var raw [sizeMsghdr]byte
	le := binary.NativeEndian
	le.PutUint64(raw[0:], name)
	le.PutUint32(raw[8:], nameSize)
	for i, v := range []uint64{1, count, 0, controlSize} {
		le.PutUint64(raw[16+8*i:], v)
	}
	return &raw
}

func TestParseMsghdr(t *testing.T) {
	for _, tt := range []struct {
		raw      *[sizeMsghdr]byte
		name     uint64
		nameSize int
		errno    sys.Errno
	}{
		{msghdr(8, 16, 2, 0), 8, 16, 0},
		{msghdr(8, 0, 2, 0), 0, 0, 0},
		{msghdr(0, 16, 2, 0), 0, 0, 0},
		{msghdr(0, 1<<31, 2, 0), 0, 0, 0},
		{msghdr(8, 1<<31, 2, 0), 0, 0, unix.EINVAL},
		{msghdr(8, 65535, 2, 0), 8, maxSockaddr, 0},
		{msghdr(8, 16, 1024, 0), 8, 16, 0},
		{msghdr(8, 16, 1025, 0), 0, 0, unix.EMSGSIZE},
		{msghdr(8, 16, 1<<63, 0), 0, 0, unix.EMSGSIZE},
		{msghdr(8, 16, 1, 1<<40), 0, 0, unix.ENOBUFS},
	} {
		m, _, count, e := parseMsghdr(tt.raw)
		if e != tt.errno || e == 0 && (m.name != tt.name || m.nameSize != tt.nameSize || count > maxMessages) {
			t.Errorf("%x: %+v, %d, %v", tt.raw[:], m, count, e)
		}
	}
}

func vectorBytes(list ...vector) (raw []byte) {
	for _, v := range list {
		raw = binary.NativeEndian.AppendUint64(raw, v.at)
		raw = binary.NativeEndian.AppendUint64(raw, v.size)
	}
	return raw
}

func TestParseVectors(t *testing.T) {
	for _, tt := range []struct {
		list  []vector
		total uint64
		errno sys.Errno
	}{
		{nil, 0, 0},
		{[]vector{{1, 2}, {0, 0}, {3, 4}}, 6, 0},
		{[]vector{{1, 1 << 63}}, 0, unix.EINVAL},
		{[]vector{{1, 1 << 40}}, maxTotal, 0},
		{[]vector{{1, 1 << 40}, {1, 1 << 40}}, maxTotal, 0},
		{[]vector{{1, 1}, {1 << 47, 1}}, 0, unix.EFAULT},
		{[]vector{{1, 1}, {1 << 46, 1 << 46}}, 0, unix.EFAULT},
	} {
		list, total, e := parseVectors(vectorBytes(tt.list...), nil)
		if total != tt.total || e != tt.errno || e == 0 && len(list) != len(tt.list) {
			t.Errorf("%x: %x, %d, %v", tt.list, list, total, e)
		}
	}
}

func cmsg(size uint64, level, kind uint32, data ...byte) []byte {
	raw := binary.NativeEndian.AppendUint64(nil, size)
	raw = binary.NativeEndian.AppendUint32(raw, level)
	raw = binary.NativeEndian.AppendUint32(raw, kind)
	return append(raw, data...)
}

// controlCases also seed the fuzzer.
var controlCases = []struct {
	raw   []byte
	items int
	errno sys.Errno
}{
	{nil, 0, 0},
	{make([]byte, 15), 0, 0},
	{make([]byte, 16), 0, unix.EINVAL},
	{cmsg(16, 1, 1), 1, 0},
	{cmsg(20, 1, 1, 1, 2, 3, 4), 1, 0},
	{cmsg(21, 1, 1, 1, 2, 3, 4), 0, unix.EINVAL},
	{cmsg(1<<63, 1, 1), 0, unix.EINVAL},
	{append(cmsg(20, 1, 1, 1, 2, 3, 4, 0, 0, 0, 0), cmsg(16, 2, 3)...), 2, 0},
	{append(cmsg(16, 1, 1), cmsg(17, 2, 3)...), 1, unix.EINVAL},
}

func TestEachControl(t *testing.T) {
	for _, tt := range controlCases {
		items := 0
		e := eachControl(tt.raw, func(controlItem) sys.Errno { items++; return 0 })
		if items != tt.items || e != tt.errno {
			t.Errorf("%x: %d items, %v; want %d, %v", tt.raw, items, e, tt.items, tt.errno)
		}
	}
}

// FuzzMessage: no structure of a target's makes the parsers panic, loop or
// leave their bounds.
func FuzzMessage(f *testing.F) {
	for _, tt := range controlCases {
		f.Add(msghdr(8, 16, 2, 0)[:], vectorBytes(vector{1, 2}), tt.raw)
	}
	f.Add(msghdr(8, 1<<31, 1<<40, 1<<40)[:], vectorBytes(vector{1, 1 << 63}, vector{1, 1 << 40}), []byte{})
	f.Fuzz(func(t *testing.T, header, vectors, control []byte) {
		if len(header) >= sizeMsghdr {
			m, _, count, e := parseMsghdr((*[sizeMsghdr]byte)(header))
			if e == 0 && (m.nameSize < 0 || m.nameSize > maxSockaddr || count < 0 || count > maxMessages || m.controlSize > maxControl) {
				t.Fatalf("%+v, %d vectors", m, count)
			}
		}
		list, total, e := parseVectors(vectors, nil)
		for _, v := range list {
			total -= v.size
		}
		if e == 0 && total != 0 || total > maxTotal {
			t.Fatalf("%x: off by %d", list, total)
		}
		rest := len(control)
		_ = eachControl(control, func(i controlItem) sys.Errno {
			rest -= sizeCmsghdr + len(i.data)
			if rest < 0 {
				t.Fatalf("%x: more data than there is", control)
			}
			return 0
		})
	})
}
