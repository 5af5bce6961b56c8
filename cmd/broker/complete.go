package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seccomp-broker/notify/launch"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

func fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, name := range rules.Builtins() {
		names = append(names, "builtin:"+name)
	}
	return names, cobra.ShellCompDirectiveDefault
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
