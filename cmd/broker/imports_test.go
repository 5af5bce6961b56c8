package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "seccomp-broker"

// importRule says which files may not use something. Folders are relative to
// the module and stand for all that is below them; the module's own packages
// are named in the same way.
type importRule struct {
	what   []string // import paths, or calls as "package.Name*"; a final * stands for any end
	in     []string // the folders that the rule holds for; nil for all
	except []string // folders and files that it does not hold for
	tests  bool     // it holds for tests too
	reason string
}

var importRules = []importRule{
	{
		what: []string{"rules", "broker", "cmd", "bench"}, in: []string{"notify"}, tests: true,
		reason: "the kernel's side knows no policy: it can be tested, and used, without one",
	},
	{
		what: []string{"notify", "broker", "cmd", "bench"}, in: []string{"rules"}, tests: true,
		reason: "the policy is pure: explain, lint and test must run where there is no kernel to ask",
	},
	{
		what: []string{"golang.org/x/sys*", "syscall", "os/exec", "net", "unsafe", "C"}, in: []string{"rules"},
		reason: "the policy builds on any system and decides without looking at this one",
	},
	{
		what: []string{"cmd", "bench"}, tests: true,
		reason: "commands are the end of the chain: what two of them need belongs in a package",
	},
	{
		what: []string{"notify/launch", "notify/tracee", "notify/filter", "notify/probe"}, in: []string{"notify/sys"}, tests: true,
		reason: "the door to the system calls has nobody behind it",
	},
	{
		what: []string{"notify/launch", "notify/tracee", "notify/filter", "notify/probe"}, in: []string{"notify"},
		except: []string{"notify/probe", "notify/kerneltest"},
		reason: "listener, launcher, resolver and filter stand side by side; only the probe puts them together",
	},
	{
		what:   []string{"unix.Syscall*", "unix.RawSyscall*", "syscall.Syscall*", "syscall.RawSyscall*"},
		except: []string{"notify/sys", "testdata"}, tests: true,
		reason: "one package makes raw system calls: one place to look for a wrong argument",
	},
	{
		what: []string{"unsafe"}, except: []string{"testdata", "*_unsafe.go", "*_unsafe_test.go"}, tests: true,
		reason: "a file's name says that memory safety is up to its author",
	},
	{
		what: []string{"C"}, except: []string{"notify/launch", "notify/probe"}, tests: true,
		reason: "C is for what Go's runtime cannot: run before it, and tell who sent a signal",
	},
	{
		what: []string{"github.com/spf13/*", "golang.org/x/term"}, except: []string{"cmd"}, tests: true,
		reason: "the command line and the terminal are the command's business",
	},
	{
		what: []string{"github.com/seccomp/libseccomp-golang"}, except: []string{"notify/filter", "cmd/broker/version.go", "broker/profile/export_test.go"}, tests: true,
		reason: "one package knows the library's limits; the command only prints its version",
	},
	{
		what: []string{"github.com/hashicorp/hcl/*", "github.com/zclconf/go-cty/*"}, except: []string{"rules", "broker/audit", "broker/learn", "broker/profile", "bench/budget.go", "testdata"}, tests: true,
		reason: "the language is known to those who read and write it",
	},
	{
		what: []string{"github.com/fsnotify/fsnotify"}, except: []string{"broker/reload_watch.go"},
		reason: "only rules are loaded again while somebody runs",
	},
	{
		what: []string{"gonum.org/v1/plot*"}, except: []string{"bench"}, tests: true,
		reason: "plots are drawn of measurements, never by the broker",
	},
	{
		what: []string{"github.com/hashicorp/go-hclog"}, except: []string{"broker/audit"},
		reason: "one package writes events, and escapes what targets put into them",
	},
	{
		what:   []string{"testing", "github.com/google/go-cmp/*", "github.com/bmatcuk/doublestar/*", "github.com/rogpeppe/go-internal/testscript*", "notify/kerneltest"},
		except: []string{"notify/kerneltest"},
		reason: "what helps tests is not shipped",
	},
}

// goFile is a parsed file of the module.
type goFile struct {
	name   string // relative to the module
	syntax *ast.File
	fset   *token.FileSet
}

