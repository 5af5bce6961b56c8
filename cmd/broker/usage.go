package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"seccomp-broker/broker/audit"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// unknownCommand explains words where a command of broker or -- should be.
func unknownCommand(root *cobra.Command, args []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%q is no command of broker", args[0])
	if near := nearest(args[0], commandNames(root)); near != "" {
		fmt.Fprintf(&b, "; did you mean %q?", near)
	}
	fmt.Fprintf(&b, "\nto run a program, put -- before it: broker -- %s", shellWords(args))
	return exitf(statusUsage, "%s", b.String())
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

// noArguments is for commands that take none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return exitf(statusUsage, "%s takes no arguments, but got %q", cmd.CommandPath(), args[0])
}

// flagError adds what to write instead to pflag's errors.
func flagError(cmd *cobra.Command, err error) error {
	hint := "see " + cmd.CommandPath() + " --help"
	if !cmd.HasParent() {
		hint = "flags of the program to run go after --; " + hint
	}
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		if near := nearest(unknown.GetSpecifiedName(), flagNames(cmd)); near != "" {
			hint = fmt.Sprintf("did you mean --%s?", near)
		}
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return exitf(statusUsage, "--%s %q: write %s", f.Name, invalid.GetValue(), valueHints[f.Value.Type()])
	}
	return exitf(statusUsage, "%w\n%s", err, hint)
}

// valueHints say what a flag of a type takes.
var valueHints = map[string]string{
	"duration": "a duration such as 500ms, 5s or 1m",
	"bool":     "the flag alone, or =true or =false behind it",
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// nearest is the candidate that word begins or is a slip of the finger away
// from, "" if there is none.
func nearest(word string, candidates []string) string {
	best, least := "", 3
	for _, c := range candidates {
		distance := edits(word, c)
		if len(word) > 1 && strings.HasPrefix(c, word) {
			distance = 1
		}
		if distance < least && distance < len(word) {
			best, least = c, distance
		}
	}
	return best
}

// edits counts the insertions, deletions and replacements between two words:
// Levenshtein's distance, a row at a time.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// shellWords is a command line to be copied: words that a shell would take
// apart are quoted, and what a terminal would act on is not printed.
func shellWords(args []string) string {
	words := make([]string, 0, len(args))
	for _, a := range args {
		plain := a != "" && strings.IndexFunc(a, func(r rune) bool {
			return !strings.ContainsRune("-_./=:,@%+", r) && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
		}) < 0
		if !plain {
			a = "'" + strings.ReplaceAll(audit.Escape(a), "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// newHelp replaces cobra's command of the same name, which greets an unknown
// topic with the page of the root and the status 0.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND|TOPIC]",
		Short:       "Explain a command or a topic",
		Long:        "help prints what --help of a command does, or the page of a topic.",
		Example:     "  broker help learn\n  broker help rules",
		Annotations: map[string]string{afterKey: printAfter},

		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.InitDefaultHelpFlag()
			if len(args) == 0 {
				return root.Help()
			}
			found, rest, err := root.Find(args)
			if err != nil || found == root || len(rest) > 0 {
				names := commandNames(root)
				slices.Sort(names)
				hint := "there are " + strings.Join(names, ", ")
				if near := nearest(args[0], names); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				return exitf(statusUsage, "no help on %q; %s", strings.Join(args, " "), hint)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}
