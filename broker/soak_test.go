package broker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	// soakVariable is how long to soak, as time.ParseDuration has it. Without
	// it the amount is fixed.
	soakVariable = "SOAK"
	warmRounds   = 2    // until caches, stacks and threads are as large as they get
	shortRounds  = 2    // after those
	shortScale   = "60" // percent of each part of the load
	longScale    = "100"

	// What may differ between two looks at a broker that leaks nothing.
	// A leak of one object for every call exceeds it many times.
	callsPerObject = 50
	moreMemory     = 8 << 10 // KiB

	// moreReceivers is how many threads may wait for notifications between rounds:
	// not the 60 that are needed while the load sleeps in opens.
	moreReceivers = 8
	// spareThreads is how many more of Go's own may be parked: it never ends
	// a thread that was needed once.
	spareThreads = 16
)

// soakSeeds are the loads, in turns.
var soakSeeds = []int{1, 2}

// TestSoak gives a broker mixed load in rounds: hundreds of processes at once,
// thousands of short ones, threads, execs, sleeping opens, full descriptor
// tables, refusals, and kills in the middle of calls. Every process must find
// what it finds natively, and between rounds the broker must hold no more
// descriptors, goroutines, threads and memory than before.
func TestSoak(t *testing.T) {
	bin := buildSoak(t)
	native := nativeSoak(t, bin)
	s := startSoak(t, bin)
	var first, last usage
	deadline := soakDeadline(t)
	for i := 0; ; i++ {
		seed := soakSeeds[i%len(soakSeeds)]
		if diff := cmp.Diff(native[seed], s.command(fmt.Sprintf("round %d", seed), fmt.Sprintf("done %d", seed))); diff != "" {
			t.Errorf("round %d (-native +broker):\n%s", i, diff)
		}
		last = s.settle()
		t.Logf("round %d: %s", i, last)
		switch {
		case i+1 < warmRounds:
		case i+1 == warmRounds:
			first = last
		default:
			compareUsage(t, fmt.Sprintf("after round %d", i), first, last)
		}
		if t.Failed() || i+1 >= warmRounds+shortRounds && time.Now().After(deadline) {
			break
		}
	}
	s.end(t)
}

// soakScale is how much of each part a round has.
func soakScale() string {
	if os.Getenv(soakVariable) == "" {
		return shortScale
	}
	return longScale
}

// soakDeadline is when to stop; the zero time if the amount of work decides.
func soakDeadline(t *testing.T) time.Time {
	t.Helper()
	text := os.Getenv(soakVariable)
	if text == "" {
		return time.Time{}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s: %v", soakVariable, err)
	}
	return time.Now().Add(d)
}

func (u usage) String() string {
	return fmt.Sprintf("%d calls, %d goroutines, %d of them receivers, %d threads, %d descriptors, %d objects of %d KiB, resident %d KiB",
		u.Calls, u.Goroutines, u.Receivers, u.Threads, u.open(), u.HeapObjects, u.HeapBytes>>10, u.RSS)
}

func (u usage) open() (n int) {
	for _, count := range u.Descriptors {
		n += count
	}
	return n
}

// perReceiver are the descriptors that receivers keep of those who called last, at most
// so many each.
var perReceiver = map[string]int{"anon_inode:[pidfd]": 16, "/proc//status": 1}

// steady are the descriptors without those that receivers keep, of which none is left
// after the run.
func (u usage) steady(t *testing.T) map[string]int {
	t.Helper()
	steady := maps.Clone(u.Descriptors)
	for name, most := range perReceiver {
		if held := steady[name]; held > most*u.Receivers {
			t.Errorf("%d × %s of %d receivers", held, name, u.Receivers)
		}
		delete(steady, name)
	}
	return steady
}

// compareUsage holds what a broker has against what it had some calls ago.
func compareUsage(t *testing.T, when string, before, after usage) {
	t.Helper()
	if diff := cmp.Diff(before.steady(t), after.steady(t)); diff != "" {
		t.Errorf("%s: descriptors (-before +after):\n%s", when, diff)
	}
	if after.Receivers > moreReceivers {
		t.Errorf("%s: %d receivers", when, after.Receivers)
	}
	if after.Goroutines-after.Receivers > before.Goroutines-before.Receivers {
		t.Errorf("%s: %d goroutines and %d receivers, before %d and %d:\n%s", when,
			after.Goroutines, after.Receivers, before.Goroutines, before.Receivers, after.Stacks)
	}
	if spare, was := after.Threads-after.Receivers, before.Threads-before.Receivers; spare > was+spareThreads {
		t.Errorf("%s: %d threads beside the receivers, before %d", when, spare, was)
	}
	calls := uint64(after.Calls - before.Calls)
	if after.HeapObjects > before.HeapObjects+calls/callsPerObject {
		t.Errorf("%s: %d objects, before %d, and only %d calls between", when, after.HeapObjects, before.HeapObjects, calls)
	}
	if after.RSS > before.RSS+moreMemory {
		t.Errorf("%s: %d KiB resident, before %d", when, after.RSS, before.RSS)
	}
}

