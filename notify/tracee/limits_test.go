package tracee

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseSizeLimit(t *testing.T) {
	for _, c := range []struct {
		text string
		want uint64
		ok   bool
	}{
		{"Limit   Soft Limit  Hard Limit  Units\nMax cpu time  unlimited  unlimited  seconds\nMax file size             4096                 unlimited            bytes     \n", 4096, true},
		{"Max file size             unlimited            unlimited            bytes     \n", unix.RLIM_INFINITY, true},
		{"Max file size             0                    0                    bytes\n", 0, true},
		{"Max file size             \n", 0, false},
		{"Max file size             -1 bytes\n", 0, false},
		{"Max file sizes 12\n", 0, false},
		{"", 0, false},
	} {
		got, e := parseSizeLimit([]byte(c.text))
		if (e == 0) != c.ok || got != c.want {
			t.Errorf("%q: %d, %v", c.text, got, e)
		}
	}
}

// TestSizeLimitBothWays: /proc and prlimit(2) say the same.
func TestSizeLimitBothWays(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	if got, e := parseSizeLimit(text); e != 0 || got != limit.Cur {
		t.Errorf("/proc says %d (%v), prlimit %d", got, e, limit.Cur)
	}
}
