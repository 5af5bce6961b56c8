package audit

import (
	"fmt"
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

// TestSuggestionKeepsSecrets: what holds keys is named, and not proposed.
func TestSuggestionKeepsSecrets(t *testing.T) {
	s := NewSummary("/home/u")
	for _, e := range []Event{
		{Access: "read", Path: "/home/u/.ssh/id_ed25519"}, {Access: "read", Path: "/home/u/.aws/credentials"},
		{Access: "read", Path: "/srv/\x1b[2Jid_rsa"}, {Access: "read", Path: "/srv/id_rsa"},
		{Access: "write", Path: "/home/u/.bashrc"}, {Access: "read", Path: "/home/u/.bashrc"},
		{Access: "connect", Address: "unix:/run/docker.sock"}, {Access: "read", Path: "/srv/data"},
	} {
		e.Action, e.PID, e.Syscall = Denied, 1, "openat"
		s.Add(&e)
	}
	got := s.Suggestion()
	var open, kept []string
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		} else {
			open = append(open, line)
		}
	}
	text := strings.Join(open, "")
	for _, secret := range []string{".ssh", ".aws", `"/srv/id_rsa"`, "docker", "write"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is proposed:\n%s", secret, got)
		}
	}
	for _, want := range []string{`"/home/u/.bashrc"`, `"/srv/data"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if want := "# not proposed: read \"/home/u/.ssh/id_ed25519\": private keys\n"; !strings.Contains(strings.Join(kept, ""), want) || len(kept) != 5 {
		t.Errorf("%q", kept)
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}

// TestManySecrets: a program that tries them all does not fill the screen.
func TestManySecrets(t *testing.T) {
	s := NewSummary("/home/u")
	for i := range 50 {
		s.Add(&Event{Access: "read", Path: fmt.Sprintf("/home/u/.aws/%d", i), Action: Denied, PID: 1})
	}
	got := s.Suggestion()
	if n := strings.Count(got, "\n"); n != maxKept+1 || !strings.HasSuffix(got, "# and 42 more like these\n") {
		t.Errorf("%d lines:\n%s", n, got)
	}
}
