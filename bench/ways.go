package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// way is a way to run a program: natively, or below something.
type way struct {
	name   string
	broker bool
	lost   bool                      // what its program spends is not in its own processor time
	words  func(c showcase) []string // before the program's own
}

// ways lists those that work here; the first is the native one. skipped says
// which do not, and why.
func ways(s *stage, broker string) (list []way, skipped []string) {
	quiet := []string{broker, "--quiet", "--log", s.log(), "--rules"}
	everything := filepath.Join(s.scripts, "../policies/everything.hcl")
	list = []way{
		{name: "native", words: func(showcase) []string { return nil }},
		{name: "broker", broker: true, words: func(c showcase) []string {
			return append(quiet[:len(quiet):len(quiet)], filepath.Join(s.scripts, c.name, "policy.hcl"), "--")
		}},
		{name: "broker, everything allowed", broker: true, words: func(showcase) []string {
			return append(quiet[:len(quiet):len(quiet)], everything, "--")
		}},
	}
	for _, other := range []struct {
		name  string
		words []string
	}{
		{"strace -f", []string{"strace", "-f", "-o", filepath.Join(s.base, "strace.log")}},
		{"bubblewrap", []string{"bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", s.base, s.base}},
		{"firejail", []string{"firejail", "--quiet", "--noprofile", "--net=none", "--caps.drop=all", "--seccomp"}},
	} {
		if why := broken(other.words); why != "" {
			skipped = append(skipped, fmt.Sprintf("%s: %s", other.name, why))
			continue
		}
		// bubblewrap's program has a parent in its pid namespace.
		list = append(list, way{name: other.name, lost: other.name == "bubblewrap", words: func(showcase) []string { return other.words }})
	}
	return list, skipped
}

// broken says why a wrapper cannot run anything here, "" if it can.
func broken(words []string) string {
	out, err := exec.Command(words[0], append(words[1:len(words):len(words)], "/bin/true")...).CombinedOutput()
	if err != nil {
		return strings.TrimSpace(fmt.Sprintf("%v %s", err, out))
	}
	return ""
}

// peak returns a watch that keeps the largest resident set of a process in
// KiB: VmHWM of proc_pid_status(5), which no sample can miss but the last
// moments.
func peak(kib *int) func(int, <-chan struct{}) {
	return func(pid int, ended <-chan struct{}) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
			*kib = max(*kib, largest(pid))
		}
	}
}

// largest is the largest resident set of a process so far, in KiB; 0 if that is
// not to be seen.
func largest(pid int) (kib int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	_, _ = fmt.Sscan(rest, &kib)
	return kib
}

// load is the machine's now, as a remark below a table.
func load() string {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return "unknown"
	}
	const one = 1 << 16 // sysinfo(2): loads are scaled by 65536
	return fmt.Sprintf("%.1f", float64(info.Loads[0])/one)
}
