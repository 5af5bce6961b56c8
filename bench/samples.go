package main

import (
	"slices"
)

// batchMedian splits a turn into batches and returns the median of their
// means: what an operation costs when nothing comes between, outliers of single
// operations included.
func (t turn) batchMedian(batches int) float64 {
	size := len(t) / batches
	if size == 0 {
		size, batches = len(t), 1
	}
	means := make([]float64, batches)
	for i := range means {
		means[i] = float64(t[i*size:(i+1)*size].total()) / float64(size)
	}
	return median(means)
}

func (t turn) total() (sum uint64) {
	for _, ns := range t {
		sum += uint64(ns)
	}
	return sum
}

// quantile is the operation that a share q of the others were faster than. The
// turn must be sorted.
func (t turn) quantile(q float64) float64 {
	return float64(t[min(len(t)-1, int(q*float64(len(t))))])
}

// typical is the median operation of a turn in any order.
func (t turn) typical() float64 {
	sorted := slices.Clone(t)
	slices.Sort(sorted)
	return sorted.quantile(0.5)
}

// pool puts turns together and sorts them.
func pool(turns []turn) turn {
	all := slices.Concat(turns...)
	slices.Sort(all)
	return all
}
