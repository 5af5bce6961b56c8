package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const script = `broker
	ffffffff8130f6d1 seccomp_notify_ioctl ([kernel.kallsyms])
	ffffffff8130f6d2 __x64_sys_ioctl ([kernel.kallsyms])
	          48a1e0 internal/runtime/syscall/linux.Syscall6 (/tmp/the broker)
	          48a1e1 seccomp-broker/notify/sys.NotifRecv (/tmp/the broker)
	          48a1e2 seccomp-broker/notify.(*Receiver).Receive (/tmp/the broker)
	          48a1e3 runtime.goexit.abi0 (/tmp/the broker)

broker
	          48a1e4 runtime.usleep.abi0 (/tmp/the broker)
	          48a1e5 runtime.sysmon (/tmp/the broker)
	          48a1e6 runtime.mstart.abi0 (/tmp/the broker)

broker

broker
	ffffffff8130f6d3 ret_from_fork ([kernel.kallsyms])
`

func TestParseScript(t *testing.T) {
	samples := parseScript([]byte(script), "open")
	var owners []string
	for _, s := range samples {
		owners = append(owners, s.owner())
	}
	want := []string{"notify.(*Receiver).Receive: ioctl", "runtime.sysmon", "the kernel by itself"}
	if !slices.Equal(owners, want) {
		t.Errorf("%q, want %q", owners, want)
	}
	if f := samples[0].frames; len(f) != 6 || !f[1].kernel || f[2].kernel || f[4].name != "seccomp-broker/notify.(*Receiver).Receive" {
		t.Errorf("%+v", f)
	}
	var out strings.Builder
	spent(&out, openCase, samples, 2)
	if !strings.HasSuffix(out.String(), "| notify.(*Receiver).Receive: ioctl | 33.3 | 33.3 |\n| runtime.sysmon | 33.3 | 0.0 |\n") {
		t.Errorf("%s", &out)
	}
}

// go tool pprof reads what is written: the functions, innermost first, and the
// case as a label.
func TestWriteProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prof")
	samples := append(parseScript([]byte(script), "open"), parseScript([]byte(script), "deny")...)
	if err := writeProfile(file, samples); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-raw", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	raw := string(out)
	for _, want := range []string{
		`samples/count cpu/nanoseconds`,
		`1 +1003009: 1 2 3 4 5 6 *\n +case:\[open\]`,
		`1 +1003009: 7 8 9 *\n +case:\[deny\]`,
		`1: 0x0 M=1 \[k\] seccomp_notify_ioctl`,
		`5: 0x0 M=1 seccomp-broker/notify\.\(\*Receiver\)\.Receive`,
	} {
		if !regexp.MustCompile(want).MatchString(raw) {
			t.Errorf("nothing like %s in\n%s", want, raw)
		}
	}
}
