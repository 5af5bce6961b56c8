package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// policy allows the one file, as a least-privilege policy does.
const policy = `extends = ["builtin:base"]
allow "bench" {
  access = ["read", "exec"]
  path   = [%q, %q]
}
`

// options are the command line's.
type options struct {
	rounds, batches, opens int
	file                   string
}

// opens measures an opened file.
func opens(flags *flag.FlagSet, args []string) error {
	var o options
	flags.IntVar(&o.rounds, "rounds", 9, "rounds of native, floor and broker in turn")
	flags.IntVar(&o.batches, "batches", 10, "batches a round; a round counts with its median batch")
	flags.IntVar(&o.opens, "opens", 1000, "opens a batch")
	flags.StringVar(&o.file, "file", "/usr/include/stdio.h", "the `file` to open")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "broker-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := bench{options: o, dir: dir}
	if err := b.build(); err != nil {
		return err
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "openat+close of %s\tnative\tfloor\tbroker\tbroker:floor\tspread\n", o.file)
	for _, placement := range []struct {
		name string
		pin  []string
	}{
		{"pinned to one CPU", []string{"taskset", "-c", "0"}},
		{"not pinned", nil},
	} {
		row, err := b.measure(placement.pin)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%s\n", placement.name, row)
	}
	return out.Flush()
}

// bench is one invocation: what it was asked for and where it built things.
type bench struct {
	options
	dir string
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// build makes the three programs and the policy.
func (b *bench) build() error {
	for _, args := range [][]string{
		{"gcc", "-O2", "-o", b.path("opens"), "testdata/victims/opens.c"},
		{"gcc", "-O2", "-o", b.path("floor"), "bench/c/floor.c"},
		{"go", "build", "-o", b.path("broker"), "./cmd/broker"},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s(run it from the top of the repository)", strings.Join(args, " "), err, out)
		}
	}
	return os.WriteFile(b.path("bench.hcl"), fmt.Appendf(nil, policy, b.file, b.path("opens")), 0o600)
}

// measure runs the three in turns and returns the cells of a row.
func (b *bench) measure(pin []string) (string, error) {
	wrappers := [][]string{
		nil,
		{b.path("floor")},
		{b.path("broker"), "--rules", b.path("bench.hcl"), "--"},
	}
	medians := make([][]float64, len(wrappers))
	var ratios []float64
	for range b.rounds {
		for i, wrapper := range wrappers {
			ns, err := b.one(slices.Concat(pin, wrapper))
			if err != nil {
				return "", err
			}
			medians[i] = append(medians[i], ns)
		}
		last := len(medians[0]) - 1
		ratios = append(ratios, medians[2][last]/medians[1][last])
	}
	floor := median(medians[1])
	return fmt.Sprintf("%.2f\t1.00\t%.2f\t%.2f\t%.2f to %.2f", median(medians[0])/floor,
		median(medians[2])/floor, median(ratios), slices.Min(ratios), slices.Max(ratios)), nil
}

// one runs the victim below a wrapper and returns its median batch.
func (b *bench) one(wrapper []string) (float64, error) {
	args := append(wrapper, b.path("opens"), b.file, strconv.Itoa(b.batches), strconv.Itoa(b.opens))
	var stderr bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	var batches []float64
	for _, line := range strings.Fields(string(out)) {
		ns, err := strconv.ParseFloat(line, 64)
		if err != nil {
			return 0, fmt.Errorf("the victim printed %q: %w", line, err)
		}
		batches = append(batches, ns)
	}
	if len(batches) != b.batches {
		return 0, fmt.Errorf("the victim printed %d batches, want %d", len(batches), b.batches)
	}
	return median(batches), nil
}
