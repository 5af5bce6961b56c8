// Command count reads the output of `go test -json`, of one run or of several
// in a row, prints what failed with its output, and ends with one line:
//
//	tests: N passed, M failed, K skipped
//
// It counts what the test runner reports: every test and every subtest. A
// package that fails as a whole (it does not compile, it ends by itself, it
// runs into its time limit) is a failure. So is a skip whose reason is not in
// the list of -skips: regular expressions, one a line, with # for comments.
//
// A line {"Action":"ended","Package":HALF,"Output":STATUS} says how a run
// ended; a status other than 0 without any failed test is a failure too.
//
// The exit status is 0 only if something passed and nothing failed.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	skips := flag.String("skips", "", "`file` of regular expressions for the reasons to skip a test that are fine")
	flag.Parse()
	ok, err := run(*skips)
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(skips string) (ok bool, err error) {
	c := newCounter(os.Stdout)
	if skips != "" {
		text, err := os.ReadFile(skips)
		if err != nil {
			return false, err
		}
		if err := c.allow(string(text)); err != nil {
			return false, fmt.Errorf("%s: %w", skips, err)
		}
	}
	if err := c.read(os.Stdin); err != nil {
		return false, err
	}
	return c.finish(), nil
}
