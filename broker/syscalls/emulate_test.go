package syscalls

import (
	"testing"

	"seccomp-broker/rules"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestMediatedCalls: the rules know of the same calls and classes as the table.
func TestMediatedCalls(t *testing.T) {
	want := map[string]rules.Access{}
	for _, c := range Table(false) {
		want[c.Name] = c.Access
	}
	if diff := cmp.Diff(want, rules.MediatedCalls()); diff != "" {
		t.Errorf("-table +rules:\n%s", diff)
	}
}

// TestStructures: what is written to a target is as long as the kernel's
// structure: include/uapi/linux/utsname.h, sysinfo.h.
func TestStructures(t *testing.T) {
	var buf [512]byte
	for _, tc := range []struct {
		name  string
		make  func([]byte, []rules.Field) ([]byte, error)
		field rules.Field
		size  int
	}{
		{"utsname", utsname, rules.Field{Name: "machine", Text: "toaster"}, 6 * 65},
		{"sysinfo", sysinfo, rules.Field{Name: "procs", Number: 1<<16 - 1}, 112},
	} {
		data, err := tc.make(buf[:0], []rules.Field{tc.field})
		if err != nil || len(data) != tc.size {
			t.Errorf("%s: %d bytes, want %d; %v", tc.name, len(data), tc.size, err)
		}
	}
}

// TestRedirections: each kind of socket gets the address in its own form, and
// none of another family.
func TestRedirections(t *testing.T) {
	addresses := map[string]string{
		"inet": "10.1.2.3:443", "inet6": "[2001:db8::1]:80", "abstract": "unix:@name", "vsock": "vsock:2:1024",
	}
	forms := map[string]string{
		"inet on inet":     "\x02\x00\x01\xbb\x0a\x01\x02\x03" + "\x00\x00\x00\x00\x00\x00\x00\x00",
		"inet on inet6":    "\x0a\x00\x01\xbb\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x0a\x01\x02\x03" + "\x00\x00\x00\x00",
		"inet6 on inet6":   "\x0a\x00\x00\x50\x00\x00\x00\x00" + "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" + "\x00\x00\x00\x00",
		"abstract on unix": "\x01\x00\x00name",
		"vsock on vsock":   "\x28\x00\x00\x00" + "\x00\x04\x00\x00" + "\x02\x00\x00\x00" + "\x00\x00\x00\x00",
	}
	domains := map[string]int{
		"inet": unix.AF_INET, "inet6": unix.AF_INET6, "unix": unix.AF_UNIX, "vsock": unix.AF_VSOCK, "packet": unix.AF_PACKET,
	}
	for kind, text := range addresses {
		to, err := rules.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		for domain, number := range domains {
			c := &Context{}
			c.net().sock.domain = number
			raw, e := c.redirection(&to)
			want, ok := forms[kind+" on "+domain]
			if string(raw) != want || ok != (e == 0) || !ok && e != unix.EAFNOSUPPORT {
				t.Errorf("%s on %s: %x, %v; want %x", kind, domain, raw, e, want)
			}
		}
	}
}
