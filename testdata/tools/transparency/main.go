// Command transparency runs test suites that nobody here wrote, natively and
// under the broker with a policy that allows everything but sends every class
// of call through it, and compares what each test says. A program cannot tell
// the broker from the kernel if no test can.
//
//	go run ./testdata/tools/transparency [flags]
//
// The suites are the Go standard library's, CPython's (Debian's
// libpython3.11-testsuite) and busybox's (Debian's source package). As root they
// run as root and as an ordinary user, else as whoever runs it.
//
// A test differs when it has one outcome in every native run and another one in
// every run under the broker; a difference after the first pair of runs is
// looked at in two more pairs. A test without a steady outcome is named in the
// report and decides nothing. Every difference must stand in differences.hcl
// with the reason why it cannot be otherwise; an entry that no longer occurs is
// an error when everything runs.
//
// The exit status is 0 if all is as the list says, 1 if not, 2 if the suites
// could not be run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
)

// options are the command line.
type options struct {
	broker, rules, list string
	cache, table        string
	selected            *regexp.Regexp
	users               string
	only                string
	quick, json, names  bool
	jobs                int
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2) // flag has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "transparency:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	o := options{}
	f := flag.NewFlagSet("transparency", flag.ContinueOnError)
	f.StringVar(&o.broker, "broker", os.Getenv("BROKER_TEST_BINARY"), "the broker's `binary`; without it one is built")
	f.StringVar(&o.rules, "rules", "testdata/policies/everything.hcl", "the `policy` that allows everything")
	f.StringVar(&o.list, "differences", "testdata/tools/transparency/differences.hcl", "the `list` of differences that are known")
	f.StringVar(&o.cache, "cache", defaultCache(), "`folder` for what is downloaded and built, and for the logs")
	f.StringVar(&o.table, "o", "", "write the Markdown table to this `file`")
	suite := f.String("suite", ".", "run only the suites whose name matches this `regexp`")
	f.StringVar(&o.only, "run", "", "only these tests of each suite, in its own `words`: a regexp for Go, a glob for CPython, applets for busybox")
	f.StringVar(&o.users, "users", "both", "as `whom`: root, ordinary or both")
	f.BoolVar(&o.quick, "quick", false, "only the suites that are quick, for every change")
	f.BoolVar(&o.json, "json", false, "print a test2json event for every comparison")
	f.BoolVar(&o.names, "names", false, "print the names of the suites and stop")
	f.IntVar(&o.jobs, "jobs", 2, "`number` of suites at a time")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.selected, err = regexp.Compile(*suite); err == nil && f.NArg() > 0 {
		err = fmt.Errorf("argument %q: there are only flags", f.Arg(0))
	}
	if err == nil && o.users != "root" && o.users != "ordinary" && o.users != "both" {
		err = fmt.Errorf("-users %s: root, ordinary or both", o.users)
	}
	if err == nil && o.jobs < 1 {
		err = fmt.Errorf("-jobs %d: at least one", o.jobs)
	}
	if err != nil {
		fmt.Fprintln(f.Output(), "transparency:", err)
	}
	return o, err
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "broker-transparency")
}

// whole says that nothing of the list can be missing by choice.
func (o options) whole() bool {
	return !o.quick && o.only == "" && o.selected.String() == "." && o.users == "both" && os.Getuid() == 0
}
