package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const execRules = `extends = ["builtin:base"]

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**", "${tmp}/**", "%[1]s/victims/**", "/proc/self/exe", "/dev/null"]
}

allow "run" {
  access = ["exec"]
  path   = ["/**"]
  %[2]s
}

allow "the checker's own" {
  access = ["exec"]
  path   = ["%[1]s/victims/**"]
  argv   = ["*/exec", "*"]
}
`

// execPolicy lets everything be executed; argv is an attribute for that rule, so
// that arguments have to be read and matched before anything runs.
func (w *workspace) execPolicy(t *testing.T, argv string) string {
	t.Helper()
	file := filepath.Join(w.base, "exec.hcl")
	if err := os.WriteFile(file, fmt.Appendf(nil, execRules, builtDir(t), argv), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

var execHarmless = append([]*regexp.Regexp{
	regexp.MustCompile(`^error .* EACCES the executable cannot be read`),
	regexp.MustCompile(`^invalid `),
}, badArguments...)

// TestExec has a victim execute files of every kind in every way: programs,
// links, descriptors, scripts whose line is anything, chains of them. What runs,
// with which arguments, or which error comes back is what the kernel alone says,
// whether rules ask for arguments or not.
func TestExec(t *testing.T) {
	for _, c := range []struct{ name, argv string }{
		{"path", ""},
		{"argv", `argv = ["**"]`},
	} {
		for _, kind := range []string{"lines", "length", "chain", "ways", "check", "arguments"} {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				eachUser(t, func(t *testing.T, w *workspace) {
					args := []string{victim(t, "exec"), kind}
					native := w.run(t, args...)
					w.reset(t, "")
					broker := w.run(t, w.underBroker(t, w.execPolicy(t, c.argv), args...)...)
					compareOutcomes(t, native, broker)
					w.checkNoRefusals(t, execHarmless)
					if native.Status != 0 || strings.Count(native.Stdout, "\n") < 6 || !strings.Contains(native.Stdout, "runs [") {
						t.Errorf("natively status %d: %s%s", native.Status, tail(native.Stdout), native.Stderr)
					}
				})
			})
		}
	}
}

// TestExecRefused pins what is refused although rules name every path: what has
// no path, what cannot be read, and arguments that cannot be.
func TestExecRefused(t *testing.T) {
	for _, c := range []struct {
		kind, argv   string
		native, root string // root: where it differs from user
		broker       string
	}{
		{"refused", "", "memfd by /proc: runs [show]\nsealed memfd: runs [show]\nexecute only: runs [show]\n",
			"memfd by /proc: EACCES\nsealed memfd: EACCES\nexecute only: runs [show]\n",
			"memfd by /proc: EACCES\nsealed memfd: EACCES\nexecute only: EACCES\n"},
		{"unjudged", `argv = ["**"]`, "bad pointer: EFAULT\nbad vector: EFAULT\ntoo many: runs with 5000\n", "",
			"bad pointer: EACCES\nbad vector: EACCES\ntoo many: EACCES\n"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) {
				args := []string{victim(t, "exec"), c.kind}
				if native := w.run(t, args...); native.Stdout != c.native {
					t.Errorf("natively %q, want %q", native.Stdout, c.native)
				}
				w.reset(t, "")
				want := c.broker
				if w.who.uid == 0 && c.root != "" {
					want = c.root
				}
				if got := w.run(t, w.underBroker(t, w.execPolicy(t, c.argv), args...)...); got.Stdout != want {
					t.Errorf("under the broker %q, want %q", got.Stdout, want)
				}
				refused := 0
				for _, e := range w.audit(t) {
					if e.Action != "allowed" {
						refused++
					}
				}
				if refused < strings.Count(want, "EACCES") {
					t.Errorf("%d records of refusals", refused)
				}
			})
		})
	}
}

// swaps are the ways to exchange what is executed, once it was approved.
func swaps() (list []escape) {
	for _, subcase := range []string{"race-elf", "race-script", "race-text", "race-fork", "race-directory", "race-unreadable"} {
		list = append(list, escape{program: "03-swap", subcase: subcase, extra: "swap.hcl", mayBeKilled: true})
	}
	return list
}

// swapRuns is how often a race is run until it has succeeded once in executing
// the forbidden image.
const swapRuns = 40

// TestExecSwap runs each exchange until the kernel has executed what was not
// approved. Then everything is killed, an audit record says why, and the image
// has done nothing that the broker would have had to let through.
func TestExecSwap(t *testing.T) {
	for _, c := range swaps() {
		t.Run(c.subcase, func(t *testing.T) {
			eachIdentity(t, func(t *testing.T, who identity) {
				for run := range swapRuns {
					tree := newEscapeTree(t, who)
					out := runEscape(t, c, tree, who, c.underBroker(t, tree), 0)
					if made, _ := filepath.Glob(filepath.Join(tree.root, "data", "mark-*")); len(made) > 0 {
						t.Fatalf("run %d: the forbidden image has made %s:\n%s", run, made, out)
					}
					if !c.endedByForce(out) {
						if v := out.verdict(t); v.wins > 0 {
							t.Fatalf("run %d: %s", run, out)
						}
						continue
					}
					text, err := os.ReadFile(tree.log)
					if err != nil {
						t.Fatal(err)
					}
					if !strings.Contains(string(text), `"reason":"another image runs than the one that was approved: everything is killed"`) {
						t.Errorf("killed without a record:\n%s", tail(string(text)))
					}
					t.Logf("run %d executed it", run)
					return
				}
				t.Errorf("nothing forbidden was executed in %d runs: the test shows nothing", swapRuns)
			})
		})
	}
}
