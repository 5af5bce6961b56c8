package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

const rootLong = `broker runs a program under rules.

The program's system calls that name files or executables are answered by the
broker: it checks the path against the rules, and opens the file itself, so that
what was checked is what is used. What no rule allows is refused.`

const rootExample = `  # what the embedded policy builtin:workdir allows: this directory, temporary
  # files, programs and libraries of the system; no keys, no other homes
  broker -- make test

  # your own rules
  broker --rules app.hcl -- ./app --verbose

  # see what would be refused, refuse nothing
  broker --rules app.hcl --mode monitor -- ./app

  # keep every decision as JSON lines
  broker --log audit.jsonl --log-format json --log-allowed -- npm install`

// execute runs the program and returns its exit status, and whether a command
// was ended by SIGINT.
func execute(args []string) (status int, interrupted bool) {
	var end unix.WaitStatus
	root := newRoot(&end)
	root.SetArgs(args)
	if err := root.Execute(); err != nil {
		report(err)
		return statusOf(err), false
	}
	return targetStatus(end), end.Signaled() && end.Signal() == unix.SIGINT
}

// report prints an error, unless it has been printed in full already.
func report(err error) {
	var shown *shownError
	if errors.As(err, &shown) {
		return
	}
	fmt.Fprintf(os.Stderr, "broker: %v\n", err)
	var e *exitError
	if !errors.As(err, &e) {
		fmt.Fprintln(os.Stderr, "broker: see broker --help")
	}
}

// shownError is an error whose explanation is on standard error already.
type shownError struct{}

func (e *shownError) Error() string { return "explained above" }

func newRoot(end *unix.WaitStatus) *cobra.Command {
	var opts runOptions
	root := &cobra.Command{
		Use:           "broker [flags] -- command [argument...]",
		Short:         "Run a program under rules",
		Long:          rootLong,
		Example:       rootExample,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() != 0 {
				if len(args) == 0 {
					return cmd.Help()
				}
				return exitf(statusUsage, "unknown command %q; to run a program, put -- before it: broker -- %s", args[0], args[0])
			}
			if len(args) == 0 {
				return exitf(statusUsage, "no command after --; write for example: broker -- ls")
			}
			var err error
			*end, err = opts.run(args)
			return err
		},
	}
	opts.addFlags(root)
	root.AddCommand(newVersion(), newDoctor())
	root.CompletionOptions.HiddenDefaultCmd = false
	return root
}
