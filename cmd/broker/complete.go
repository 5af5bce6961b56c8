package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seccomp-broker/notify/launch"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

// completeRules completes built-in sets, and the rules files of the working
// directory beside them: a shell looks for files by itself only where it is given
// nothing.
func completeRules(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	const prefix = "builtin:"
	if !strings.HasPrefix(word, prefix) && !strings.HasPrefix(prefix, word) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var names []string
	for _, name := range rules.Builtins() {
		names = append(names, prefix+name)
	}
	files, _ := filepath.Glob("*.hcl") // the pattern is a right one
	return append(names, files...), cobra.ShellCompDirectiveDefault
}

// plainUsages takes the marks of the argument's name out of the texts of flags:
// cobra shows them as they stand in completions.
func plainUsages(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) })
	for _, c := range cmd.Commands() {
		plainUsages(c)
	}
}

// completeCommand completes what follows --: programs first, then files. A
// shell does the latter by itself. Cobra does not tell here whether there was
// a -- before the word, so the command line itself is looked at.
func completeCommand(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch before := os.Args[:len(os.Args)-1]; {
	case !slices.Contains(before, "--"):
		return nil, cobra.ShellCompDirectiveNoFileComp
	case len(args) > 0 || word == "" || strings.Contains(word, "/"):
		return nil, cobra.ShellCompDirectiveDefault
	}
	return executables(word), cobra.ShellCompDirectiveDefault
}

// executables lists the executables in PATH whose names begin so.
func executables(prefix string) []string {
	var names []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), prefix) {
				continue
			}
			if _, err := launch.Find(filepath.Join(dir, e.Name()), ""); err == nil {
				names = append(names, e.Name())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
