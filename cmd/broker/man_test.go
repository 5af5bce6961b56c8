package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

const (
	manDir     = "man"
	rulesPages = "../../rules/docs"
)

// TestMan holds the manual pages to the texts that --help prints and to the pages
// about rules. -update rewrites them.
func TestMan(t *testing.T) {
	var end unix.WaitStatus
	root := newRoot(&end)
	root.InitDefaultHelpCmd()
	want := map[string]string{"broker-rules.5": rulesManual(t)}
	commandManuals(root, want)
	if *updateDocs {
		rewritePages(t, manDir, want)
	}
	have := readPages(t, manDir)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("the pages under %s are not what the program says (-program +pages); go test ./cmd/broker -run 'TestDocs|TestMan' -update rewrites them:\n%s", manDir, diff)
	}
}

// TestManIsReadable has the formatter read every page: it warns about what it does
// not know. A table that is wider than a page is cut by the terminal.
func TestManIsReadable(t *testing.T) {
	for name := range readPages(t, manDir) {
		cmd := exec.Command("groff", "-Kutf8", "-t", "-man", "-Tutf8", "-ww", "-Wbreak", filepath.Join(manDir, name))
		var warnings strings.Builder
		cmd.Stderr = &warnings
		text, err := cmd.Output()
		if said := wideTable.ReplaceAllString(warnings.String(), ""); err != nil || said != "" {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
		if !strings.Contains(string(text), "broker") {
			t.Errorf("%s: nothing to read", name)
		}
	}
}

var wideTable = regexp.MustCompile(`(?m)^.*warning: file .*around line \d+:\n.*table wider than line width\n`)

// commandManuals makes the page of a command and those of the commands below it.
func commandManuals(cmd *cobra.Command, pages map[string]string) {
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	pages[name+".1"] = manual(name, "1", "User Commands", commandManual(cmd, name))
	for _, child := range cmd.Commands() {
		if !child.Hidden {
			commandManuals(child, pages)
		}
	}
}

func manual(name, section, title, markdown string) string {
	head := fmt.Sprintf("%% %q %q \"\" \"broker\" %q\n", strings.ToUpper(name), section, title)
	return string(md2man.Render([]byte(head + markdown)))
}

func commandManual(cmd *cobra.Command, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# NAME\n%s - %s\n", name, strings.ToLower(cmd.Short[:1])+cmd.Short[1:])
	section := func(title, text string) {
		if text = strings.TrimRight(text, "\n "); text != "" {
			fmt.Fprintf(&b, "# %s\n```\n%s\n```\n", title, text)
		}
	}
	if cmd.Runnable() {
		section("SYNOPSIS", cmd.UseLine())
	}
	fmt.Fprintf(&b, "# DESCRIPTION\n%s\n", prose(cmd.Long))
	if cmd.Runnable() {
		cmd.InitDefaultHelpFlag()
		section("OPTIONS", cmd.LocalFlags().FlagUsagesWrapped(pageWidth-manIndent))
	}
	section("EXAMPLES", cmd.Example)
	for title, text := range afterSections(cmd) {
		section(strings.ToUpper(title), text)
	}
	var also []string
	if cmd.HasParent() {
		also = append(also, strings.ReplaceAll(cmd.Parent().CommandPath(), " ", "-")+"(1)")
	}
	for _, child := range cmd.Commands() {
		if !child.Hidden {
			also = append(also, strings.ReplaceAll(child.CommandPath(), " ", "-")+"(1)")
		}
	}
	fmt.Fprintf(&b, "# SEE ALSO\n%s\n", strings.Join(append(also, "broker-rules(5)"), ", "))
	return b.String()
}

// manIndent is how far man indents the text of a section.
const manIndent = 7

// marks mean something in Markdown and nothing in the texts.
var marks = regexp.MustCompile("[\\\\`*_\\[\\]<>#|]")

// prose lets a terminal of any width fill the paragraphs of a text; what is
// indented in it stays as it is.
func prose(text string) string {
	var b strings.Builder
	for para := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		switch lead, list, ok := strings.Cut("\n"+para, "\n  "); {
		case ok:
			fmt.Fprintf(&b, "%s\n```\n  %s\n```\n", marks.ReplaceAllString(lead, `\$0`), list)
		default:
			fmt.Fprintf(&b, "%s\n\n", marks.ReplaceAllString(para, `\$0`))
		}
	}
	return b.String()
}

// pageLink is a row of the index of the pages about rules.
var pageLink = regexp.MustCompile(`\]\(([a-z-]+\.md)[^)]*\)`)

// link is any link; only its text goes into a manual page.
var link = regexp.MustCompile(`\[([^\]]+)\]\([^)]*\)`)

// rulesManual joins the pages about rules, in the order of their index.
func rulesManual(t *testing.T) string {
	t.Helper()
	index := readText(t, filepath.Join(rulesPages, "README.md"))
	pages := []string{index}
	seen := map[string]bool{}
	for _, m := range pageLink.FindAllStringSubmatch(index, -1) {
		if !seen[m[1]] {
			seen[m[1]] = true
			pages = append(pages, readText(t, filepath.Join(rulesPages, m[1])))
		}
	}
	var b strings.Builder
	b.WriteString("# NAME\nbroker-rules - the rule language of broker\n")
	for _, p := range pages {
		b.WriteString(link.ReplaceAllString(p, "$1"))
		b.WriteString("\n")
	}
	b.WriteString("# SEE ALSO\nbroker(1)\n")
	return manual("broker-rules", "5", "File Formats", b.String())
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readPages reads a directory of pages by name.
func readPages(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, name := range names {
		pages[filepath.Base(name)] = readText(t, name)
	}
	return pages
}
