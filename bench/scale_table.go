package main

import (
	"fmt"
	"io"
)

// print prints all tables that there are results for.
func (r *scaleResult) print(out io.Writer) {
	fmt.Fprintf(out, "%s; load of the machine at the end %s.\n", r.Machine, load())
	curves(out, "rules (with 10 = 1)", r.Rules)
	curves(out, "components (floor, shortest path = 1)", r.Depth)
	curves(out, "workers: time per open (floor, one on one CPU = 1)", r.Workers)
	curves(out, "workers: 99th percentile (median = 1)", r.Tails)
	if len(r.Busy) > 0 {
		fmt.Fprint(out, "\n| throughput of two busy targets | one target = 1 | one target and the broker on one CPU = 1 | one target = 1, by the median open |\n| --- | --- | --- | --- |\n")
		for _, b := range r.Busy {
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", b.Name, b.Ratio, b.Best, b.Median)
		}
	}
	if len(r.Size) > 0 {
		fmt.Fprint(out, "\n| policy | largest resident set | start (10 rules = 1) |\n| --- | --- | --- |\n")
		for _, s := range r.Size {
			fmt.Fprintf(out, "| %s | %.1f MB | %.2f |\n", s.Name, megabytes(s.KiB), s.Start)
		}
	}
}

// megabytes are of a million bytes.
func megabytes(kib int) float64 { return float64(kib) * 1024 / 1e6 }

// curves prints a column a curve, a line a place.
func curves(out io.Writer, what string, list []curve) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(out, "\n| %s |", what)
	for _, c := range list {
		fmt.Fprintf(out, " %s |", c.Name)
	}
	fmt.Fprint(out, "\n| --- |")
	for range list {
		fmt.Fprint(out, " --- |")
	}
	fmt.Fprintln(out)
	for i, p := range list[0].Points {
		fmt.Fprintf(out, "| %d |", p.At)
		for _, c := range list {
			fmt.Fprintf(out, " %s |", c.Points[i])
		}
		fmt.Fprintln(out)
	}
}

// String is the median with the least and the greatest.
func (p point) String() string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", p.Ratio, p.Least, p.Greatest)
}
