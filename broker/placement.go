package broker

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Placement says whether receivers yield to the programs that they serve.
//
// What an emulated open costs is decided by where the target wakes up. The
// kernel looks for an idle processor, finds that the receiver still runs on the
// one where the target slept, and wakes the target on another one, which takes
// longer than all the rest. A receiver of the scheduling class SCHED_IDLE counts
// as none: the target wakes up where it slept, and takes the processor at once.
// sched(7); kernel/sched/fair.c, select_idle_sibling. Nothing of the target is
// touched for that.
//
// Where every processor is busy there is nothing to be gained, and such a
// receiver would wait for all other work.
type Placement string

// The placements. Auto yields while processors are idle, if the receivers can be
// given their class back: a process needs CAP_SYS_NICE or an RLIMIT_NICE of 20
// for that. Yield always yields, Plain never does.
const (
	PlacementAuto  Placement = "auto"
	PlacementYield Placement = "yield"
	PlacementPlain Placement = "plain"
)

// ParsePlacement reads the value of --placement.
func ParsePlacement(s string) (Placement, error) {
	switch p := Placement(s); p {
	case PlacementAuto, PlacementYield, PlacementPlain:
		return p, nil
	}
	return "", fmt.Errorf("%q: write auto, yield or plain", s)
}

const (
	// idleMuch and idleLittle are how much of a processor is idle when
	// receivers begin to yield, and when they stop. Between the two nothing changes.
	idleMuch, idleLittle = 0.4, 0.1
	// placementPeriod is how often that is measured, at most.
	placementPeriod = 50 * time.Millisecond
	// placementShare bounds the time that measuring takes: /proc/stat is long on
	// large machines.
	placementShare = 200
	// statLine is more than a line of /proc/stat for one processor.
	statLine = 256
	// ticks are the units of /proc/stat in a second: proc_stat(5), USER_HZ.
	ticks = 100
)

// placer gives receivers their scheduling class. Its methods are safe for
// concurrent use, but for look, which only the watch calls.
type placer struct {
	mode  Placement
	class int // of the process itself

	mu      sync.Mutex
	threads map[int]struct{}
	// yielding is written with the lock held only.
	yielding atomic.Bool

	// What look needs.
	stat   *os.File
	cpus   unix.CPUSet
	text   []byte
	idle   int // ticks, at the last look
	looked time.Time
	pause  time.Duration
}

// newPlacer returns a placer that does what mode says, as far as this process
// can. One of another class than the ordinary ones was put there by somebody who
// knows better.
func newPlacer(mode Placement) *placer {
	p := &placer{mode: mode, threads: map[int]struct{}{}}
	class, e := sys.SchedulingClass(0)
	if p.class = class; e != 0 || class != sys.ClassOther && class != sys.ClassBatch {
		p.mode = PlacementPlain
	}
	if p.mode == PlacementAuto && (runtime.NumCPU() < 2 || !mayReturn(class) || !p.openStat()) {
		p.mode = PlacementPlain
	}
	p.yielding.Store(p.mode == PlacementYield)
	return p
}

// mayReturn tries on a thread, which ends with that, whether it can leave the
// class SCHED_IDLE again.
func mayReturn(class int) bool {
	result := make(chan bool)
	go func() {
		runtime.LockOSThread()
		result <- sys.SetSchedulingClass(0, sys.ClassIdle) == 0 && sys.SetSchedulingClass(0, class) == 0
	}()
	return <-result
}

func (p *placer) openStat() bool {
	var err error
	if unix.SchedGetaffinity(0, &p.cpus) != nil {
		return false
	}
	if p.stat, err = os.Open("/proc/stat"); err != nil {
		return false
	}
	p.text = make([]byte, statLine*(runtime.NumCPU()+1))
	return true
}

// close ends the measuring. No look may come afterwards.
func (p *placer) close() {
	if p.stat != nil {
		_ = p.stat.Close()
	}
}

// join gives a receiver that begins its class.
func (p *placer) join(tid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.threads[tid] = struct{}{}
	if p.yielding.Load() {
		_ = sys.SetSchedulingClass(tid, sys.ClassIdle) // allowed to everybody
	}
}

// leave forgets a receiver that ends.
func (p *placer) leave(tid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.threads, tid)
}

// yield gives all receivers the one class or the other.
func (p *placer) yield(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.yielding.Swap(on) == on {
		return
	}
	class := p.class
	if on {
		class = sys.ClassIdle
	}
	for tid := range p.threads {
		_ = sys.SetSchedulingClass(tid, class) // it was tried: only a thread that has ended can fail
	}
}

// look measures from time to time how much of the processors is idle, and lets
// receivers yield while that is much. The watch calls it while there are calls,
// and with resting set when there are none any more: what comes then is not
// known.
func (p *placer) look(resting bool) {
	if p.mode != PlacementAuto {
		return
	}
	if resting {
		p.yield(false)
		p.looked = time.Time{}
		return
	}
	now := time.Now()
	since := now.Sub(p.looked)
	if since < max(placementPeriod, p.pause) {
		return
	}
	n, err := p.stat.ReadAt(p.text, 0)
	idle, ok := idleTicks(p.text[:n], &p.cpus)
	if n == 0 && err != nil || !ok {
		p.yield(false)
		return
	}
	p.pause = placementShare * time.Since(now)
	share := float64(idle-p.idle) / ticks / since.Seconds()
	known := !p.looked.IsZero()
	p.idle, p.looked = idle, now
	if !known {
		return
	}
	switch {
	case share >= idleMuch:
		p.yield(true)
	case share < idleLittle:
		p.yield(false)
	}
}

// idleTicks adds up how long the processors of a set were idle, by /proc/stat:
// "cpuN user nice system idle iowait …". ok is false for a text that is no such.
func idleTicks(stat []byte, cpus *unix.CPUSet) (total int, ok bool) {
	for seen := 0; ; seen++ {
		line, rest, whole := bytes.Cut(stat, []byte{'\n'})
		if !bytes.HasPrefix(line, []byte("cpu")) {
			return total, seen > 0 // what comes then is long, and cut off
		}
		if !whole {
			return 0, false
		}
		stat = rest
		fields := line[3:]
		name, fields, _ := bytes.Cut(fields, []byte{' '})
		cpu, err := strconv.Atoi(string(name))
		if err != nil || !cpus.IsSet(cpu) {
			continue // the sum of all, or not ours
		}
		for skip := 0; skip < 3; skip++ {
			_, fields, _ = bytes.Cut(fields, []byte{' '})
		}
		word, _, _ := bytes.Cut(fields, []byte{' '})
		idle, err := strconv.Atoi(string(word))
		if err != nil {
			return 0, false
		}
		total += idle
	}
}
