package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"

	"seccomp-broker/notify/sys"
)

const (
	// guardRounds are measured of every case, so that one lucky round of
	// the broker's, or an unlucky one of the floor's, says nothing.
	guardRounds = 4
	// guardPasses is how often those that seem too slow get as many rounds
	// again. They come later than the first, when a noisy neighbour may be gone.
	guardPasses = 8
	// guardOps is enough for a median that does not wander.
	guardOps = 2000
)

// errBudget says that a case costs more than it may.
var errBudget = errors.New("over budget: see above; a change that is worth it changes bench/budget.hcl")

// guard measures all cases against the budget.
func guard(flags *flag.FlagSet, args []string) error {
	var o labFlags
	o.register(flags)
	file := flags.String("budget", "bench/budget.hcl", "the `file` with the budget")
	if err := parse(flags, args); err != nil {
		return err
	}
	allowed, err := readBudget(*file)
	if err != nil {
		return err
	}
	return o.in(func(l *lab, chosen []callCase) error {
		allocs, err := allocations(l.top, chosen, "")
		if err != nil {
			return err
		}
		found, err := l.guard(chosen, allowed, guardPasses)
		if err != nil {
			return err
		}
		if report(os.Stdout, found, allocs) {
			return errBudget
		}
		return nil
	})
}

// bound is one ratio with its limit: of a case, where it is pinned or not.
type bound struct {
	callCase
	allowance
	pin    []string
	base   supervised
	limit  float64
	best   map[supervised]float64 // the median operation of the quietest round
	rounds int
}

// bounds are the limits that the budget sets to these cases. Those of targets
// that are not pinned are left out unless placed is set.
func bounds(cases []callCase, allowed *budget, pin []string, placed bool) []*bound {
	var list []*bound
	add := func(c callCase, pin []string, base supervised, limit float64) {
		best := map[supervised]float64{base: math.Inf(1), brokered: math.Inf(1)}
		list = append(list, &bound{callCase: c, allowance: allowed.of(c.name), pin: pin, base: base, limit: limit, best: best})
	}
	for _, c := range cases {
		a := allowed.of(c.name)
		add(c, pin, floor, a.Pinned)
		if a.Free == nil || !placed {
			continue
		}
		if c.injects {
			add(c, nil, floorHere, *a.Free)
		} else {
			add(c, nil, floor, *a.Free)
		}
	}
	return list
}

// mayPlace reports whether a broker that this process starts can choose where
// its targets wake up, which takes CAP_SYS_NICE (or RLIMIT_NICE) and another
// processor. Elsewhere the scheduler decides what an open costs.
func mayPlace() bool {
	result := make(chan bool)
	go func() {
		runtime.LockOSThread() // and the thread ends
		result <- sys.SetSchedulingClass(0, sys.ClassIdle) == 0 && sys.SetSchedulingClass(0, sys.ClassOther) == 0
	}()
	return <-result && runtime.NumCPU() > 1
}

// ratio compares the quietest round of the broker's with the quietest of the
// floor's: noise only ever adds, so both are near what the work itself costs.
func (b *bound) ratio() float64 { return b.best[brokered] / b.best[b.base] }

func (b *bound) within() bool { return b.ratio() <= b.limit }

// guard measures until every case is within its limit, or has had every chance.
func (l *lab) guard(cases []callCase, allowed *budget, passes int) ([]*bound, error) {
	pin, err := onOne()
	if err != nil {
		return nil, err
	}
	list := bounds(cases, allowed, pin, mayPlace())
	for range passes {
		for _, b := range list {
			if b.rounds > 0 && b.within() {
				continue
			}
			if err := l.rounds(b); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// rounds measures a case in turns.
func (l *lab) rounds(b *bound) error {
	for range guardRounds {
		order := []supervised{b.base, brokered}
		if b.rounds++; b.rounds%2 == 0 {
			order = []supervised{brokered, b.base}
		}
		for _, way := range order {
			samples, err := l.run(b.pin, b.callCase, way, b.operations(guardOps))
			if err != nil {
				return err
			}
			b.best[way] = min(b.best[way], samples.typical())
		}
	}
	return nil
}

// report prints the table and reports whether anything is over its limit.
func report(out io.Writer, list []*bound, allocs map[string]float64) (over bool) {
	fmt.Fprintln(out, "| case | where | broker : floor | budget | rounds | allocs/op | budget | |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, b := range list {
		where, verdict := "pinned", ""
		if b.pin == nil {
			where = "not pinned"
		}
		if n, counted := allocs[b.name]; !b.within() || counted && n > b.Allocs {
			verdict, over = "over", true
		}
		fmt.Fprintf(out, "| %s | %s | %.2f | %.2f | %d | %v | %v | %s |\n", b.name, where,
			b.ratio(), b.limit, b.rounds, allocs[b.name], b.Allocs, verdict)
	}
	return over
}
