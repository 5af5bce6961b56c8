package syscalls_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"seccomp-broker/broker"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the generated parts of the pages")

const pages = "../../rules/docs/"

// TestDocsTables: the tables of calls and of groups are what the code says.
func TestDocsTables(t *testing.T) {
	for _, c := range []struct {
		page, mark string
		lines      []string
	}{
		{"classes.md", "calls", callRows()},
		{"calls.md", "table", tableRows()},
		{"syscalls.md", "groups", groupRows()},
	} {
		text := readPage(t, c.page)
		begin := strings.Index(text, "<!-- "+c.mark+":")
		size := strings.Index(text[max(begin, 0):], "<!-- end -->")
		if begin < 0 || size < 0 {
			t.Fatalf("%s has no marks for %s", c.page, c.mark)
		}
		begin += strings.IndexByte(text[begin:], '\n') + 1
		end := strings.Index(text[begin:], "<!-- end -->") + begin
		want := "\n" + strings.Join(c.lines, "\n") + "\n\n"
		if *update {
			text = text[:begin] + want + text[end:]
			if err := os.WriteFile(pages+c.page, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, text[begin:end]); diff != "" {
			t.Errorf("%s (-code +page; rewrite with -update):\n%s", c.page, diff)
		}
	}
}

// callRows has a row for all calls that ask for the same and are done alike,
// in the order of the table.
func callRows() []string {
	type kind struct {
		access rules.Access
		effect string
	}
	var order []kind
	names := make(map[kind][]string)
	for _, c := range syscalls.Table(false) {
		k := kind{c.Access, c.Effect}
		if names[k] == nil {
			order = append(order, k)
		}
		names[k] = append(names[k], "`"+c.Name+"`")
	}
	rows := []string{"| call | may ask for | and is |", "| --- | --- | --- |"}
	for _, k := range order {
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |", strings.Join(names[k], " "), k.access, k.effect))
	}
	return rows
}

// tableRows has every column of the table.
func tableRows() []string {
	rows := []string{"| call | number | arguments | classes | a symlink at the end | is |", "| --- | --- | --- | --- | --- | --- |"}
	for _, c := range syscalls.Table(true) {
		classes := c.Access.String()
		if c.Access == 0 {
			classes = ""
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %d | %s | %s | %s | %s |", c.Name, c.Number, c.Signature, classes, c.Last, c.Effect))
	}
	return rows
}

// groupRows leaves out the groups of most calls, and those of mediated ones.
func groupRows() []string {
	rows := []string{"| group | calls | in `@default` | what the others give away |", "| --- | --- | --- | --- |"}
	for _, g := range filter.Groups() {
		if slices.Contains([]string{"@default", "@stat", "@file", "@exec"}, g) {
			continue
		}
		var names, losses []string
		allowed := 0
		add := func(reason string) {
			if !slices.Contains(losses, reason) {
				losses = append(losses, reason)
			}
		}
		for _, call := range filter.Table() {
			if call.Lift == g {
				names = append(names, "`"+call.Name+"` with new namespaces")
				continue
			}
			if !slices.Contains(call.Groups, g) {
				continue
			}
			names = append(names, "`"+call.Name+"`")
			switch {
			case slices.Contains(call.Groups, "@default"):
				allowed++
			case call.Disposition == filter.Mediated:
				add("cannot be allowed in this version")
			case call.Disposition == filter.Never:
				add("`" + call.Name + "` stays refused")
			default:
				add(call.Reason)
			}
		}
		share := "some"
		switch allowed {
		case 0:
			share = "no"
		case len(names):
			share = "yes"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", g, strings.Join(names, " "), share, strings.Join(losses, "; ")))
	}
	return rows
}

var wordRow = regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|")

// TestDocsClasses: the page promises the classes that are mediated.
func TestDocsClasses(t *testing.T) {
	table, _, ok := strings.Cut(readPage(t, "classes.md"), "## Which call")
	if !ok {
		t.Fatal("classes.md does not tell which call asks for what")
	}
	var promised rules.Access
	for _, m := range wordRow.FindAllStringSubmatch(table, -1) {
		class, ok := rules.ParseAccess(m[1])
		if !ok {
			t.Errorf("no class %q", m[1])
		}
		promised |= class
	}
	if promised != syscalls.Mediated() {
		t.Errorf("the page has %s; mediated are %s", promised, syscalls.Mediated())
	}
}

var example = regexp.MustCompile("(?ms)^```hcl( [a-z]+\\.hcl)?\n(.*?)^```$")

// TestDocsExamples: the engine takes every example, and the kernel's filter can
// be made of it. That the rules say what the pages promise is tested where they
// are.
func TestDocsExamples(t *testing.T) {
	names, err := filepath.Glob(pages + "*.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range names {
		dir := t.TempDir()
		for i, m := range example.FindAllStringSubmatch(readPage(t, filepath.Base(name)), -1) {
			file := filepath.Join(dir, "example.hcl")
			if m[1] != "" {
				file = filepath.Join(dir, strings.TrimSpace(m[1]))
			}
			if err := os.WriteFile(file, []byte(m[2]), 0o644); err != nil {
				t.Fatal(err)
			}
			policy, diags := rules.Load(rules.Options{
				Files:   []string{file},
				Vars:    rules.Vars{Home: "/home/ann", Cwd: "/srv", Project: "/srv", Tmp: "/tmp", User: "ann", UID: 1000},
				Env:     func(string) (string, bool) { return "/srv/x", true },
				Classes: syscalls.Mediated(), KnownCall: filter.Known, CallNames: filter.Names,
			})
			if diags.HasErrors() {
				t.Errorf("%s, example %d: %v", filepath.Base(name), i+1, diags)
				continue
			}
			if _, err := filter.Compile(broker.Plan(policy, true)); err != nil {
				t.Errorf("%s, example %d: %v", filepath.Base(name), i+1, err)
			}
			count++
		}
	}
	if count == 0 {
		t.Error("no examples")
	}
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(pages + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
