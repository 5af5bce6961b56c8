// Command escapes tries every known way out of the broker for real and prints
// what came of it: testdata/escape/rows.txt lists the ways, the programs beside it
// and the tests that it names try them.
//
//	go run ./testdata/tools/escapes [-run REGEXP]
//
// The programs are run by the test TestEscape of cmd/broker, natively and under
// the broker; all numbers are from its results of this very run. As root both
// users count: wins and attempts are added up.
//
// The exit status is 0 if nothing got out and everything was tried, 1 if not, 2
// if the tests could not be run.
package main

import (
	"flag"
	"fmt"
	"os"
)

const rowsFile = "testdata/escape/rows.txt"

func main() {
	run := flag.String("run", "", "`regexp` of the programs to run; all, and the tests of every row, without it")
	flag.Parse()
	ok, err := try(*run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "escapes:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func try(program string) (ok bool, err error) {
	rows, err := readRows(rowsFile)
	if err != nil {
		return false, err
	}
	res := results{tests: map[string]*testResult{}}
	if program != "" {
		err = res.run("cmd/broker", "^TestEscape$/"+program)
	} else {
		err = res.runAll(rows)
	}
	if err != nil {
		return false, err
	}
	return report(os.Stdout, rows, &res, program == ""), nil
}
