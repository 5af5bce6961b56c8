package kerneltest

import (
	_ "embed" // the target's source
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

//go:embed testdata/victim.c
var victimSource string

var built struct {
	mu  sync.Mutex
	dir string
}

// scratch is a directory of the test binary, removed by [Main], that every
// user can enter.
func scratch() (string, error) {
	built.mu.Lock()
	defer built.mu.Unlock()
	if built.dir != "" {
		return built.dir, nil
	}
	dir, err := os.MkdirTemp("", "kerneltest")
	if err != nil {
		return "", err
	}
	built.dir = dir
	return dir, os.Chmod(dir, 0o755)
}

// Build compiles a C program and returns its path. Programs of the same name
// are compiled once.
func Build(t testing.TB, name, source string) string {
	t.Helper()
	dir, err := scratch()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.WriteFile(path+".c", []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("gcc", "-O1", "-Wall", "-Wno-format-overflow", "-pthread", "-o", path, path+".c").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return path
}

// Dir is a directory of the test, made by its user, that every user can
// enter.
func Dir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// TMPDIR may lead through a symlink.
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

// Write makes a file.
func Write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(fmt.Errorf("test tree: %w", err))
	}
}
