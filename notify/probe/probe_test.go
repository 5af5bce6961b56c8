package probe

import (
	"errors"
	"fmt"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

func TestProbe(t *testing.T) {
	major, minor := kerneltest.Kernel(t)
	for _, r := range Probe() {
		var since [2]int
		if _, err := fmt.Sscanf(r.Since, "%d.%d", &since[0], &since[1]); err != nil {
			t.Fatalf("%s: since %q: %v", r.Name, r.Since, err)
		}
		t.Logf("%-60s %v %v %s", r.Name, r.OK, r.Err, r.Detail)
		has := major > since[0] || major == since[0] && minor >= since[1]
		if has != r.OK {
			t.Errorf("%s: %v (%v) on Linux %d.%d, though it is there since %s", r.Name, r.OK, r.Err, major, minor, r.Since)
		}
		if r.OK != (r.Err == nil) {
			t.Errorf("%s: OK is %v, the error %v", r.Name, r.OK, r.Err)
		}
		if r.Name == "" || r.Remedy == "" || r.Need != Required && r.Need != Recommended {
			t.Errorf("incomplete row: %+v", r.Feature)
		}
	}
}

// Only what cannot change is kept.
func TestConclusive(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, true}, {unix.ENOSYS, true}, {unix.EPERM, true}, {ErrUntried, true},
		{unix.EMFILE, false}, {errTimeout, false}, {fmt.Errorf("wrapped: %w", unix.ENOMEM), false},
	} {
		if got := conclusive([]Result{{}, {Err: c.err}}); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// A process without free descriptors learns so, and is asked again later.
func TestProbeOutOfDescriptors(t *testing.T) {
	cache.Lock()
	saved := cache.results
	cache.results = nil
	cache.Unlock()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	results := Probe()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if r := results[selfTest]; r.OK || !errors.Is(r.Err, unix.EMFILE) {
		t.Errorf("without descriptors: %v, %v", r.OK, r.Err)
	}
	if cache.results != nil {
		t.Error("an inconclusive result was kept")
	}
	cache.results = saved
	for _, r := range Probe() {
		if errors.Is(r.Err, unix.EMFILE) {
			t.Errorf("%s: still %v", r.Name, r.Err)
		}
	}
}
