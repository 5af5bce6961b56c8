package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

const completionLong = `completion prints a script that has a shell complete broker's commands, flags,
rules files and the programs after --. make install puts it where the shell
looks for it; by hand, it is loaded for one session, or written there once.`

const completionExample = `  source <(broker completion bash)  # this session; needs bash-completion
  source <(broker completion zsh)   # after compinit
  broker completion fish | source

  broker completion bash >~/.local/share/bash-completion/completions/broker
  broker completion zsh >"${fpath[1]}/_broker"
  broker completion fish >~/.config/fish/completions/broker.fish`

// completions write the scripts. There is no PowerShell where there is this
// kernel's interface.
var completions = map[string]func(root *cobra.Command, w io.Writer) error{
	"bash": func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
	"fish": func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	"zsh":  func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) },
}

// newCompletion takes the place of cobra's command, which greets an unknown shell
// with its help page and the status 0.
func newCompletion() *cobra.Command {
	shells := []string{"bash", "fish", "zsh"}
	return &cobra.Command{
		Use:         "completion " + strings.Join(shells, "|"),
		Short:       "Print a script that completes broker's command lines in a shell",
		Long:        completionLong,
		Example:     completionExample,
		Annotations: map[string]string{afterKey: printAfter},

		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return shells, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return exitf(statusUsage, "name the shell: broker completion bash; there are %s", strings.Join(shells, ", "))
			case len(args) > 1:
				return exitf(statusUsage, "completion is for one shell, but got %d names", len(args))
			case !slices.Contains(shells, args[0]):
				return exitf(statusUsage, "no completion for %q; there is one for %s", args[0], strings.Join(shells, ", "))
			}
			return completions[args[0]](cmd.Root(), cmd.OutOrStdout())
		},
	}
}
