package main

import (
	"fmt"
	"maps"
	"slices"
)

// outcome is what a test has come to.
type outcome string

const (
	passed  outcome = "pass"
	failed  outcome = "fail"
	skipped outcome = "skip"
	missing outcome = "missing" // it has said nothing
)

// outcomes are those of one run, by the test's name.
type outcomes map[string]outcome

// add keeps an outcome. A name that was there before gets a number.
func (o outcomes) add(name string, what outcome) {
	if _, ok := o[name]; !ok {
		o[name] = what
		return
	}
	for n := 2; ; n++ {
		if again := fmt.Sprintf("%s #%d", name, n); o[again] == "" {
			o[again] = what
			return
		}
	}
}

func (o outcomes) of(name string) outcome {
	if what, ok := o[name]; ok {
		return what
	}
	return missing
}

func (o outcomes) count(what outcome) int {
	n := 0
	for _, w := range o {
		if w == what {
			n++
		}
	}
	return n
}

// names returns the names of all runs, sorted.
func names(runs ...outcomes) []string {
	all := map[string]bool{}
	for _, r := range runs {
		for name := range r {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// verdict is what the comparison says of one test.
type verdict int

const (
	same     verdict = iota
	differs          // one outcome natively, another one under the broker
	flaky            // no steady outcome natively
	unsteady         // a steady outcome natively, none under the broker
)

// judge compares what a test came to in all native runs and in all runs under
// the broker.
func judge(name string, native, broker []outcomes) verdict {
	n, b := column(name, native), column(name, broker)
	switch {
	case !steady(n):
		return flaky
	case !steady(b):
		return unsteady
	case n[0] == b[0]:
		return same
	}
	return differs
}

func column(name string, runs []outcomes) []outcome {
	var list []outcome
	for _, r := range runs {
		list = append(list, r.of(name))
	}
	return list
}

func steady(list []outcome) bool {
	return len(slices.Compact(slices.Clone(list))) <= 1
}
