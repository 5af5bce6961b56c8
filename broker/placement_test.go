package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

func TestIdleTicks(t *testing.T) {
	var both, second unix.CPUSet
	both.Set(0)
	both.Set(1)
	second.Set(1)
	const stat = "cpu  10 20 30 40 50\ncpu0 1 2 3 4 5 6\ncpu1 1 2 3 400 5 6\nintr 12 0\n"
	for _, tt := range []struct {
		name, stat string
		cpus       *unix.CPUSet
		want       int
		ok         bool
	}{
		{"all", stat, &both, 404, true},
		{"one", stat, &second, 400, true},
		{"cut off behind", stat[:len(stat)-4], &both, 404, true},
		{"cut off in a line", stat[:50], &both, 0, false},
		{"no lines", "", &both, 0, false},
		{"no numbers", "cpu0 a b c d\nintr\n", &both, 0, false},
		{"too few", "cpu0 1\nintr\n", &both, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := idleTicks([]byte(tt.stat), tt.cpus)
			if got != tt.want && tt.ok || ok != tt.ok {
				t.Errorf("got %d, %v, want %d, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// scratchThread is a thread of its own for as long as the test lasts.
func scratchThread(t *testing.T) (tid int) {
	t.Helper()
	ids, end := make(chan int), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		ids <- unix.Gettid()
		<-end
	}()
	t.Cleanup(func() { close(end) })
	return <-ids
}

func classOf(t *testing.T, tid int) int {
	t.Helper()
	class, e := sys.SchedulingClass(tid)
	if e != 0 {
		t.Fatal(e)
	}
	return class
}

// TestPlacementFollowsIdleness feeds a placer what /proc/stat could say.
func TestPlacementFollowsIdleness(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: only root's threads come back from SCHED_IDLE")
	}
	if runtime.NumCPU() < 2 {
		t.Skip("missing: a second processor")
	}
	p := newPlacer(PlacementAuto)
	t.Cleanup(p.close)
	if p.mode != PlacementAuto {
		t.Fatalf("the placement is %q", p.mode)
	}
	file := filepath.Join(t.TempDir(), "stat")
	idle := 0
	say := func(more int) {
		t.Helper()
		idle += more
		var text strings.Builder
		text.WriteString("cpu  0 0 0 0\n")
		for cpu := range 1024 {
			if p.cpus.IsSet(cpu) {
				fmt.Fprintf(&text, "cpu%d 1 1 1 %d 1\n", cpu, idle)
			}
		}
		text.WriteString("intr 0\n")
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		p.looked = p.looked.Add(-time.Hour)
	}
	say(0)
	var err error
	if p.stat, err = os.Open(file); err != nil {
		t.Fatal(err)
	}
	p.pause = 0
	early, late := scratchThread(t), scratchThread(t)
	p.join(early)
	ordinary := classOf(t, early)
	const aDay = 24 * 3600 * ticks
	for i, step := range []struct {
		does string
		do   func()
		want int
	}{
		{"the first look only begins", func() { say(aDay); p.looked = time.Time{}; p.look(false) }, ordinary},
		{"much is idle", func() { say(aDay); p.look(false) }, sys.ClassIdle},
		{"another receiver", func() { p.join(late) }, sys.ClassIdle},
		{"nothing is idle", func() { say(0); p.look(false) }, ordinary},
		{"much is idle", func() { say(aDay); p.look(false) }, sys.ClassIdle},
		{"it rests", func() { p.look(true) }, ordinary},
		{"the first look after a rest", func() { say(aDay); p.look(false) }, ordinary},
		{"much is idle", func() { say(aDay); p.look(false) }, sys.ClassIdle},
		{"nonsense", func() {
			say(0)
			if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
				t.Fatal(err)
			}
			p.look(false)
		}, ordinary},
	} {
		step.do()
		if got := classOf(t, early); got != step.want {
			t.Errorf("step %d, %s: class %d, want %d", i, step.does, got, step.want)
		}
		if i > 1 && classOf(t, late) != step.want {
			t.Errorf("step %d, %s: the second receiver has class %d, want %d", i, step.does, classOf(t, late), step.want)
		}
	}
}

// TestPlacementByForce: the flag decides, and whoever cannot take the class back
// is left alone.
func TestPlacementByForce(t *testing.T) {
	for mode, want := range map[Placement]int{PlacementYield: sys.ClassIdle, PlacementPlain: sys.ClassOther} {
		p := newPlacer(mode)
		tid := scratchThread(t)
		p.join(tid)
		p.look(false)
		if got := classOf(t, tid); got != want {
			t.Errorf("%s: class %d, want %d", mode, got, want)
		}
		p.close()
	}
	if os.Geteuid() != 0 {
		var limit unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NICE, &limit); err != nil {
			t.Fatal(err)
		}
		if p := newPlacer(PlacementAuto); limit.Cur < 20 && p.mode != PlacementPlain {
			t.Errorf("an ordinary user's placement is %q", p.mode)
		}
	}
}

// TestIdleTicksOfThisMachine reads the real file, whose later lines are long.
func TestIdleTicksOfThisMachine(t *testing.T) {
	var p placer
	if !p.openStat() {
		t.Fatal("/proc/stat cannot be opened")
	}
	t.Cleanup(p.close)
	n, err := p.stat.ReadAt(p.text, 0)
	if n == 0 {
		t.Fatal(err)
	}
	if idle, ok := idleTicks(p.text[:n], &p.cpus); !ok || idle <= 0 {
		t.Errorf("%d ticks, %v, of %q", idle, ok, p.text[:n])
	}
}
