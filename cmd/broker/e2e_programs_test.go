package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// program is a real program that runs natively and under an example policy.
type program struct {
	name    string // of the folder under testdata/victims
	policy  string
	command []string
	needs   []string // executables besides the command's
	env     func(t *testing.T, w *workspace) []string
	prepare func(t *testing.T, w *workspace)

	// normal makes outputs comparable where they cannot be equal.
	normal []replacement
	skip   string // what of the tree is not compared
	vague  string // of which the content is not
	// harmless refusals: what programs try on the chance that it works.
	harmless []string
}

type replacement struct {
	pattern *regexp.Regexp
	with    string
}

func replace(pattern, with string) replacement {
	return replacement{regexp.MustCompile(pattern), with}
}

var realPrograms = []program{
	{name: "bash", policy: "shell", command: []string{"/bin/bash", "run.sh"}},
	{
		name: "python", policy: "python", command: []string{"/usr/bin/python3", "main.py"},
		vague: `__pycache__|stock\.db$`,
	},
	{name: "gcc", policy: "gcc", command: []string{"/bin/sh", "run.sh"}, needs: []string{"gcc", "nm"}},
	{name: "make", policy: "make", command: []string{"/bin/sh", "run.sh"}, needs: []string{"make", "gcc"}},
	{
		name: "git", policy: "git", command: []string{"/bin/sh", "run.sh"}, needs: []string{"git"},
		vague: `/index$`, // it holds times and inode numbers
	},
	{
		name: "go", policy: "go", command: []string{"/bin/sh", "run.sh"},
		env: goEnvironment, prepare: warmGoCache, skip: `^(tmp/cache|home/\.config/go/telemetry)/`,
		normal: []replacement{replace(`(?m)^(ok .*\t)[0-9.]+s$`, "${1}0s")},
	},
	{
		name: "node", policy: "node", command: []string{"/usr/bin/node", "main.js"},
	},
	{name: "tar", policy: "tar", command: []string{"/bin/sh", "run.sh"}, vague: `\.tar$`},
	{name: "sqlite", policy: "sqlite", command: []string{"/bin/sh", "run.sh"}, needs: []string{"sqlite3"}},
}

// TestPrograms runs every program twice, as every user, and compares all that
// can be seen of it. Under the broker nothing it needs is refused.
func TestPrograms(t *testing.T) {
	for _, p := range realPrograms {
		t.Run(p.name, func(t *testing.T) {
			for _, who := range identities() {
				t.Run(who.name, func(t *testing.T) { p.compare(t, who) })
			}
		})
	}
}

func (p program) compare(t *testing.T, who identity) {
	for _, name := range append([]string{p.command[0]}, p.needs...) {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%v: make test installs it", err)
		}
	}
	w := newWorkspace(t, who)
	if p.env != nil {
		w.env = append(w.env, p.env(t, w)...)
	}
	native := p.runOnce(t, w, p.command)
	broker := p.runOnce(t, w, w.underBroker(t, policyFile(t, p.policy), p.command...))
	compareOutcomes(t, native, broker)
	var harmless []*regexp.Regexp
	for _, text := range p.harmless {
		harmless = append(harmless, regexp.MustCompile(text))
	}
	w.checkNoRefusals(t, harmless)
	if len(native.Stdout) == 0 {
		t.Error("the program printed nothing, so nothing was compared")
	}
	if t.Failed() {
		t.Logf("native: status %d\n%s\nstderr:\n%s", native.Status, tail(native.Stdout), tail(native.Stderr))
	}
}

func (p program) runOnce(t *testing.T, w *workspace, args []string) outcome {
	t.Helper()
	return p.runWith(t, w, args, runToEnd)
}

func runToEnd(t *testing.T, w *workspace, args []string) outcome {
	t.Helper()
	return w.run(t, args...)
}

// runWith runs the program in a new workspace, in the way that drive does it.
func (p program) runWith(t *testing.T, w *workspace, args []string, drive func(*testing.T, *workspace, []string) outcome) outcome {
	t.Helper()
	w.reset(t, filepath.Join(victims, p.name))
	if p.prepare != nil {
		p.prepare(t, w)
	}
	o := drive(t, w, args)
	for _, r := range p.normal {
		o.Stdout = r.pattern.ReplaceAllString(o.Stdout, r.with)
		o.Stderr = r.pattern.ReplaceAllString(o.Stderr, r.with)
	}
	o.Tree = w.snapshot(t, optional(p.skip), optional(p.vague))
	return o
}

func optional(pattern string) *regexp.Regexp {
	if pattern == "" {
		return nil
	}
	return regexp.MustCompile(pattern)
}

// goEnvironment is for builds that need nothing from elsewhere.
func goEnvironment(t *testing.T, w *workspace) []string {
	t.Helper()
	root := goRoot(t)
	return []string{
		"PATH=" + filepath.Join(root, "bin") + ":/usr/bin:/bin", "GOROOT=" + root,
		"GOCACHE=" + filepath.Join(w.tmp, "cache"), "GOPATH=" + filepath.Join(w.home, "go"),
		"GOFLAGS=-mod=mod", "GOPROXY=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOTELEMETRY=off",
	}
}

// goRoot is the toolchain's directory, which must be readable for everybody.
func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	root, err := filepath.EvalSymlinks(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	for dir := root; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o005 != 0o005 && os.Geteuid() == 0 {
			t.Skipf("missing: a Go toolchain that every user may read, %s is closed", dir)
		}
	}
	return root
}

// warmed is a build cache with the standard library in it.
var warmed struct {
	once sync.Once
	dir  string
	err  error
}

// warmGoCache gives a run a private build cache that holds the standard
// library already: the run is about the broker, not about the compiler's
// speed. The module's own packages are not in it, since their directory is
// part of what the cache knows them by.
func warmGoCache(t *testing.T, w *workspace) {
	t.Helper()
	warmed.once.Do(func() {
		warmed.dir = filepath.Join(builtDir(t), "gocache")
		cmd := exec.Command("/bin/sh", "run.sh")
		cmd.Dir = filepath.Join(builtDir(t), "gomodule")
		cmd.Env = append(append(os.Environ(), w.env...), "GOCACHE="+warmed.dir)
		if warmed.err = os.CopyFS(cmd.Dir, os.DirFS(filepath.Join(victims, "go"))); warmed.err != nil {
			return
		}
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != goScriptStatus {
			warmed.err = fmt.Errorf("fill a build cache: %w", err)
		}
	})
	if warmed.err != nil {
		t.Fatal(warmed.err)
	}
	if err := os.CopyFS(filepath.Join(w.tmp, "cache"), os.DirFS(warmed.dir)); err != nil {
		t.Fatal(err)
	}
	w.own(t, w.tmp)
}

// goScriptStatus is what the script of the Go module ends with.
const goScriptStatus = 5
