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

// table prints the ratios to native as Markdown.
func (p *programsRun) table(out io.Writer) {
	if p.rounds == 0 || len(p.results) == 0 {
		return
	}
	fmt.Fprint(out, "| program |")
	for _, w := range p.ways[1:] {
		fmt.Fprintf(out, " %s |", w.name)
	}
	fmt.Fprintf(out, " broker's memory |\n|%s\n", strings.Repeat(" --- |", len(p.ways)+1))
	for _, r := range p.results {
		fmt.Fprintf(out, "| %s |", r.does)
		for i := range p.ways[1:] {
			if r.failed[i+1] != "" {
				fmt.Fprint(out, " fails |")
				continue
			}
			fmt.Fprintf(out, " %s |", spread(r.ratios[i+1]))
		}
		fmt.Fprintf(out, " %s |\n", mebibytes(r.peak))
	}
	what := "elapsed time"
	if p.cpu {
		what = "processor time"
	}
	fmt.Fprintf(out, "\n%d rounds, %s; load of the machine at the end %s.\n", p.rounds, what, load())
	for _, r := range p.results {
		for i, why := range r.failed {
			if why != "" {
				fmt.Fprintf(os.Stderr, "bench: %s, %s: %s\n", r.name, p.ways[i].name, why)
			}
		}
	}
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
	fmt.Println("| starting true | native = 1 | over native, in runs of true |\n| --- | --- | --- |")
	for i, w := range p.ways[1:] {
		fmt.Printf("| %s | %s | %.1f |\n", w.name, spread(ratios[i+1]), median(took[i+1])/median(took[0])-1)
	}
	fmt.Println()
	return nil
}
