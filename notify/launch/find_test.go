package launch_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/launch"

	"golang.org/x/sys/unix"
)

func TestFind(t *testing.T) {
	dir := kerneltest.Dir(t)
	for name, mode := range map[string]os.FileMode{"a/run": 0o755, "b/run": 0o755, "a/plain": 0o644, "b/plain": 0o755, "a/only": 0o644} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		kerneltest.Write(t, path, "#!/bin/sh\n")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "a/dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(dir, "b"))
	a, b := dir+"/a", dir+"/b"
	for _, c := range []struct {
		name, path string
		want       string
		errno      unix.Errno
	}{
		{"run", a + ":" + b, a + "/run", 0},
		{"run", b + ":" + a, b + "/run", 0},
		{"run", "/nonexistent:" + a, a + "/run", 0},
		{"run", a + "/run:" + b, b + "/run", 0}, // a file in PATH
		{"run", ":" + a, "./run", 0},            // an empty entry is here
		{"run", "", "", unix.ENOENT},
		{"plain", a + ":" + b, b + "/plain", 0}, // what cannot be run is passed over
		{"only", a + ":" + b, "", unix.EACCES},
		{"dir", a + ":" + b, "", unix.EISDIR},
		{"none", a + ":" + b, "", unix.ENOENT},
		{"", a, "", unix.ENOENT},
		{"./run", a, "./run", 0},
		{a + "/run", "", a + "/run", 0},
		{"./missing", a, "./missing", unix.ENOENT},
		{"./plain/below", a, "./plain/below", unix.ENOTDIR},
		{a + "/only", "", a + "/only", unix.EACCES},
		{a + "/dir", "", a + "/dir", unix.EISDIR},
	} {
		got, err := launch.Find(c.name, c.path)
		if c.errno == 0 && err != nil || c.errno != 0 && !errors.Is(err, c.errno) {
			t.Errorf("Find(%q, %q): %v, want %v", c.name, c.path, err, c.errno)
		}
		if got != c.want {
			t.Errorf("Find(%q, %q) = %q, want %q", c.name, c.path, got, c.want)
		}
	}
}
