package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

// The pages under docs are checked piece by piece: every block of HCL is loaded,
// and every table that begins with one of these words is compared with the code:
//
//	attribute, block, class, later, variable, function, set, limit: the rows are all there are
//	pattern | matches | does not match: the matcher says so
//	written | error: the pattern has that error
//	access | path | verdict, or program | access | path | verdict, or with argv or call: the block above decides so
//
// A block is marked with what loading it gives: ```hcl loads without a word,
// ```hcl error and ```hcl warning have all of their summaries quoted in the text
// below, and ```hcl name.hcl is a file that the page's other blocks extend.

// docVars and docOdd are the user and the variable of the pages.
var docVars = Vars{Home: "/home/ann", Cwd: "/home/ann/shop", Project: "/home/ann/shop", Tmp: "/tmp", User: "ann", UID: 1000}

const docOdd = "/srv/a*{b,c}"

// docOptions are those of the pages' machine, with the classes that the pages say this version has.
func docOptions(t *testing.T, file string) Options {
	known := []string{"@default", "@ipc", "@module", "@keyring", "@clock", "personality", "kexec_load", "mbind", "set_mempolicy",
		"sched_setscheduler", "prctl", "socket", "setuid", "uname", "sysinfo", "chown", "lchown", "fchown", "fchownat", "mkdir", "connect", "bind"}
	return Options{
		Files: []string{file}, Vars: docVars, Classes: docClasses(t),
		Env: func(name string) (string, bool) { return docOdd, name == "ODD" },
		Canonical: func(path string) string {
			for _, link := range []string{"/bin", "/lib", "/lib64", "/sbin"} {
				if path == link || strings.HasPrefix(path, link+"/") {
					return "/usr" + path
				}
			}
			return path
		},
		KnownCall: func(name string) bool { return slices.Contains(known, name) },
		CallNames: func() []string { return known },
	}
}

func docClasses(t *testing.T) (all Access) {
	t.Helper()
	for _, p := range docPages(t)["classes.md"] {
		if p.table == nil || p.table[0][0] != "class" {
			continue
		}
		for _, row := range p.table[1:] {
			class, ok := ParseAccess(code(row[0])[0])
			if !ok {
				t.Fatalf("classes.md: no class %s", row[0])
			}
			all |= class
		}
	}
	return all
}

