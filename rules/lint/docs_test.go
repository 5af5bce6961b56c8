package lint

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the page of the findings")

const page = "../docs/lint.md"

// TestDocs holds the page to the checks, which it is made from. -update
// rewrites it.
func TestDocs(t *testing.T) {
	want := writePage()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("%s is not what the checks say; go test ./rules/lint -run TestDocs -update rewrites it (-checks +page):\n%s", page, diff)
	}
}

func writePage() string {
	var b strings.Builder
	b.WriteString(pageHead)
	b.WriteString("| finding | severity | what is wrong |\n| --- | --- | --- |\n")
	for _, c := range Checks() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", c.ID, c.ID, c.Severity, c.Title)
	}
	for _, c := range Checks() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n%s\n", c.ID, c.Title, strings.TrimSpace(c.Why))
		if c.host {
			b.WriteString("\nThis depends on the machine.\n")
		}
		example(&b, "Bad:", c.Bad)
		example(&b, "Better:", c.Better)
	}
	return b.String()
}

// example writes a block as the pages' tests want it: one that loads with a
// warning quotes it.
func example(b *strings.Builder, title, text string) {
	if text == "" {
		return
	}
	fence, after := "hcl", ""
	if strings.Contains(text, `default = "allow"`) {
		fence, after = "hcl warning", "\nLoading it warns as well: `Everything without a rule is allowed`.\n"
	}
	fmt.Fprintf(b, "\n%s\n\n```%s\n%s\n```\n%s", title, fence, strings.Trim(text, "\n"), after)
}

const pageHead = `# What lint finds

` + "`broker lint FILE`" + ` finds what is right in a policy's syntax and wrong in its sense.
It compares rules as sets of paths and addresses, exactly, never as they are written:
` + "`/srv/{a,b}`" + ` and two rules for ` + "`/srv/a`" + ` and ` + "`/srv/b`" + ` are the same to it. A search that
would take too long is given up, and then nothing is reported; of policies with more than
1000 rules only single rules are looked at.

A finding holds whatever the variables are: the policy is looked at as its user, as
somebody who works in a folder of an ordinary home directory, and as somebody who works in
` + "`/`" + `. What only the machine knows is said with the finding.

Where a finding is meant, accept it on its line, on the line above, or at the head of its
rule or attribute, with the reason behind a colon; several are separated by commas:

` + "```hcl" + `
allow "work" {
  # lint:accept write-exec: a compiler runs what it has built
  access = ["read", "write", "create", "exec"]
  path   = ["${cwd}/**"]
}
` + "```" + `

The exit status is 0 where nothing is left, 1 where something is. ` + "`--level warning`" + `
leaves out what is only information, and ` + "`--explain ID`" + ` prints a page of these.

`
