package main

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsimple"
)

// budget is what calls may cost: bench/budget.hcl.
type budget struct {
	Cases []allowance `hcl:"case,block"`
}

// allowance is what one case may cost. The ratios are of the median operation,
// the best of several rounds, to that of the floor.
type allowance struct {
	Name   string   `hcl:"name,label"`
	Pinned float64  `hcl:"pinned"`
	Free   *float64 `hcl:"unpinned"` // to the co-located floor, where the target is given a descriptor
	Allocs float64  `hcl:"allocs"`   // an operation
}

// readBudget reads a budget, which must have every case once.
func readBudget(file string) (*budget, error) {
	var b budget
	if err := hclsimple.DecodeFile(file, nil, &b); err != nil {
		return nil, err
	}
	for i, a := range b.Cases {
		if _, err := chooseCases(a.Name); err != nil || a.Name == "" {
			return nil, fmt.Errorf("%s: there is no case %q", file, a.Name)
		}
		if slices.ContainsFunc(b.Cases[:i], func(other allowance) bool { return other.Name == a.Name }) {
			return nil, fmt.Errorf("%s: %s stands there twice", file, a.Name)
		}
		if a.Pinned <= 0 || a.Free != nil && *a.Free <= 0 || a.Allocs < 0 {
			return nil, fmt.Errorf("%s: %s: a ratio must be above 0, allocs not below", file, a.Name)
		}
	}
	for _, c := range callCases {
		if !slices.ContainsFunc(b.Cases, func(a allowance) bool { return a.Name == c.name }) {
			return nil, fmt.Errorf("%s: what may %s cost?", file, c.name)
		}
	}
	return &b, nil
}

// of is what a case may cost.
func (b *budget) of(name string) allowance {
	return b.Cases[slices.IndexFunc(b.Cases, func(a allowance) bool { return a.Name == name })]
}