// TestDocsExamples loads every block and asks it what the tables below it say;
// those of the project's own README as well.
func TestDocsExamples(t *testing.T) {
	pages := docPages(t)
	top, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages["../README.md"] = docPieces(string(top))
	for name, pieces := range pages {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, p := range pieces {
				if file, ok := strings.CutPrefix(p.fence, "hcl "); ok && strings.HasSuffix(file, ".hcl") {
					write(t, filepath.Join(dir, file), p.text)
				}
			}
			var policy *Policy
			for i, p := range pieces {
				switch {
				case p.isHCL():
					policy = loadExample(t, dir, p, pieces[i+1:])
				case p.fence != "" && p.fence != "console":
					t.Errorf("line %d: a block of %q", p.line, p.fence)
				case p.table != nil && slices.Contains(p.table[0], "verdict"):
					checkVerdicts(t, policy, p)
				}
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// loadExample loads a block and compares its diagnostics with its mark and the
// text below it.
func loadExample(t *testing.T, dir string, p piece, below []piece) *Policy {
	t.Helper()
	file := filepath.Join(dir, "example.hcl")
	write(t, file, p.text)
	policy, diags := Load(docOptions(t, file))
	want := hcl.DiagInvalid
	switch strings.TrimPrefix(p.fence, "hcl ") {
	case "error":
		want = hcl.DiagError
	case "warning":
		want = hcl.DiagWarning
	}
	if formatted, _ := Format(file, []byte(p.text)); want != hcl.DiagError && string(formatted) != p.text {
		t.Errorf("line %d: the example is not in the form of broker fmt:\n%s", p.line, cmp.Diff(string(formatted), p.text))
	}
	if want == hcl.DiagInvalid {
		if len(diags.All()) > 0 {
			t.Errorf("line %d:\n%s", p.line, render(t, diags))
		}
		return policy
	}
	text := ""
	for _, b := range below {
		if b.fence != "" || strings.HasPrefix(b.text, "#") {
			break
		}
		text += b.text
	}
	if len(diags.All()) == 0 {
		t.Errorf("line %d: loads without a word", p.line)
	}
	for _, d := range diags.All() {
		if d.Severity != want || !slices.Contains(code(text), d.Summary) {
			t.Errorf("line %d: %q is not what the text says", p.line, d.Summary)
		}
	}
	return policy
}

// checkVerdicts asks policy every row of a table.
func checkVerdicts(t *testing.T, policy *Policy, p piece) {
	t.Helper()
	if policy == nil {
		t.Fatalf("line %d: no rules above", p.line)
	}
	for i, row := range p.table[1:] {
		q := &Query{}
		got := make([]string, len(row))
		copy(got, row)
		for k, column := range p.table[0] {
			switch value := strings.Trim(row[k], "`"); column {
			case "program":
				q.Scope = policy.Program([]byte(value))
			case "access":
				for _, class := range strings.Split(value, ", ") {
					one, ok := ParseAccess(class)
					if !ok {
						t.Fatalf("line %d: no class %q", p.line+2+i, class)
					}
					q.Access |= one
				}
			case "path":
				q.Path = []byte(value)
			case "address":
				q.Address = mustAddress(t, value)
			case "host":
				q.Address.Hosts = strings.Fields(value)
			case "call":
				q.Syscall = value
			case "argv":
				q.Scope = policy.WithArgv(q.Scope, argvOf(strings.Fields(value)...))
			case "verdict":
				d := policy.Decide(q)
				got[k] = d.Verdict.String() + ", no rule"
				if d.Rule != nil {
					got[k] = fmt.Sprintf("%s %q", d.Verdict, d.Rule.Name)
				}
			default:
				t.Fatalf("line %d: a column %q", p.line, column)
			}
		}
		if !slices.Equal(got, row) {
			t.Errorf("line %d: %s: really %s", p.line+2+i, strings.Join(row, " | "), got[len(got)-1])
		}
	}
}

// TestDocsPatterns has the matcher check the tables of patterns.
func TestDocsPatterns(t *testing.T) {
	matched, wrong := 0, 0
	for _, p := range docPages(t)["patterns.md"] {
		if p.table == nil {
			continue
		}
		for i, row := range p.table[1:] {
			line := p.line + 2 + i
			switch head := strings.Join(p.table[0], "|"); head {
			case "pattern|matches|does not match":
				m := compileOne(t, code(row[0])[0])
				for k, want := range []bool{true, false} {
					for _, path := range code(row[1+k]) {
						if matched++; m.matches(path) != want {
							t.Errorf("line %d: %s and %s", line, row[0], path)
						}
					}
				}
			case "written|error":
				wrong++
				_, err := parsePattern(code(row[0])[0])
				pe, ok := err.(*patternError)
				if !ok || "`"+pe.summary+"`" != row[1] {
					t.Errorf("line %d: %s: really %v", line, row[0], err)
				}
			}
		}
	}
	if matched == 0 || wrong == 0 {
		t.Error("the tables are gone")
	}
}

// TestDocsAddresses has the matcher check the tables of addresses.
func TestDocsAddresses(t *testing.T) {
	matched, wrong := 0, 0
	for _, p := range docPages(t)["addresses.md"] {
		if p.table == nil {
			continue
		}
		for i, row := range p.table[1:] {
			line := p.line + 2 + i
			switch strings.Join(p.table[0], "|") {
			case "pattern|matches|does not match":
				policy := mustLoad(t, addressRule("allow", "a", "connect", `"`+code(row[0])[0]+`"`), addressOptions)
				for k, want := range []Verdict{Allow, Deny} {
					for _, text := range code(row[1+k]) {
						if matched++; policy.Decide(&Query{Access: Connect, Address: mustAddress(t, text)}).Verdict != want {
							t.Errorf("line %d: %s and %s", line, row[0], text)
						}
					}
				}
			case "written|error":
				wrong++
				_, diags := loadText(t, addressRule("allow", "a", "connect", `"`+code(row[0])[0]+`"`), addressOptions)
				if all := diags.All(); len(all) != 1 || "`"+all[0].Summary+"`" != row[1] {
					t.Errorf("line %d: %s: really %v", line, row[0], all)
				}
			}
		}
	}
	if matched == 0 || wrong == 0 {
		t.Error("the tables are gone")
	}
}

// TestDocsTables: the tables of words list what the decoder knows, no more and
// no less.
func TestDocsTables(t *testing.T) {
	var builtins, functions []string
	for _, b := range Builtins() {
		builtins = append(builtins, builtinPrefix+b)
	}
	for f := range new(loader).functions(false) {
		functions = append(functions, f)
	}
	want := map[string][]string{
		"README.md attribute":   fileAttributes,
		"README.md block":       fileBlocks,
		"allow.md attribute":    ruleAttributes["allow"],
		"deny.md attribute":     ruleAttributes["deny"],
		"emulate.md attribute":  ruleAttributes["emulate"],
		"syscalls.md attribute": syscallsAttributes,
		"test.md attribute":     testAttributes,
		"program.md block":      programBlocks,
		"variables.md variable": variableNames,
		"variables.md function": functions,
		"extends.md set":        builtins,
		"classes.md class":      classNames[:],
	}
	got := make(map[string][]string)
	word := regexp.MustCompile(`^[a-z:]+[0-9]?`)
	for name, pieces := range docPages(t) {
		for _, p := range pieces {
			if p.table == nil {
				continue
			}
			key := name + " " + p.table[0][0]
			if _, ok := want[key]; !ok {
				if slices.Contains([]string{"attribute", "block", "class", "later", "variable", "function", "set"}, p.table[0][0]) {
					t.Errorf("%s:%d: a table that nothing checks", name, p.line)
				}
				continue
			}
			for _, row := range p.table[1:] {
				got[key] = append(got[key], word.FindString(code(row[0])[0]))
			}
		}
	}
	for key := range want {
		slices.Sort(got[key])
		got[key] = slices.Compact(got[key]) // env has two rows
		want[key] = slices.Sorted(slices.Values(want[key]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-code +pages:\n%s", diff)
	}
}
