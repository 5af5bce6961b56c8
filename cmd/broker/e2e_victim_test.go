package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var victimBuilds sync.Map // by name: *victimBuild

type victimBuild struct {
	once sync.Once
	path string
	err  error
}

// victim builds a program of testdata/victims once: NAME.c, or a folder NAME
// that holds a Go program. Every user may execute it.
func victim(t *testing.T, name string) string {
	t.Helper()
	entry, _ := victimBuilds.LoadOrStore(name, new(victimBuild))
	b := entry.(*victimBuild)
	dir := filepath.Join(builtDir(t), "victims")
	b.once.Do(func() {
		if b.err = os.MkdirAll(dir, 0o755); b.err != nil {
			return
		}
		b.path = filepath.Join(dir, name)
		source := filepath.Join(victims, name)
		build := exec.Command("go", "build", "-o", b.path, "./"+source)
		if _, err := os.Stat(source + ".c"); err == nil {
			build = exec.Command("gcc", "-O2", "-pthread", "-Wall", "-Wextra", "-Werror", "-o", b.path, source+".c")
		}
		if out, err := build.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("%s: %w\n%s", build, err, strings.TrimSpace(string(out)))
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

const victimRules = `extends = ["builtin:base"]

allow "victims" {
  access = ["read", "exec"]
  path   = ["%s/victims/**", "/bin/{sh,dash,true}"]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["${cwd}/**", "${tmp}/**"]
}

allow "a device node" { # needs its whole path spelled out
  access = ["create"]
  path   = ["${cwd}/open/device"]
}
`

// victimPolicy writes rules that let victims do all they like in the
// workspace, and nothing elsewhere.
func (w *workspace) victimPolicy(t *testing.T) string {
	t.Helper()
	file := filepath.Join(w.base, "victim.hcl")
	if err := os.WriteFile(file, fmt.Appendf(nil, victimRules, builtDir(t)), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// eachUser runs a test in a fresh workspace as every user.
func eachUser(t *testing.T, test func(t *testing.T, w *workspace)) {
	t.Helper()
	for _, who := range identities() {
		t.Run(who.name, func(t *testing.T) {
			w := newWorkspace(t, who)
			w.reset(t, "")
			test(t, w)
		})
	}
}
