package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// callTable prints Markdown. Every number but the allocations is a ratio: the
// first ones of median batches, the percentiles to the median operation under
// the floor.
type callTable struct {
	placement placement
	allocs    map[string]float64
}

func (t *callTable) header(out io.Writer) {
	columns := []string{t.placement.name, "broker : native", "broker : floor", "spread"}
	if t.placement.pin == nil {
		columns = append(columns, ": co-located floor")
	}
	columns = append(columns, ": floor of an open", "p50", "p99", "p99.9", "floor p99", "floor p99.9", "calls a second", "allocs/op")
	fmt.Fprintf(out, "\n| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
}

func (t *callTable) row(out io.Writer, m *measured) {
	ratios := m.ratios(brokered, floor)
	cells := []string{m.does, m.against(native), number(median(ratios)),
		fmt.Sprintf("%s to %s", number(slices.Min(ratios)), number(slices.Max(ratios)))}
	if t.placement.pin == nil {
		cells = append(cells, m.against(floorHere))
	}
	cells = append(cells, m.against(floorOpen))
	sorted, under := pool(m.turns[brokered]), pool(m.turns[floor])
	typical := under.quantile(0.5)
	for _, q := range []float64{0.5, 0.99, 0.999} {
		cells = append(cells, number(sorted.quantile(q)/typical))
	}
	for _, q := range []float64{0.99, 0.999} {
		cells = append(cells, number(under.quantile(q)/typical))
	}
	cells = append(cells, number(float64(under.total())/float64(sorted.total())), t.allocated(m.name))
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

// against is the broker's ratio to another way, where that was measured.
func (m *measured) against(way supervised) string {
	if len(m.turns[way]) == 0 {
		return ""
	}
	return number(median(m.ratios(brokered, way)))
}

func (t *callTable) allocated(name string) string {
	n, ok := t.allocs[name]
	if !ok {
		return ""
	}
	return fmt.Sprint(n)
}

func number(x float64) string { return fmt.Sprintf("%.2f", x) }

// nanoseconds prints the median operation of each way.
func (m *measured) nanoseconds(out io.Writer) {
	fmt.Fprintf(out, "bench: %s, ns:", m.name)
	for _, way := range []struct {
		name string
		way  supervised
	}{{"native", native}, {"floor", floor}, {"co-located floor", floorHere}, {"broker", brokered}} {
		if turns := m.turns[way.way]; len(turns) > 0 {
			fmt.Fprintf(out, " %s %.0f", way.name, pool(turns).quantile(0.5))
		}
	}
	fmt.Fprintln(out)
}
