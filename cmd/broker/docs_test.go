package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

var updateDocs = flag.Bool("update", false, "rewrite the pages under docs")

const docsDir = "docs"

// TestDocs holds the pages under docs to what the program says of itself, so
// that they cannot drift. -update rewrites them.
func TestDocs(t *testing.T) {
	var end unix.WaitStatus
	root := newRoot(&end)
	root.InitDefaultHelpCmd()
	want := map[string]string{}
	writePages(root, want)
	if *updateDocs {
		rewritePages(t, docsDir, want)
	}
	if diff := cmp.Diff(want, readPages(t, docsDir)); diff != "" {
		t.Errorf("the pages under %s are not what the program says (-program +pages); go test ./cmd/broker -run TestDocs -update rewrites them:\n%s", docsDir, diff)
	}
}

// rewritePages makes a directory hold these pages and nothing else.
func rewritePages(t *testing.T, dir string, pages map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// writePages makes the page of a command and those of the commands below it.
func writePages(cmd *cobra.Command, pages map[string]string) {
	pages[pageName(cmd)] = page(cmd)
	for _, child := range cmd.Commands() {
		if !child.Hidden {
			writePages(child, pages)
		}
	}
}

func pageName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".md"
}

func page(cmd *cobra.Command) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n%s.\n", cmd.CommandPath(), cmd.Short)
	if cmd.Runnable() {
		cmd.InitDefaultHelpFlag()
		code(&b, "", cmd.UseLine())
	}
	if cmd.Long != "" {
		code(&b, "", cmd.Long)
	}
	if cmd.Example != "" {
		code(&b, "Examples", cmd.Example)
	}
	if flags := cmd.NonInheritedFlags(); cmd.Runnable() && flags.HasAvailableFlags() {
		code(&b, "Flags", flags.FlagUsages())
	}
	if after := cmd.Annotations[afterKey]; after != "" {
		code(&b, "Statuses and environment", after)
	}
	links(&b, cmd)
	return b.String()
}

// code writes a section whose text is kept as the terminal shows it.
func code(b *bytes.Buffer, title, text string) {
	if title != "" {
		fmt.Fprintf(b, "\n## %s\n", title)
	}
	fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimRight(text, "\n "))
}

// links names the pages above and below.
func links(b *bytes.Buffer, cmd *cobra.Command) {
	var list []*cobra.Command
	if cmd.HasParent() {
		list = append(list, cmd.Parent())
	}
	for _, child := range cmd.Commands() {
		if !child.Hidden {
			list = append(list, child)
		}
	}
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(x, y *cobra.Command) int { return strings.Compare(x.CommandPath(), y.CommandPath()) })
	b.WriteString("\n## See also\n\n")
	for _, c := range list {
		fmt.Fprintf(b, "- [%s](%s): %s\n", c.CommandPath(), pageName(c), c.Short)
	}
}

// TestTexts holds every text of the command line to the habits of the others.
func TestTexts(t *testing.T) {
	var end unix.WaitStatus
	root := newRoot(&end)
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		name := cmd.CommandPath()
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the short text %q must be there and have no full stop", name, cmd.Short)
		}
		for i, line := range strings.Split(cmd.Long+"\n"+cmd.Example+"\n"+cmd.Annotations[afterKey], "\n") {
			if width := len([]rune(line)); width > 84 && !strings.HasPrefix(name, "broker completion") {
				t.Errorf("%s: line %d of the texts has %d characters, more than 84: %s", name, i+1, width, line)
			}
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(root)
}
