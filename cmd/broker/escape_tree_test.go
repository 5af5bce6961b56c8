package main

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const escapeSources = "../../testdata/escape"

// escapeTree is the ground that one run of a program plays on.
//
//	data      the rules open it for everything
//	read      may be read
//	rewrite   may be read and written, nothing created
//	hide      no rule names it (but one file, for its errno)
//	keep      the rules open it, but for its vaults
//	database… names that begin like an allowed one
type escapeTree struct {
	root, rules, log, token string
}

const escapePolicy = `extends = ["builtin:base"]

allow "programs" {
  access = ["read", "exec"]
  path   = ["%[2]s/**"]
}

allow "data" {
  access = ["read", "write", "create", "remove", "attr", "exec"]
  path   = ["%[1]s/data/**"]
}

allow "loader" { # running it must not mean running anything
  access = ["exec"]
  path   = ["/lib64/ld-linux-x86-64.so.2"]
}

allow "readable" {
  access = ["read"]
  path   = ["%[1]s/read/**", "%[1]s/exact"]
}

allow "rewritable" {
  access = ["read", "write"]
  path   = ["%[1]s/rewrite/**"]
}

allow "keep" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["%[1]s/keep/**"]
}

deny "vaults" {
  access = ["read", "write"]
  path   = ["%[1]s/keep/vault/**", "%[1]s/keep/deep/**/vault/**"]
}

deny "named" {
  access = ["read"]
  path   = ["%[1]s/hide/named"]
  errno  = "ENOENT"
}
`

// networkEscapePolicy is for the programs that use sockets.
const networkEscapePolicy = `
allow "servers" {
  access  = ["bind"]
  address = ["127.0.0.0/8", "unix:%[1]s/data/**", "unix:@*"]
}

allow "open" {
  access  = ["connect"]
  address = ["127.0.0.3", "0.0.0.0", "[::]", "unix:%[1]s/data/open*", "unix:%[1]s/data/open*/**", "unix:@open-*"]
}
`

// shellEscapePolicy is for the programs that start shells.
const shellEscapePolicy = `
allow "shell" {
  access = ["read", "exec"]
  path   = ["/bin/{sh,dash}"]
}
`

// swapEscapePolicy is for the program that exchanges what it executes.
const swapEscapePolicy = `
deny "bad" {
  access = ["exec"]
  path   = ["%[1]s/data/bad/**"]
}
`

// consoleEscapePolicy is for the program that needs the console.
const consoleEscapePolicy = `
allow "console" {
  access = ["read", "write"]
  path   = ["/dev/tty0"]
}
`

func newEscapeTree(t *testing.T, who identity) *escapeTree {
	t.Helper()
	root, err := worldReadableTemp("broker-escape-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	tree := &escapeTree{
		root:  root,
		rules: filepath.Join(root, "rules/app.hcl"),
		log:   filepath.Join(root, "log/audit.jsonl"),
		token: "SECRET-" + rand.Text(),
	}
	tree.write(t, "data/target", "allowed", 0o644)
	tree.write(t, "exact", "allowed", 0o644)
	for _, name := range []string{
		"hide/target", "hide/named", "database/target", "data.target", "data-target",
		"data /target", "dat/target", "exactly", "exac",
	} {
		tree.write(t, name, tree.token, 0o644)
	}
	for _, name := range []string{"keep/vault/target", "keep/deep/er/vault/target"} {
		tree.write(t, name, tree.token, 0o644)
	}
	for _, name := range paintedNames {
		tree.write(t, "hide/"+name, tree.token, 0o644)
	}
	tree.write(t, "keep/open/file", "allowed", 0o644)
	if err := os.Symlink("../data/target", filepath.Join(root, "hide/alias")); err != nil {
		t.Fatal(err)
	}
	tree.write(t, "read/target", "allowed", 0o644)
	tree.write(t, "rewrite/target", "allowed", 0o644)
	tree.write(t, "hide/victim", "victim", 0o644)
	tree.copy(t, "data/prog", escapeProgram(t, "good"))
	tree.copy(t, "hide/prog", escapeProgram(t, "evil"))
	tree.copy(t, "read/prog", escapeProgram(t, "evil"))
	tree.mkdir(t, "hide/empty")
	tree.mkdir(t, "log")
	tree.write(t, "rules/app.hcl", fmt.Sprintf(escapePolicy, root, escapeBin(t)), 0o644)
	tree.write(t, "rules/network.hcl", fmt.Sprintf(networkEscapePolicy, root), 0o644)
	tree.write(t, "rules/shell.hcl", shellEscapePolicy, 0o644)
	tree.write(t, "rules/swap.hcl", fmt.Sprintf(swapEscapePolicy, root), 0o644)
	tree.write(t, "rules/console.hcl", consoleEscapePolicy, 0o644)
	tree.finish(t, who)
	return tree
}

