package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// programsRun is one invocation of `bench programs`.
type programsRun struct {
	*stage
	rounds int
	only   string
	cpu    bool
	times  bool
	ways   []way
}

// row is what was measured of one showcase.
type row struct {
	showcase
	ratios [][]float64 // by way, then by round; of native in the same round
	peak   int         // KiB resident, of the broker
	failed []string    // by way: why there are no ratios
}

// programs measures whole programs.
func programs(flags *flag.FlagSet, args []string) error {
	var p programsRun
	flags.IntVar(&p.rounds, "rounds", 5, "timed rounds of all ways in turn, after one that compares; 0 only compares")
	flags.StringVar(&p.only, "only", "", "what to run, by `name`, separated by commas: start, or a folder of testdata/showcases")
	flags.BoolVar(&p.cpu, "cpu", false, "measure processor time, for a machine that is busy with other things")
	flags.BoolVar(&p.times, "v", false, "say too how many milliseconds a start takes over native")
	dir := flags.String("dir", "", "where the programs work (default: in memory, so that the disk plays no part)")
	broker := flags.String("broker", "", "the broker to measure (default: built from the source)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	base, ran, err := workDir(*dir)
	if err != nil || ran {
		return err
	}
	defer func() { _ = os.RemoveAll(base) }()
	if p.stage, err = newStage(".", base); err != nil {
		return err
	}
	if *broker == "" {
		if *broker, err = buildBroker(".", base); err != nil {
			return err
		}
	}
	chosen, start, err := choose(p.only)
	if err != nil {
		return err
	}
	var skipped []string
	p.ways, skipped = ways(p.stage, *broker)
	if p.cpu {
		p.ways = slices.DeleteFunc(p.ways, func(w way) bool { return w.lost })
	}
	for _, why := range skipped {
		fmt.Fprintln(os.Stderr, "bench: left out:", why)
	}
	if p.rounds > 0 && start {
		if err := p.starts(); err != nil {
			return err
		}
	}
	return p.all(chosen)
}

// workDir makes a directory in dir, or in memory where none is given; ran as in
// inMemory.
func workDir(dir string) (base string, ran bool, err error) {
	if dir == "" {
		return inMemory()
	}
	base, err = os.MkdirTemp(dir, "broker-bench-")
	return base, false, err
}

// buildBroker builds the command from the repository at top.
func buildBroker(top, base string) (string, error) {
	broker := filepath.Join(base, "broker")
	if err := do(top, []string{"go", "build", "-o", broker, "./cmd/broker"}); err != nil {
		return "", fmt.Errorf("%w\n(run it from the top of the repository)", err)
	}
	return broker, nil
}

// choose reads -only: which showcases, and whether to measure the start.
func choose(only string) (chosen []showcase, start bool, err error) {
	if only == "" {
		return showcases, true, nil
	}
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(showcases, func(c showcase) bool { return c.name == name })
		switch {
		case i >= 0:
			chosen = append(chosen, showcases[i])
		case name == "start":
			start = true
		default:
			return nil, false, fmt.Errorf("there is no showcase %q in testdata/showcases", name)
		}
	}
	return chosen, start, nil
}

// all runs the showcases and prints the table.
func (p *programsRun) all(chosen []showcase) error {
	timed := p.rounds > 0 && len(chosen) > 0
	if timed {
		p.header(os.Stdout)
	}
	wrong := 0
	for _, c := range chosen {
		began := time.Now()
		r, err := p.measure(c)
		fmt.Fprintf(os.Stderr, "bench: %s: %.0f s\n", c.name, time.Since(began).Seconds())
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", c.name, err)
			wrong++
		}
		if r != nil && timed {
			p.line(os.Stdout, r)
		}
	}
	if timed {
		p.footer(os.Stdout)
	}
	if wrong > 0 {
		return fmt.Errorf("%d programs are not as they are natively", wrong)
	}
	return nil
}

// measure runs a showcase in every way: once to compare, then in timed rounds.
func (p *programsRun) measure(c showcase) (*row, error) {
	if err := p.prepare(c); err != nil {
		return nil, err
	}
	r := &row{showcase: c, ratios: make([][]float64, len(p.ways)), failed: make([]string, len(p.ways))}
	wrong := p.compare(r)
	for range p.rounds {
		took := make([]time.Duration, len(p.ways))
		for i, w := range p.ways {
			if r.failed[i] != "" {
				continue
			}
			o, err := p.run(w.words(c), nil)
			if err != nil {
				return r, errors.Join(wrong, err)
			}
			if took[i] = o.took; p.cpu {
				took[i] = o.cpu
			}
			r.ratios[i] = append(r.ratios[i], float64(took[i])/float64(took[0]))
		}
	}
	return r, wrong
}

// compare runs a showcase once in every way. Below the broker everything must
// be as it is natively; of the others only the exit status counts, since they
// change what a program sees.
func (p *programsRun) compare(r *row) error {
	var native outcome
	var tree map[string]string
	var wrong []error
	for i, w := range p.ways {
		began := time.Now().Add(-time.Hour)
		var watch func(int, <-chan struct{})
		if w.broker {
			watch = peak(&r.peak)
		}
		o, err := p.run(w.words(r.showcase), watch)
		if err != nil {
			return err
		}
		if i == 0 || w.broker {
			left, err := snapshot(p.root, began, optional(r.skip), optional(r.vague))
			if err != nil {
				return err
			}
			refused := p.refused()
			if i == 0 {
				native, tree = o, left
			} else if d := native.difference(o) + difference(tree, left); d != "" || refused != "" {
				wrong = append(wrong, fmt.Errorf("%s is not as it is natively:\n%s  the broker's log:\n%.3000s", w.name, d, refused))
			}
		}
		if o.status != native.status {
			r.failed[i] = fmt.Sprintf("status %d: %s", o.status, o.stderr)
		}
	}
	if native.status != 0 || native.stdout == "" {
		wrong = append(wrong, fmt.Errorf("natively status %d, output %q\n%s", native.status, native.stdout, native.stderr))
	}
	return errors.Join(wrong...)
}

// refused is what the broker's log says of the last run, but for remarks on
// calls that fail natively too.
func (s *stage) refused() string {
	text, _ := os.ReadFile(s.log())
	var lines strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "[INFO]") {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// difference says how another run differs in what it printed and how it ended.
func (o outcome) difference(other outcome) string {
	var text strings.Builder
	for _, part := range []struct{ name, native, here string }{
		{"standard output", o.stdout, other.stdout}, {"standard error", o.stderr, other.stderr},
		{"exit status", fmt.Sprint(o.status), fmt.Sprint(other.status)},
	} {
		if part.native != part.here {
			fmt.Fprintf(&text, "  %s\n    natively: %.2000q\n    here:     %.2000q\n", part.name, part.native, part.here)
		}
	}
	return text.String()
}
