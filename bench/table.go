package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// header prints the head of the Markdown table of ratios to native.
func (p *programsRun) header(out io.Writer) {
	fmt.Fprint(out, "| program |")
	for _, w := range p.ways[1:] {
		fmt.Fprintf(out, " %s |", w.name)
	}
	fmt.Fprintf(out, " broker's memory |\n|%s\n", strings.Repeat(" --- |", len(p.ways)+1))
}

// line prints one program's, and on standard error why ways of it failed.
func (p *programsRun) line(out io.Writer, r *row) {
	fmt.Fprintf(out, "| %s |", r.does)
	for i, w := range p.ways {
		switch {
		case r.failed[i] != "":
			fmt.Fprint(out, " fails |")
			fmt.Fprintf(os.Stderr, "bench: %s, %s: %s\n", r.name, w.name, r.failed[i])
		case i > 0:
			fmt.Fprintf(out, " %s |", spread(r.ratios[i]))
		}
	}
	fmt.Fprintf(out, " %s |\n", mebibytes(r.peak))
}

// footer says how the table was made.
func (p *programsRun) footer(out io.Writer) {
	what := "elapsed time"
	if p.cpu {
		what = "processor time"
	}
	fmt.Fprintf(out, "\n%d rounds, %s; load of the machine at the end %s.\n", p.rounds, what, load())
}

// spread is a median with the least and the greatest.
func spread(ratios []float64) string {
	if len(ratios) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
}

func mebibytes(kib int) string {
	if kib == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f MiB", float64(kib)/1024)
}

// startsPerRound is how often each way starts `true` in a round.
const startsPerRound = 10

// starts measures what starting costs: `true` in every way.
func (p *programsRun) starts() error {
	if err := p.prepare(showcase{name: "shtrue"}); err != nil {
		return err
	}
	if err := p.reset(); err != nil {
		return err
	}
	took := make([][]float64, len(p.ways))
	var ratios = make([][]float64, len(p.ways))
	for range p.rounds {
		for range startsPerRound {
			for i, w := range p.ways {
				args := append(w.words(showcase{name: "shtrue"}), "/bin/true")
				cmd := exec.Command(args[0], args[1:]...)
				cmd.Dir, cmd.Env = p.dir("work"), p.env
				began := time.Now()
				out, err := cmd.CombinedOutput()
				if err != nil {
					return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
				}
				spent := time.Since(began)
				if p.cpu {
					spent = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				}
				took[i] = append(took[i], float64(spent))
			}
		}
		for i := range p.ways {
			last := len(took[i]) - startsPerRound
			ratios[i] = append(ratios[i], median(took[i][last:])/median(took[0][last:]))
		}
	}
	p.startsTable(took, ratios)
	return nil
}

// startsTable prints what starting costs. Milliseconds are of this machine, and
// shown to who asks.
func (p *programsRun) startsTable(took, ratios [][]float64) {
	fmt.Print("| starting true | native = 1 | over native, in runs of true |")
	if p.times {
		fmt.Print(" over native, ms |\n| --- ")
	} else {
		fmt.Println()
	}
	fmt.Println("| --- | --- | --- |")
	native := median(took[0])
	for i, w := range p.ways[1:] {
		over := median(took[i+1]) - native
		fmt.Printf("| %s | %s | %.1f |", w.name, spread(ratios[i+1]), over/native)
		if p.times {
			fmt.Printf(" %.1f |", over/float64(time.Millisecond))
		}
		fmt.Println()
	}
	fmt.Println()
}