func (e *escapeTree) mkdir(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(e.root, name), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (e *escapeTree) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	e.mkdir(t, filepath.Dir(name))
	if err := os.WriteFile(filepath.Join(e.root, name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func (e *escapeTree) copy(t *testing.T, name, from string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	e.write(t, name, string(text), 0o755)
}

// finish gives the tree to the user who runs the program: natively only the
// owner may do what some of the programs do. Ownership comes before the
// set-user-ID bit, which a chown clears.
func (e *escapeTree) finish(t *testing.T, who identity) {
	t.Helper()
	for _, dir := range []string{"hide", "read"} {
		e.write(t, dir+"/tagged", "tagged", 0o644)
		e.write(t, dir+"/setuid", "setuid", 0o644)
	}
	err := filepath.WalkDir(e.root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, who.uid, who.gid)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"hide", "read"} {
		if err := os.Chmod(filepath.Join(e.root, dir, "setuid"), 0o755|os.ModeSetuid); err != nil {
			t.Fatal(err)
		}
		if err := unix.Setxattr(filepath.Join(e.root, dir, "tagged"), "user.escape", []byte("x"), 0); err != nil {
			t.Fatalf("%s must be on a file system with user attributes: %v", e.root, err)
		}
	}
}

// snapshot describes everything that the program may not change. The change
// time says it for all attributes at once: nobody can set it back.
func (e *escapeTree) snapshot(t *testing.T) map[string]string {
	t.Helper()
	state := map[string]string{}
	err := filepath.WalkDir(e.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(strings.TrimPrefix(path, e.root), "/")
		if name == "data" || name == "log" {
			return fs.SkipDir
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		state[name] = fmt.Sprintf("mode %o uid %d links %d changed %d.%09d", st.Mode, st.Uid, st.Nlink, st.Ctim.Sec, st.Ctim.Nsec)
		if entry.Type().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			state[name] += fmt.Sprintf(" %d bytes %.40q", len(text), text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func (e *escapeTree) compare(t *testing.T, before map[string]string) {
	t.Helper()
	if diff := cmp.Diff(before, e.snapshot(t)); diff != "" {
		t.Errorf("the program changed what it may not (-before +after):\n%s", diff)
	}
}

// compiled holds the programs, one build for all the cases.
var compiled struct {
	once sync.Once
	err  error
}

func escapeBin(t *testing.T) string {
	return filepath.Join(builtDir(t), "escape")
}

// escapeProgram returns the path of a compiled program: a source without its
// suffix, or "good" and "evil", which come from one.
func escapeProgram(t *testing.T, name string) string {
	t.Helper()
	bin := escapeBin(t)
	compiled.once.Do(func() { compiled.err = compileEscapes(bin) })
	if compiled.err != nil {
		t.Fatal(compiled.err)
	}
	return filepath.Join(bin, name)
}

// goEscapes are the programs in Go: folders.
var goEscapes = []string{"36-go"}

func compileEscapes(bin string) error {
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	sources, err := filepath.Glob(filepath.Join(escapeSources, "*.c"))
	if err != nil {
		return err
	}
	build := func(args ...string) error {
		cmd := exec.Command(args[0], args[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s (a C compiler and its headers must be installed): %w\n%s", cmd, err, out)
		}
		return nil
	}
	for _, name := range goEscapes {
		if err := build("go", "build", "-o", filepath.Join(bin, name), "./"+filepath.Join(escapeSources, name)); err != nil {
			return err
		}
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		builds := [][]string{{name}}
		if name == "prog" {
			builds = [][]string{{"good"}, {"evil", "-DEVIL"}}
		} else if name == "03-swap" {
			builds = [][]string{{name, "-static"}} // a loader would make calls before it
		}
		for _, b := range builds {
			args := append([]string{"gcc", "-O2", "-pthread", "-Wall", "-Wextra", "-Werror", "-o", filepath.Join(bin, b[0]), source}, b[1:]...)
			if err := build(args...); err != nil {
				return err
			}
		}
	}
	return nil
}
