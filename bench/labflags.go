package main

import (
	"flag"
	"os"
	"strings"
)

// labFlags are the flags of every command that measures single calls.
type labFlags struct{ only, broker, extra string }

func (o *labFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&o.only, "only", "", "which cases, by `name`, separated by commas: "+caseNames())
	flags.StringVar(&o.broker, "broker", "", "the broker that is measured (default: built from the source)")
	flags.StringVar(&o.extra, "broker-args", "", "further `arguments` for the broker, separated by blanks")
}

// in runs work in a lab, with the cases that are wanted. Where root's bench has
// run itself once more, work has been done there.
func (o *labFlags) in(work func(l *lab, chosen []callCase) error) error {
	chosen, err := chooseCases(o.only)
	if err != nil {
		return err
	}
	dir, ran, err := inMemory()
	if ran {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err != nil {
		return err
	}
	l, err := newLab(".", dir, o.broker)
	if err != nil {
		return err
	}
	l.extra = strings.Fields(o.extra)
	return work(l, chosen)
}
