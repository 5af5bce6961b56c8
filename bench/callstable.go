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

// The columns of the two tables. What targets share one processor with is the
// work itself; otherwise the question is where they wake up.
var (
	pinnedColumns = []string{": native", ": floor", "spread", ": floor of an open", "aim",
		"p50", "p99", "p99.9", "floor p99", "floor p99.9", "calls a second", "allocs/op"}
	freeColumns = []string{"native", "floor", "co-located floor", "broker (auto)", "yield", "plain",
		"broker : floor", "broker : co-located floor", "spread", "aim"}
)

// freeAim is what is meant to be reached for an open where nothing is pinned.
const freeAim = ": co-located floor ≤ 1.15"

func (t *callTable) header(out io.Writer) {
	columns := pinnedColumns
	if t.placement.pin == nil {
		columns = freeColumns
	}
	fmt.Fprintf(out, "\n| %s | %s |\n|%s\n", t.placement.name, strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)+1))
}

func (t *callTable) row(out io.Writer, m *measured) {
	cells := t.pinned(m)
	if t.placement.pin == nil {
		cells = t.free(m)
	}
	fmt.Fprintf(out, "| %s | %s |\n", m.does, strings.Join(cells, " | "))
}

func (t *callTable) pinned(m *measured) []string {
	cells := []string{m.against(native), m.against(floor), m.spread(floor), m.against(floorOpen), m.aim}
	broker, under := pool(m.turns[brokered]), pool(m.turns[floor])
	typical := under.quantile(0.5)
	for _, q := range []float64{0.5, 0.99, 0.999} {
		cells = append(cells, number(broker.quantile(q)/typical))
	}
	for _, q := range []float64{0.99, 0.999} {
		cells = append(cells, number(under.quantile(q)/typical))
	}
	return append(cells, number(float64(under.total())/float64(broker.total())), t.allocated(m.name))
}

func (t *callTable) free(m *measured) []string {
	typical := pool(m.turns[floor]).quantile(0.5)
	var cells []string
	for _, way := range []supervised{native, floor, floorHere, brokered, brokeredYield, brokeredPlain} {
		cell := ""
		if turns := m.turns[way]; len(turns) > 0 {
			all := pool(turns)
			cell = number(all.quantile(0.5)/typical) + " / " + number(all.quantile(0.99)/typical)
		}
		cells = append(cells, cell)
	}
	aim := ""
	if m.name == openCase.name {
		aim = freeAim
	}
	return append(cells, m.against(floor), m.against(floorHere), m.spread(floorHere), aim)
}

// against is the broker's ratio to another way, where that was measured.
func (m *measured) against(way supervised) string {
	if len(m.turns[way]) == 0 {
		return ""
	}
	return number(median(m.ratios(brokered, way)))
}

// spread is the least and the greatest of these ratios.
func (m *measured) spread(way supervised) string {
	ratios := m.ratios(brokered, way)
	if len(ratios) == 0 {
		return ""
	}
	return number(slices.Min(ratios)) + " to " + number(slices.Max(ratios))
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
	}{{"native", native}, {"floor", floor}, {"co-located floor", floorHere}, {"broker", brokered},
		{"yield", brokeredYield}, {"plain", brokeredPlain}} {
		if turns := m.turns[way.way]; len(turns) > 0 {
			fmt.Fprintf(out, " %s %.0f", way.name, pool(turns).quantile(0.5))
		}
	}
	fmt.Fprintln(out)
}