func (f goFile) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// moduleFiles parses all Go files, those of victims under testdata included.
func moduleFiles(t *testing.T, root string) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		files = append(files, goFile{filepath.ToSlash(relative), syntax, fset})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// below reports whether a file or package is in one of the folders, or is, or
// matches the name of, one of the files.
func below(name string, places []string) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		if matched, _ := path.Match(place, path.Base(name)); matched && strings.Contains(place, ".go") {
			return true
		}
		return name == place || strings.HasPrefix(name, place+"/")
	})
}

// breaches lists what a file uses although the rule forbids it.
func (r importRule) breaches(f goFile) []string {
	if f.isTest() && !r.tests || r.in != nil && !below(f.name, r.in) || below(f.name, r.except) {
		return nil
	}
	var found []string
	report := func(at token.Pos, used string) {
		if r.forbids(used, f.name) {
			line := f.fset.Position(at).Line
			found = append(found, fmt.Sprintf("%s:%d uses %s: %s", f.name, line, used, r.reason))
		}
	}
	for _, spec := range f.syntax.Imports {
		used, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			report(spec.Pos(), used)
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := selector.X.(*ast.Ident); ok {
				report(n.Pos(), pkg.Name+"."+selector.Sel.Name)
			}
		}
		return true
	})
	return found
}

// forbids matches what is used against the rule. A package may always use
// those below itself.
func (r importRule) forbids(used, by string) bool {
	own, isOwn := strings.CutPrefix(used, module+"/")
	if isOwn && below(by, []string{own}) {
		return false
	}
	return slices.ContainsFunc(r.what, func(what string) bool {
		if start, ok := strings.CutSuffix(what, "*"); ok {
			return strings.HasPrefix(used, start)
		}
		return used == what && !isOwn || isOwn && below(own, []string{what})
	})
}

func TestImports(t *testing.T) {
	files := moduleFiles(t, "../..")
	if len(files) < 100 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, rule := range importRules {
		if rule.reason == "" {
			t.Errorf("a rule without a reason: %+v", rule)
		}
		for _, file := range files {
			for _, breach := range rule.breaches(file) {
				t.Error(breach)
			}
		}
	}
}

// Every rule can be broken: a file that does what it forbids is reported.
func TestImportRulesBite(t *testing.T) {
	for _, rule := range importRules {
		for _, what := range rule.what {
			used := strings.TrimSuffix(what, "*")
			source := fmt.Sprintf("package p\nimport _ %q\n", used)
			switch {
			case strings.HasSuffix(what, "Syscall*"):
				source = "package p\nfunc f() { " + used + "6() }\n"
			case !strings.Contains(what, ".") && slices.Contains([]string{"rules", "broker", "cmd", "bench", "notify"}, strings.Split(what, "/")[0]):
				source = fmt.Sprintf("package p\nimport _ %q\n", module+"/"+used+"/x")
			}
			folder := "elsewhere"
			if rule.in != nil {
				folder = rule.in[0]
			}
			fset := token.NewFileSet()
			syntax, err := parser.ParseFile(fset, "x.go", source, 0)
			if err != nil {
				t.Fatal(err)
			}
			name := folder + "/x.go"
			if len(rule.breaches(goFile{name, syntax, fset})) == 0 {
				t.Errorf("%s may use %s although: %s", name, what, rule.reason)
			}
			if tested := len(rule.breaches(goFile{folder + "/x_test.go", syntax, fset})) > 0; tested != rule.tests {
				t.Errorf("the test of %s, %s: %v", folder, what, tested)
			}
			for _, place := range rule.except {
				if !strings.Contains(place, ".go") {
					place += "/x.go"
				}
				if len(rule.breaches(goFile{strings.ReplaceAll(place, "*", "x"), syntax, fset})) > 0 {
					t.Errorf("%s may not use %s", place, what)
				}
			}
		}
	}
}

// Every package says what it is for.
func TestPackageDocs(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range moduleFiles(t, "../..") {
		folder := path.Dir(f.name)
		if f.isTest() || strings.Contains(f.name, "testdata/") {
			continue
		}
		documented[folder] = documented[folder] || f.syntax.Doc != nil
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("%s has no package documentation: write a doc.go", folder)
		}
	}
}
