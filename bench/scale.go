package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// extent is what is varied, and how much.
type extent struct {
	rules      []int
	ruleDepths []int // measured with every number of rules
	depths     []int // components of a path; contains ruleDepths
	workers    []int
	sizes      []int // numbers of rules that a broker is started with
}

var fullExtent = extent{
	rules:      []int{1, fewRules, 1000, 100000},
	ruleDepths: []int{2, 10, 40},
	depths:     []int{2, 5, 10, 20, 40},
	workers:    []int{1, 2, 4, 8, 16, 32, 64},
	sizes:      []int{1, fewRules, 1000, sizeRules, 100000},
}

const (
	fewRules    = 10    // what more are compared with
	sizeRules   = 10000 // what the aim for memory is about
	opensABatch = 200   // of one target
	crowdOpens  = 1600  // of all workers together
	leastOpens  = 50    // of each worker
	busyOpens   = 4000  // of each busy target
	busySpin    = 10000 // turns of a loop, about what an open takes
)

// scaleRun is one invocation of `bench scale`.
type scaleRun struct {
	extent
	starts, rounds, batches int
	args                    []string       // more words for the broker
	dir                     string         // where things are built
	binary                  string         // the broker
	files                   map[int]string // what is opened, by depth
	pinned                  []string       // words that put a command on one CPU
	crowds                  []*crowd       // that run
	result                  scaleResult
}

// scale measures how the broker takes more rules, longer paths and more
// targets.
func scale(flags *flag.FlagSet, args []string) error {
	s := scaleRun{extent: fullExtent}
	flags.IntVar(&s.starts, "starts", 3, "how often all that is compared is started anew")
	flags.IntVar(&s.rounds, "rounds", 3, "rounds after each start; the result is the median ratio of all rounds")
	flags.IntVar(&s.batches, "batches", 3, "batches a round; a round counts with its median batch")
	only := flags.String("only", "", "what to measure, separated by commas: `rules,workers,busy,size`")
	out := flags.String("json", "", "write the results to this `file` too, for `bench plots`")
	dir := flags.String("dir", os.TempDir(), "where the files lie that are opened")
	flags.StringVar(&s.binary, "broker", "", "the broker to measure (default: built from the source)")
	more := flags.String("broker-args", "", "more `words` for the broker")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s.args = strings.Fields(*more)
	remove, err := s.prepare(".", *dir)
	if err != nil {
		return err
	}
	defer remove()
	if err := errors.Join(s.measure(*only), s.end()); err != nil {
		return err
	}
	s.result.print(os.Stdout)
	if *out != "" {
		return s.result.write(*out)
	}
	return nil
}

// prepare builds what is needed from the repository at top, and makes in dir the
// files to open.
func (s *scaleRun) prepare(top, dir string) (remove func(), err error) {
	if s.dir, err = os.MkdirTemp("", "broker-bench-"); err != nil {
		return nil, err
	}
	removeFiles := func() {}
	remove = func() {
		removeFiles()
		_ = os.RemoveAll(s.dir)
	}
	defer func() {
		if err != nil {
			remove()
		}
	}()
	if s.dir, err = filepath.EvalSymlinks(s.dir); err != nil { // rules are about canonical paths
		return nil, err
	}
	if s.files, removeFiles, err = filesByDepth(dir, s.depths); err != nil {
		return nil, err
	}
	if s.pinned, err = onOne(); err != nil {
		return nil, err
	}
	s.result.Machine = machine()
	if s.binary == "" {
		if s.binary, err = buildBroker(top, s.dir); err != nil {
			return nil, err
		}
	}
	for _, words := range [][]string{
		{"-pthread", "-static", "-o", s.path("crowd"), "testdata/victims/crowd.c"},
		{"-o", s.path("floor"), "bench/c/floor.c", "bench/c/calls.c"},
	} {
		if err := do(top, append([]string{"gcc", "-O2"}, words...)); err != nil {
			return nil, fmt.Errorf("%w\n(run it from the top of the repository)", err)
		}
	}
	return remove, nil
}

func (s *scaleRun) path(name string) string { return filepath.Join(s.dir, name) }

// machine says where a result comes from.
func machine() string {
	var name unix.Utsname
	_ = unix.Uname(&name)
	return fmt.Sprintf("%d CPUs, Linux %s", runtime.NumCPU(), unix.ByteSliceToString(name.Release[:]))
}

// measure does what was asked for, all of it by default.
func (s *scaleRun) measure(only string) error {
	steps := []struct {
		name string
		do   func() error
	}{
		{"rules", s.measureRules}, {"workers", s.measureWorkers}, {"busy", s.measureBusy}, {"size", s.measureSize},
	}
	left := map[string]bool{}
	for name := range strings.FieldsFuncSeq(only, func(r rune) bool { return r == ',' }) {
		left[name] = true
	}
	for _, step := range steps {
		if only != "" && !left[step.name] {
			continue
		}
		delete(left, step.name)
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	for name := range left {
		return fmt.Errorf("there is nothing %q to measure", name)
	}
	return nil
}

// end lets all crowds go.
func (s *scaleRun) end() error {
	var wrong []error
	for _, c := range s.crowds {
		wrong = append(wrong, c.end())
	}
	s.crowds = nil
	return errors.Join(wrong...)
}

// start starts a crowd below something. It runs until the end.
func (s *scaleRun) start(name string, words ...string) (*crowd, error) {
	c, err := startCrowd(name, append(words[:len(words):len(words)], s.path("crowd"))...)
	if err == nil {
		s.crowds = append(s.crowds, c)
	}
	return c, err
}

// under returns the words that run a command below the broker with a policy.
func (s *scaleRun) under(name, policy string) ([]string, error) {
	file := s.path(name + ".hcl")
	words := append([]string{s.binary, "--quiet", "--rules", file}, s.args...)
	return append(words, "--"), os.WriteFile(file, []byte(policy), 0o600)
}

// withRules starts a crowd below the broker with n rules.
func (s *scaleRun) withRules(n int, before ...string) (*crowd, error) {
	name := fmt.Sprintf("broker with %d rules", n)
	words, err := s.under(fmt.Sprintf("rules-%d", n), rulesText(n, s.measured()))
	if err != nil {
		return nil, err
	}
	return s.start(name, append(before[:len(before):len(before)], words...)...)
}

// measured is what must be allowed.
func (s *scaleRun) measured() []string {
	paths := []string{s.path("crowd")}
	for _, depth := range s.depths {
		paths = append(paths, s.files[depth])
	}
	return paths
}

// progress returns a function that says how far a step is.
func progress(step string) func(float64) {
	said := -1
	return func(done float64) {
		if percent := int(done*10) * 10; percent > said {
			said = percent
			fmt.Fprintf(os.Stderr, "bench: %s: %d %%\n", step, percent)
		}
	}
}
