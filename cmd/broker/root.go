package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// execute runs the program and returns its exit status, and whether a command
// was ended by SIGINT.
func execute(args []string) (status int, interrupted bool) {
	var end unix.WaitStatus
	root := newRoot(&end)
	root.SetArgs(args)
	if err := root.Execute(); err != nil {
		err = unwritten(err)
		report(err)
		return statusOf(err), false
	}
	return targetStatus(end), end.Signaled() && end.Signal() == unix.SIGINT
}

// report prints an error, each line with the broker's name, unless it has
// been printed in full already.
func report(err error) {
	var shown *shownError
	if errors.As(err, &shown) {
		return
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(os.Stderr, "broker: %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// shownError is an error whose explanation is on standard error already.
type shownError struct{}

func (e *shownError) Error() string { return "explained above" }

// afterKey is the annotation whose text ends a command's help page.
const afterKey = "after"

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}{{with index .Annotations "after"}}
{{.}}{{end}}`

func newRoot(end *unix.WaitStatus) *cobra.Command {
	var opts runOptions
	root := &cobra.Command{
		Use:           "broker [flags] -- command [argument...]",
		Short:         "Run a program under rules",
		Long:          rootLong,
		Example:       rootExample,
		Annotations:   map[string]string{afterKey: rootAfter},
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,

		DisableFlagsInUseLine: true,

		ValidArgsFunction: completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() != 0 && len(args) > 0 {
				return unknownCommand(cmd, args)
			}
			if len(args) == 0 {
				if cmd.ArgsLenAtDash() < 0 && cmd.Flags().NFlag() == 0 {
					return cmd.Help()
				}
				return exitf(statusUsage, "there is no command to run; write it after --, for example: broker -- ls")
			}
			opts.asUser = cmd.Flags().Changed("user")
			var err error
			*end, err = opts.run(args)
			return err
		},
	}
	opts.addFlags(root)
	// `broker ls -l` is about ls, and not about a flag -l of broker.
	root.Flags().SetInterspersed(false)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpTemplate(helpTemplate)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newBuiltin(), newVersion(), newDoctor(), newLearn(end))
	root.AddCommand(newTest(), newExplain(), newDiff(), newReport())
	root.AddCommand(newExport(), newImport())
	root.AddCommand(newValidate(), newFmt(), newLint(), newSchema())
	root.AddCommand(newTopics()...)
	addCompletion(root)
	return root
}

// addCompletion adds cobra's completion command, which would greet an
// unknown shell with its help page and the status 0. There is no PowerShell
// where there is this kernel's interface.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Short = "Print a script that completes broker's command lines in a shell"
		for _, shell := range c.Commands() {
			if shell.Name() == "powershell" {
				c.RemoveCommand(shell)
			}
		}
		shells := commandNames(c)
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return exitf(statusUsage, "no completion for %q; there is one for %s", args[0], strings.Join(shells, ", "))
		}
	}
}
