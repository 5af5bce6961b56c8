package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// scaleResult is what `bench scale` has measured, and what plots are made of.
type scaleResult struct {
	Machine string  `json:"machine"`
	Rules   []curve `json:"rules"`   // an open by number of rules; with 10 rules = 1
	Depth   []curve `json:"depth"`   // by components of the path; the floor's shortest = 1
	Workers []curve `json:"workers"` // time per open by workers; one below the floor, on one CPU = 1
	Tails   []curve `json:"tails"`   // the 99th percentile of one open by workers; the median of the same = 1
	Busy    []busy  `json:"busy"`
	Size    []size  `json:"size"`
}

// curve is a line of a plot, or a column of a table.
type curve struct {
	Name   string  `json:"name"`
	Points []point `json:"points"`
}

// point is a ratio at some place: the median of the rounds, the least and the
// greatest.
type point struct {
	At       int     `json:"at"`
	Ratio    float64 `json:"ratio"`
	Least    float64 `json:"least"`
	Greatest float64 `json:"greatest"`
}

// busy compares the throughput of two targets with that of one.
type busy struct {
	Name   string `json:"name"`
	Ratio  point  `json:"ratio"`  // to one, placed in the same way
	Best   point  `json:"best"`   // to one below the broker, both on one CPU
	Median point  `json:"median"` // to one, if every open took as long as the median: what else runs plays no part
}

// size is what many rules take.
type size struct {
	Name  string  `json:"name"`
	KiB   int     `json:"kib"`   // the broker's largest resident set
	Start float64 `json:"start"` // until the program runs; with 10 rules = 1
}

// ratio makes a point of two lists of rounds.
func ratio(at int, values, base []float64) point {
	var ratios []float64
	for i := range values {
		ratios = append(ratios, values[i]/base[i])
	}
	return point{at, median(ratios), slices.Min(ratios), slices.Max(ratios)}
}

// times is a point with all its ratios multiplied.
func (p point) times(n float64) point {
	return point{p.At, n * p.Ratio, n * p.Least, n * p.Greatest}
}

// pick takes one number of each timing.
func pick(samples []timing, number func(timing) float64) []float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, number(s))
	}
	return values
}

func each(s timing) float64     { return s.each }
func midpoint(s timing) float64 { return s.median }
func tail(s timing) float64     { return s.tail }

func (r *scaleResult) write(name string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

func readScale(name string) (*scaleResult, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := new(scaleResult)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}