// buildSoak compiles the load.
func buildSoak(t *testing.T) string {
	t.Helper()
	sources, err := filepath.Glob(victims + "/soak/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("the sources of the load: %v", err)
	}
	return compileC(t, t.TempDir(), "soak", sources...)
}

// nativeSoak runs a round of every seed without the broker.
func nativeSoak(t *testing.T, bin string) map[int][]string {
	t.Helper()
	rounds := map[int][]string{}
	for _, seed := range soakSeeds {
		cmd := exec.Command(bin, soakScale())
		cmd.Dir, cmd.Stdin, cmd.Stderr = t.TempDir(), strings.NewReader(fmt.Sprintf("round %d\n", seed)), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("natively: %v\n%s", err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		rounds[seed] = lines[:len(lines)-1]
	}
	if slices.Equal(rounds[1], rounds[2]) {
		t.Fatal("two different rounds have the same results: nothing was measured")
	}
	return rounds
}

// soaked is a broker under load.
type soaked struct {
	t       *testing.T
	cmd     *exec.Cmd
	load    io.WriteCloser // the load's standard input
	lines   *bufio.Scanner // and output
	ask     *os.File
	answers *json.Decoder
}

const soakPolicy = `extends = ["builtin:base"]
allow "load" {
  access = ["read", "exec"]
  path   = [%q, "/bin/true", "/proc/*/stat"]
}
allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
  except = ["${cwd}/secret/**"]
}
`

func startSoak(t *testing.T, bin string) *soaked {
	t.Helper()
	work, other := t.TempDir(), t.TempDir()
	for i := range 50 {
		if err := os.MkdirAll(filepath.Join(work, "secret"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(work, "secret", fmt.Sprintf("file-%d", i)), []byte("secret"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	rulesFile := filepath.Join(other, "soak.hcl")
	if err := os.WriteFile(rulesFile, fmt.Appendf(nil, soakPolicy, bin), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &soaked{t: t, cmd: exec.Command(os.Args[0], bin, soakScale())}
	s.cmd.Dir, s.cmd.Stderr = work, os.Stderr
	s.cmd.Env = append(os.Environ(), soakRules+"="+rulesFile, soakLog+"="+filepath.Join(other, "audit.jsonl"))
	asked, ask, err1 := os.Pipe()
	answers, answer, err2 := os.Pipe()
	in, err3 := s.cmd.StdinPipe()
	out, err4 := s.cmd.StdoutPipe()
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.cmd.ExtraFiles = []*os.File{asked, answer}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	asked.Close()
	answer.Close()
	s.load, s.lines, s.ask, s.answers = in, bufio.NewScanner(out), ask, json.NewDecoder(answers)
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		ask.Close()
		answers.Close()
	})
	return s
}

// command gives the load something to do and returns its lines up to the last.
func (s *soaked) command(text, last string) (lines []string) {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.load, text); err != nil {
		s.t.Fatal(err)
	}
	for s.lines.Scan() {
		if s.lines.Text() == last {
			return lines
		}
		lines = append(lines, s.lines.Text())
	}
	s.t.Fatalf("the load ended before %q: %v\n%s", last, s.lines.Err(), strings.Join(lines, "\n"))
	return nil
}

func (s *soaked) look() (u usage) {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.ask); err != nil {
		s.t.Fatal(err)
	}
	s.read(&u)
	return u
}

func (s *soaked) read(u *usage) {
	s.t.Helper()
	if err := s.answers.Decode(u); err != nil {
		s.t.Fatalf("the broker says nothing of itself: %v", err)
	}
}

// settle lets receivers go that the load has called for, which happens while
// calls come in singly, and returns what the broker holds then.
func (s *soaked) settle() (u usage) {
	s.t.Helper()
	const looks = 20
	for range looks {
		s.command("calm 50", "calm")
		if u = s.look(); u.Receivers <= runtime.NumCPU() {
			break
		}
	}
	return u
}

// end ends the load; then nothing of the run may be left in the broker but
// what a process keeps that runs once: the directories it resolves from, and
// the listener.
func (s *soaked) end(t *testing.T) {
	t.Helper()
	_ = s.load.Close()
	var before, after usage
	s.read(&before)
	s.read(&after)
	t.Logf("before the run: %s", before)
	t.Logf("after the run:  %s", after)
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the broker ended with %v", err)
	}
	for _, kept := range []string{"/", "/proc", "/proc//fd", "anon_inode:seccomp notify"} {
		before.Descriptors[kept] = 1
	}
	if diff := cmp.Diff(before.Descriptors, after.Descriptors); diff != "" {
		t.Errorf("descriptors (-before +after the run):\n%s", diff)
	}
	for _, part := range []string{"(*Engine)", "(*Env)", "(*Context)", "launch.", "(*signals)"} {
		if strings.Contains(after.Stacks, part) {
			t.Errorf("after the run a goroutine is in %s:\n%s", part, after.Stacks)
		}
	}
}
