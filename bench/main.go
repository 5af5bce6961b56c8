// Command bench measures what the broker costs. What it prints are ratios,
// which can be compared between runs and machines; it measures the ways that it
// compares in turns, so that all of them see the same machine.
//
//	go run ./bench [-rounds N] [-opens N] [-file PATH]
//
// An opened file: a C program that opens and closes one again and again, by
// itself, under the floor (bench/c/floor.c, the least supervisor that still
// acts on what it checked), and under the broker.
//
//	go run ./bench programs [-rounds N] [-only NAME,...]
//
// Whole programs: those of testdata/showcases, by themselves, under the broker,
// under strace and in other sandboxes. Whatever a program prints and leaves
// behind under the broker is compared with what it does natively.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
)

func main() {
	measure, args := opens, os.Args[1:]
	if len(args) > 0 && args[0] == "programs" {
		measure, args = programs, args[1:]
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	switch err := measure(flags, args); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
