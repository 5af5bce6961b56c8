package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// afterKey is the annotation whose text ends a command's help page: its exit
// statuses, under a title of their own, and for the root the environment.
const afterKey = "after"

// pageWidth is how wide help pages are at most.
const pageWidth = 80

// helpPage is what --help prints. Cobra's own template would link text/template,
// and with it 3 MB of methods that the linker cannot leave out.
func helpPage(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(cmd.Long, "\n ") + "\n")
	if cmd.Runnable() {
		section(&b, "Usage:", "  "+cmd.UseLine())
	}
	section(&b, "Examples:", cmd.Example)
	for _, g := range cmd.Groups() {
		section(&b, g.Title, commandList(cmd, g.ID))
	}
	if cmd.Runnable() {
		section(&b, "Flags:", flagList(cmd))
	}
	if after := cmd.Annotations[afterKey]; after != "" {
		b.WriteString("\n" + after)
	}
	return b.String()
}

func section(b *strings.Builder, title, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n%s\n%s\n", title, strings.TrimRight(text, "\n "))
	}
}

func commandList(cmd *cobra.Command, group string) string {
	var b strings.Builder
	for _, c := range cmd.Commands() {
		if c.GroupID == group && !c.Hidden {
			fmt.Fprintf(&b, "  %-10s  %s\n", c.Name(), c.Short)
		}
	}
	return b.String()
}

func flagList(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	return cmd.LocalFlags().FlagUsagesWrapped(pageWidth)
}
