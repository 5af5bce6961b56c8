package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// callOptions are the flags of `bench calls`.
type callOptions struct {
	labFlags
	rounds, batches, ops int
	allocs, verbose      bool
}

func (o *callOptions) register(flags *flag.FlagSet) {
	flags.IntVar(&o.rounds, "rounds", 9, "rounds of all ways in turn")
	flags.IntVar(&o.batches, "batches", 10, "batches a round; a round counts with its median batch")
	flags.IntVar(&o.ops, "ops", 500, "opens a batch; of what takes longer there are fewer")
	o.labFlags.register(flags)
	flags.BoolVar(&o.allocs, "allocs", true, "count allocations too, with go test")
	flags.BoolVar(&o.verbose, "v", false, "print nanoseconds of each way to standard error")
}

func caseNames() string {
	var names []string
	for _, c := range callCases {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// calls measures single calls.
func calls(flags *flag.FlagSet, args []string) error {
	var o callOptions
	o.register(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	return o.in(o.tables)
}

// tables prints one for each placement.
func (o *callOptions) tables(l *lab, chosen []callCase) (err error) {
	allocs := map[string]float64{}
	if o.allocs {
		if allocs, err = allocations(l.top, chosen, ""); err != nil {
			return err
		}
	}
	pinned, err := onOne()
	if err != nil {
		return err
	}
	for _, p := range []placement{{"pinned to one CPU", pinned}, {"not pinned", nil}} {
		table := callTable{placement: p, allocs: allocs}
		table.header(os.Stdout)
		for _, c := range chosen {
			m, err := l.measure(*o, p, c)
			if err != nil {
				return err
			}
			table.row(os.Stdout, m)
			if o.verbose {
				m.nanoseconds(os.Stderr)
			}
		}
	}
	fmt.Printf("\n%d rounds of %d batches; load of the machine at the end %s.\n", o.rounds, o.batches, load())
	return nil
}

// placement is where target and supervisor may run.
type placement struct {
	name string
	pin  []string // before the command
}

// measured are the turns of a case, by way and round.
type measured struct {
	callCase
	turns   map[supervised][]turn
	batches int
}

// ways are those in which a case is measured. Where receivers run makes a
// difference only to targets that wake with a descriptor.
func (c *callCase) ways(p placement) []supervised {
	ways := []supervised{native, floor, brokered}
	if p.pin == nil && c.injects {
		ways = append(ways, floorHere, brokeredYield, brokeredPlain)
	}
	if p.pin != nil && c.openToo {
		ways = append(ways, floorOpen)
	}
	return ways
}

// measure runs a case in every way, in turns, and begins each round with
// another way.
func (l *lab) measure(o callOptions, p placement, c callCase) (*measured, error) {
	ways := c.ways(p)
	m := &measured{callCase: c, turns: map[supervised][]turn{}, batches: o.batches}
	operations := o.batches * c.operations(o.ops)
	for round := range o.rounds {
		at := round % len(ways)
		for _, way := range slices.Concat(ways[at:], ways[:at]) {
			samples, err := l.run(p.pin, c, way, operations)
			if err != nil {
				return nil, err
			}
			m.turns[way] = append(m.turns[way], samples)
		}
	}
	return m, nil
}

// ratios are those of one way to another, round by round.
func (m *measured) ratios(way, to supervised) []float64 {
	var list []float64
	for i, t := range m.turns[to] {
		list = append(list, m.turns[way][i].batchMedian(m.batches)/t.batchMedian(m.batches))
	}
	return list
}
