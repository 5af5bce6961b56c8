package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lab is a directory with the target, what it works on, and the supervisors
// that are compared.
type lab struct {
	top    string // of the repository
	dir    string // canonical; the target's working directory
	broker string
	extra  []string // further arguments for the broker
	log    string   // the audit log
}

// newLab fills dir. A broker is built where none is given.
func newLab(top, dir, broker string) (*lab, error) {
	top, err := filepath.Abs(top)
	if err != nil {
		return nil, err
	}
	l := &lab{top: top, dir: dir, log: filepath.Join(dir, "audit.log")}
	at := func(name string) string { return filepath.Join(dir, name) }
	builds := [][]string{
		{"gcc", "-O2", "-static", "-o", at("calls"), "testdata/victims/calls.c"},
		{"gcc", "-O2", "-static", "-nostdlib", "-o", at("new-exit"), "testdata/victims/exit.c"},
		{"gcc", "-O2", "-o", at("floor"), "bench/c/floor.c", "bench/c/calls.c"},
	}
	for _, args := range builds {
		if err := do(top, args); err != nil {
			return nil, fmt.Errorf("%w\n(run it from the top of the repository)", err)
		}
	}
	if broker == "" {
		l.broker, err = buildBroker(top, dir)
	} else {
		l.broker, err = filepath.Abs(broker)
	}
	if err != nil {
		return nil, err
	}
	return l, do(dir, []string{at("calls"), "prepare", "new-exit"})
}

// do runs a command that has nothing to say unless it fails.
func do(dir string, args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// supervised is a way to run the target.
type supervised int

const (
	native supervised = iota
	floor
	floorHere // co-located
	brokered
	floorOpen     // an allowed open instead of the case
	brokeredYield // with --placement yield
	brokeredPlain // with --placement plain
)

// command is the target's command line for a case.
func (l *lab) command(c callCase, way supervised, operations int) []string {
	floorArgs := append([]string{filepath.Join(l.dir, "floor")}, c.floor...)
	var args []string
	switch way {
	case native:
		if c.faked {
			c = openCase
		}
	case floor:
		args = floorArgs
	case floorHere:
		args = append(floorArgs, "-c")
	case floorOpen:
		args, c = floorArgs[:1], openCase
	case brokered:
		args = l.brokered(c)
	case brokeredYield:
		args = l.brokered(c, "--placement", "yield")
	case brokeredPlain:
		args = l.brokered(c, "--placement", "plain")
	}
	return append(args, filepath.Join(l.dir, "calls"), "-s", cmp.Or(c.call, c.name), strconv.Itoa(operations))
}

// brokered is the broker's part of a command line.
func (l *lab) brokered(c callCase, further ...string) []string {
	args := []string{l.broker, "--quiet", "--rules", filepath.Join(l.top, "testdata/policies", c.policy())}
	if c.logged {
		args = append(args, "--log", l.log)
	}
	return slices.Concat(args, further, l.extra, []string{"--"})
}

// settling is how many times longer a target runs that may use any processor.
// Only the end of that counts, because both the kernel and the broker take a
// while to find out where everybody runs best.
const settling = 3

// turn is what one run of the target took, operation by operation, in
// nanoseconds.
type turn []uint32

// run runs the target and returns its samples. pin goes before the command.
func (l *lab) run(pin []string, c callCase, way supervised, operations int) (turn, error) {
	total := operations
	if pin == nil {
		total *= settling
	}
	args := slices.Concat(pin, l.command(c, way, total))
	var stderr bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Stderr = l.dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	_ = os.Truncate(l.log, 0) // memory is for what is measured
	if len(out) != 4*total {
		return nil, fmt.Errorf("%s: %d bytes of samples, want %d", strings.Join(args, " "), len(out), 4*total)
	}
	samples := make(turn, total)
	_, err = binary.Decode(out, binary.NativeEndian, samples)
	return samples[total-operations:], err
}

// onOne is the prefix that keeps a command to one processor, the first that this
// process may use.
func onOne() ([]string, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("ask for the processors: %w", err)
	}
	first := 0
	for !set.IsSet(first) {
		first++
	}
	return []string{"taskset", "-c", strconv.Itoa(first)}, nil
}
