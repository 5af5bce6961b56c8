package main

import (
	"errors"
	"fmt"
	"io"
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
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		plainUsages(root)
	}
	// Cobra knows no error of a page that cannot be written.
	var unprinted error
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		_, err := io.WriteString(cmd.OutOrStdout(), helpPage(cmd))
		unprinted = written(err)
	})
	err := root.Execute()
	if err == nil {
		err = unprinted
	}
	if err != nil {
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

// Groups of commands on the help page.
const (
	groupWrite = "write"
	groupCheck = "check"
	groupOther = "other"
)

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
	root.CompletionOptions.DisableDefaultCmd = true
	cobra.EnableCommandSorting = false // the order is that of a policy's life
	root.SetHelpCommand(newHelp())
	addGroup(root, groupWrite, "Write rules:", newRules(), newLearn(end), newBuiltin(), newImport(), newSchema())
	addGroup(root, groupCheck, "Check, understand and use them:",
		newValidate(), newFmt(), newLint(), newTest(), newExplain(), newDiff(), newReport(), newExport())
	addGroup(root, groupOther, "Others:", newDoctor(), newCompletion(), newVersion())
	root.SetHelpCommandGroupID(groupOther)
	return root
}

func addGroup(root *cobra.Command, id, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: id, Title: title})
	for _, c := range commands {
		c.GroupID = id
		root.AddCommand(c)
	}
}
