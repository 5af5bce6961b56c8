package main

import (
	"fmt"
	"strings"

	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

const builtinAfter = `Exit status:
  0    done
  64   the command line is wrong, or there is no such set
  73   the output cannot be written
`

func newBuiltin() *cobra.Command {
	return &cobra.Command{
		Use:   "builtin [NAME]",
		Short: "List the built-in rules, or print one set",
		Long: `builtin lists the rule sets that are part of this program, or prints one of
them: to read what it allows, or as the start of your own rules. In rules they
are named as extends = ["builtin:NAME"].`,
		Example: `  broker builtin
  broker builtin workdir >mine.hcl`,
		Annotations: map[string]string{afterKey: builtinAfter},

		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exitf(statusUsage, "broker builtin prints one set, but got %d names", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return rules.Builtins(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			text := strings.Join(rules.Builtins(), "\n") + "\n"
			if len(args) == 1 {
				set, ok := rules.Builtin(strings.TrimPrefix(args[0], "builtin:"))
				if !ok {
					return exitf(statusUsage, "there is no built-in set %q; there are %s", args[0], strings.Join(rules.Builtins(), ", "))
				}
				text = string(set)
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), text)
			return err
		},
	}
}
