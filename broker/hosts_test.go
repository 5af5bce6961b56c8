package broker

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHosts(t *testing.T) {
	ip := netip.MustParseAddr
	now := time.Unix(1e9, 0)
	answers := map[string][]netip.Addr{
		"a.example": {ip("192.0.2.1"), ip("::ffff:192.0.2.2"), ip("fe80::1%eth0")},
		"b.example": {ip("192.0.2.1")},
	}
	var notices []string
	h := newHosts([]string{"a.example", "b.example", "c.example"}, func(s string) { notices = append(notices, s) })
	h.now = func() time.Time { return now }
	h.lookup = func(_ context.Context, _, host string) ([]netip.Addr, error) {
		if list, ok := answers[host]; ok {
			return list, nil
		}
		return nil, errors.New("no such host")
	}
	check := func(when, addr, want string) {
		t.Helper()
		list := slices.Clone(h.of(ip(addr)))
		slices.Sort(list)
		if got := strings.Join(list, " "); got != want {
			t.Errorf("%s: %s is %q, want %q", when, addr, got, want)
		}
	}
	check("before the first lookup", "192.0.2.1", "")
	h.refresh(t.Context())
	check("at first", "192.0.2.1", "a.example b.example")
	check("at first", "::ffff:192.0.2.1", "a.example b.example")
	check("at first", "192.0.2.2", "a.example")
	check("at first", "fe80::1%lo", "a.example")
	check("at first", "192.0.2.3", "")
	answers["a.example"] = []netip.Addr{ip("192.0.2.3")}
	delete(answers, "b.example")
	now = now.Add(hostMemory)
	h.refresh(t.Context())
	check("within memory", "192.0.2.1", "a.example b.example")
	check("within memory", "192.0.2.3", "a.example")
	now = now.Add(1)
	h.refresh(t.Context())
	check("forgotten", "192.0.2.1", "")
	check("forgotten", "192.0.2.3", "a.example")
	if len(notices) != 2 || !strings.Contains(notices[0], "c.example") || !strings.Contains(notices[1], "b.example") {
		t.Errorf("notices: %q", notices)
	}
	for i := range 2 * hostAddresses {
		answers["a.example"] = append(answers["a.example"], netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	h.refresh(t.Context())
	if n := len(h.seen["a.example"]); n != hostAddresses {
		t.Errorf("%d addresses of one name are remembered, at most %d may be", n, hostAddresses)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	h.refresh(ended)
	check("after the end", "192.0.2.3", "a.example")
}

// TestFollowHosts asks the system's own resolver.
func TestFollowHosts(t *testing.T) {
	if f := followHosts(nil, nil, nil); f != nil || f.ask() != nil {
		t.Error("without names there is something to ask")
	} else {
		f.stop()
	}
	f := followHosts([]string{"localhost"}, nil, func(s string) { t.Error(s) })
	defer f.stop()
	if got := f.ask()(netip.MustParseAddr("127.0.0.1")); !slices.Equal(got, []string{"localhost"}) {
		t.Errorf("127.0.0.1 is %q", got)
	}
}
