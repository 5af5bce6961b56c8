package audit

import (
	"strings"
	"testing"
)

func TestAddressPattern(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"10.0.0.1:443", "10.0.0.1:443"},
		{"[::ffff:10.0.0.1]:443", "10.0.0.1:443"},
		{"[fe80::1%eth0]:80", "[fe80::1]:80"},
		{"unix:/run/a*b", `unix:/run/a\*b`},
		{"unix:/run/[x]", "unix:/run/?x?"},
		{"unix:@a/b\x00\xff{", `unix:@a/b??\{`},
		{"vsock:2:1024", "vsock:2:1024"},
		{"netlink:route", "netlink:route"},
		{"packet:*", "packet:*"},
		{"none", ""},
		{"netlink:\x1b[2J", ""},
		{"10.0.0.1", ""},
	} {
		if got, ok := AddressPattern(tt.address); got != tt.want && ok || ok != (tt.want != "") {
			t.Errorf("%q: %q, %v, want %q", tt.address, got, ok, tt.want)
		}
	}
}

// TestSuggestionOfAddresses: a refused connection is proposed as an address.
func TestSuggestionOfAddresses(t *testing.T) {
	s := NewSummary("/home/u")
	for _, e := range []Event{
		{Access: "connect", Address: "10.0.0.1:443"}, {Access: "connect", Address: "10.0.0.1:443"},
		{Access: "bind", Address: "unix:/run/x"}, {Access: "connect", Address: "unix:@a\x00"},
		{Access: "connect", Address: "none"}, {Access: "create", Path: "/run/x"},
	} {
		e.Action, e.PID, e.Syscall = Denied, 1, "connect"
		s.Add(&e)
	}
	got := s.Suggestion()
	for _, want := range []string{
		"access = [\"bind\"]\n  address = [\n    \"unix:/run/x\",\n  ]",
		"access = [\"connect\"]\n  address = [\n    \"10.0.0.1:443\",\n    \"unix:@a?\", # \"?\" is any one character",
		"access = [\"create\"]\n  path = [\n    \"/run/x\",\n  ]",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "none") {
		t.Errorf("what is no address is proposed:\n%s", got)
	}
}
