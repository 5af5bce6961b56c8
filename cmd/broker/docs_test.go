package main

import (
	"bytes"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
		code(&b, "", cmd.UseLine())
	}
	if cmd.Long != "" {
		code(&b, "", cmd.Long)
	}
	if cmd.Example != "" {
		code(&b, "Examples", cmd.Example)
	}
	if cmd.Runnable() {
		code(&b, "Flags", flagList(cmd))
	}
	for title, text := range afterSections(cmd) {
		code(&b, title, text)
	}
	links(&b, cmd)
	return b.String()
}

// afterSections are the titles and texts of the end of a command's page.
func afterSections(cmd *cobra.Command) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		after := strings.TrimSpace(cmd.Annotations[afterKey])
		for part := range strings.SplitSeq(after, "\n\n") {
			if title, text, ok := strings.Cut(part, ":\n"); ok && !yield(title, text) {
				return
			}
		}
	}
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

// statusLine is one of an exit status, and its text.
var statusLine = regexp.MustCompile(`^  (\d{1,3}) +([^ ].*)$`)

// checkEnd holds the end of a page to its form: an example, and all statuses in
// order, a line each, those of the table of statuses among them.
func checkEnd(t *testing.T, name string, cmd *cobra.Command) {
	t.Helper()
	text := cmd.Annotations[afterKey]
	if cmd.Example == "" || !strings.HasPrefix(text, "Exit status:\n") || !strings.HasSuffix(text, "\n") {
		t.Errorf("%s needs an example, and a section that begins with \"Exit status:\" and ends its last line", name)
	}
	last := -1
	for _, line := range strings.Split(text, "\n") {
		m := statusLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		status, _ := strconv.Atoi(m[1])
		if status <= last || strings.Index(line, m[2]) != len("  127  ") {
			t.Errorf("%s: status %q is out of order or column", name, line)
		}
		last = status
	}
	for _, common := range []string{"\n  64   the command line is wrong", "\n  73   "} {
		if !strings.Contains(text, common) {
			t.Errorf("%s does not tell the status %q", name, common)
		}
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
		for i, line := range strings.Split(helpPage(cmd), "\n") {
			if width := len([]rune(line)); width > pageWidth {
				t.Errorf("%s: line %d of the page has %d characters, more than %d: %s", name, i+1, width, pageWidth, line)
			}
		}
		if cmd.Runnable() {
			checkEnd(t, name, cmd)
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(root)
}
