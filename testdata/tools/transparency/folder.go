package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// folder is the place of one run.
type folder struct {
	path string
	user account
}

func (f folder) join(name string) string { return filepath.Join(f.path, name) }

// newFolder makes an empty folder with a home and a place for files, under the
// same name every time: paths are in many names of tests.
func newFolder(dir string, user account) (folder, error) {
	f := folder{path: dir, user: user}
	if err := remove(dir); err != nil {
		return f, err
	}
	for _, name := range []string{"", "home", "tmp"} {
		if err := os.Mkdir(f.join(name), 0o755); err != nil {
			return f, err
		}
	}
	return f, user.own(dir)
}

// remove removes a folder, and what a test has mounted there and left.
func remove(dir string) error {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(mounts)) {
		words := strings.Fields(line) // proc_pid_mounts(5)
		if len(words) > 1 && strings.HasPrefix(words[1], dir+"/") {
			if err := syscall.Unmount(words[1], unix.MNT_DETACH); err != nil {
				return &os.PathError{Op: "umount", Path: words[1], Err: err}
			}
		}
	}
	return os.RemoveAll(dir)
}
