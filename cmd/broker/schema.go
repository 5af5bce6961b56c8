package main

import (
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print a JSON schema of rules, for editors",
		Long: `schema prints what a rules file may hold as a JSON schema (draft 2020-12):
blocks, attributes, their types and the words that they take. It is that of
HCL's JSON form, in which a block is an object by its name; in native HCL the
same words stand in the same places. Editors complete and check with it. It
says less than broker validate checks.`,
		Example:     "  broker schema >broker.schema.json",
		Annotations: map[string]string{afterKey: printAfter},
		Args:        noArguments,

		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return writeJSON(cmd.OutOrStdout(), rules.Schema()) },
	}
}
