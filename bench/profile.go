package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sampleRate is in samples a second of a processor's time: seldom enough to
// leave the calls as they are, and no divisor of the broker's own ticks.
const sampleRate = 997

// profileOptions are the flags of `bench profile`.
type profileOptions struct {
	labFlags
	ops, rows int
	unpinned  bool
	file      string
}

func (o *profileOptions) register(flags *flag.FlagSet) {
	o.labFlags.register(flags)
	flags.IntVar(&o.ops, "ops", 50000, "opens; of what takes longer there are fewer")
	flags.BoolVar(&o.unpinned, "unpinned", false, "let target and broker run on any CPU, in place of one")
	flags.StringVar(&o.file, "o", "bench.prof", "the `file` for the profile, which go tool pprof reads")
	flags.IntVar(&o.rows, "n", 15, "rows of a table")
}

// profile shows where the broker spends its time under the load of the cases.
//
// perf takes the samples. Go's own profiler sends signals, which receivers
// block, because one in the middle of an injection would lose a descriptor; and
// it does not look into the kernel, where most of the time goes.
func profile(flags *flag.FlagSet, args []string) error {
	var o profileOptions
	o.register(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	if _, err := exec.LookPath("perf"); err != nil {
		return errors.New("perf is needed: apt-get install linux-perf")
	}
	return o.in(o.sample)
}

func (o *profileOptions) sample(l *lab, chosen []callCase) (err error) {
	var pin []string
	if !o.unpinned {
		if pin, err = onOne(); err != nil {
			return err
		}
	}
	var all []stackSample
	for _, c := range chosen {
		if c.alone {
			continue // there is nothing to see
		}
		samples, err := l.perf(pin, c, o.ops)
		if err != nil {
			return err
		}
		spent(os.Stdout, c, samples, o.rows)
		all = append(all, samples...)
	}
	if err := writeProfile(o.file, all); err != nil {
		return err
	}
	fmt.Printf("\n%s: go tool pprof -top -tagfocus 'case=^open$' %[1]s\n", o.file)
	return nil
}

// perf runs a case under the broker and samples it. Whole processors are sampled
// where that is allowed: events that follow a process lose most samples where
// thousands of others are born and die. So the broker gets a name of its own.
func (l *lab) perf(pin []string, c callCase, ops int) ([]stackSample, error) {
	data := filepath.Join(l.dir, "perf.data")
	record := []string{"perf", "record", "--quiet", "-e", "cpu-clock", "-F", strconv.Itoa(sampleRate), "-g", "-o", data}
	if os.Geteuid() == 0 {
		record = append(record, "-a")
	}
	named := *l
	comm := fmt.Sprintf("bench-%d", os.Getpid())
	named.broker = filepath.Join(l.dir, comm)
	if err := os.Symlink(l.broker, named.broker); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	if _, err := named.run(slices.Concat(pin, record, []string{"--"}), c, brokered, c.operations(ops)); err != nil {
		return nil, err
	}
	script := exec.Command("perf", "script", "-i", data, "--comms", comm, "--no-inline", "-F", "comm,ip,sym,dso")
	var stderr bytes.Buffer
	script.Stderr = &stderr
	out, err := script.Output()
	if err != nil {
		return nil, fmt.Errorf("perf script: %w\n%s", err, &stderr)
	}
	samples := parseScript(out, c.name)
	if len(samples) == 0 {
		return nil, fmt.Errorf("%s: no sample of the broker; is there more to do with -ops?\n%s", c.name, &stderr)
	}
	return samples, nil
}

// spent prints which of the broker's functions the samples of a case belong to.
func spent(out io.Writer, c callCase, samples []stackSample, rows int) {
	type share struct {
		name       string
		all, below int
	}
	shares := map[string]*share{}
	for _, s := range samples {
		name := s.owner()
		if shares[name] == nil {
			shares[name] = &share{name: name}
		}
		shares[name].all++
		if s.frames[0].kernel {
			shares[name].below++
		}
	}
	var list []*share
	for _, s := range shares {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *share) int {
		if a.all != b.all {
			return b.all - a.all
		}
		return strings.Compare(a.name, b.name)
	})
	percent := func(n int) float64 { return 100 * float64(n) / float64(len(samples)) }
	fmt.Fprintf(out, "\n| %s, the broker's time | %% | in the kernel |\n| --- | --- | --- |\n", c.name)
	for _, s := range list[:min(rows, len(list))] {
		fmt.Fprintf(out, "| %s | %.1f | %.1f |\n", s.name, percent(s.all), percent(s.below))
	}
}
