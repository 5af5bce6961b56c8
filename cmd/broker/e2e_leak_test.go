package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"
)

// spare is how many more than before may be left: the Go runtime keeps a few
// threads of its own for later, and starts one when it likes. A leak of one in a
// hundred killed opens is ten.
const spare = 5

// resources are what a broker holds, as everybody may see.
type resources struct{ threads, descriptors int }

var threadsLine = regexp.MustCompile(`(?m)^Threads:\s+(\d+)$`)

// resourcesOf reads them from /proc. The size of the directory fd is how many
// descriptors are open, proc(5).
func resourcesOf(t *testing.T, pid int) resources {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := threadsLine.FindSubmatch(status)
	if m == nil {
		t.Fatalf("no threads in %s", status)
	}
	threads, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return resources{threads: threads, descriptors: int(info.Size())}
}

// TestKilledOpenersLeaveNothing kills a thousand processes while the broker
// sleeps in an open for each of them. Threads and descriptors go with them.
func TestKilledOpenersLeaveNothing(t *testing.T) {
	eachUser(t, func(t *testing.T, w *workspace) {
		ctx, cancel := context.WithTimeout(context.Background(), e2eLimit)
		defer cancel()
		cmd := w.command(ctx, w.underBroker(t, w.victimPolicy(t), victim(t, "fifo"), "leak"))
		in, lines := talkTo(t, cmd)
		say := func(want string) {
			t.Helper()
			if line, err := lines.ReadString('\n'); strings.TrimSuffix(line, "\n") != want {
				t.Fatalf("the victim says %q (%v), want %q", line, err, want)
			}
		}
		say("warm")
		before := resourcesOf(t, cmd.Process.Pid)
		if before.descriptors == 0 {
			kerneltest.Missing(t, "the count of descriptors in stat of /proc/PID/fd (Linux 6.2)")
		}
		fmt.Fprintln(in)
		say("killed 1000")
		// The last opens are given up within milliseconds, and superfluous
		// receivers go one by one.
		var after resources
		defer func() { t.Logf("before %+v, after %+v", before, after) }()
		await(t, "the broker to hold no more than before", func() bool {
			after = resourcesOf(t, cmd.Process.Pid)
			return after.threads <= before.threads+spare && after.descriptors <= before.descriptors+spare
		})
		fmt.Fprintln(in)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
}
