// Command bench measures what the broker costs. What it prints are ratios,
// which can be compared between runs and machines; it measures the ways that it
// compares in turns, so that all of them see the same machine.
//
//	go run ./bench [calls] [-only NAME,...] [-rounds N] [-ops N] [-v]
//
// Single calls: a C program makes one kind of call again and again, by itself,
// under the floor (bench/c, the least supervisor that still acts on what it
// checked), and under the broker.
//
//	go run ./bench guard [-only NAME,...]
//
// The same against bench/budget.hcl: fails when a call costs more than it may.
//
//	go run ./bench profile [-only NAME,...] [-o FILE]
//
// Where the broker spends its time under that load, in the kernel too.
//
//	go run ./bench programs [-rounds N] [-only NAME,...]
//
// Whole programs: those of testdata/showcases, by themselves, under the broker,
// under strace and in other sandboxes. Whatever a program prints and leaves
// behind under the broker is compared with what it does natively.
//
//	go run ./bench scale [-rounds N] [-only rules,workers,busy,size] [-json FILE]
//
// More rules, longer paths, more targets at once, and the memory that rules
// take.
//
//	go run ./bench plots [-json FILE] [-dir DIR]
//
// Plots of what scale has written to the file.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
)

// subcommands by name; calls is the one that is meant when there is none.
var subcommands = map[string]func(flags *flag.FlagSet, args []string) error{
	"calls":    calls,
	"guard":    guard,
	"profile":  profile,
	"programs": programs,
	"scale":    scale,
	"plots":    plots,
}

func main() {
	measure, args := calls, os.Args[1:]
	if len(args) > 0 && subcommands[args[0]] != nil {
		measure, args = subcommands[args[0]], args[1:]
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	switch err := measure(flags, args); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errSaid):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parse parses flags where nothing may come after them.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("there is no measurement %q", flags.Arg(0))
	}
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
