package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// movedVariable tells a bench that it runs in a mount namespace of its own
// already, and where its memory is.
const movedVariable = "BENCH_MEMORY"

// errSaid is an error that the bench which ran in another namespace has told of.
var errSaid = errors.New("failed")

// inMemory returns a directory in memory: a file system that has to find
// blocks for what is created would drown the calls that are measured. /dev/shm
// does not do, because the broker takes every path below /dev for a device
// until it has looked. So root gets a tmpfs of its own, in a mount namespace
// that ends with this process; for that bench runs itself once more, and ran is
// true when that has happened and ended with err. Others get a directory for
// temporary files. The caller removes the directory.
func inMemory() (dir string, ran bool, err error) {
	if dir = os.Getenv(movedVariable); dir != "" {
		if err := mountMemory(dir); err != nil {
			fmt.Fprintln(os.Stderr, "bench: the disk plays a part:", err)
		}
		return dir, false, nil
	}
	if dir, err = os.MkdirTemp("", "broker-bench-"); err != nil {
		return "", false, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil || os.Geteuid() != 0 { // rules are about canonical paths
		return dir, false, err
	}
	self, err := os.Executable()
	if err != nil {
		return dir, false, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), movedVariable+"="+dir)
	cmd.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if err = cmd.Start(); errors.Is(err, unix.EPERM) {
		return dir, false, nil // a container without the right to mount
	}
	if err == nil && cmd.Wait() != nil {
		err = errSaid
	}
	_ = os.RemoveAll(dir)
	return "", true, err
}

func mountMemory(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to this process: %w", err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount a tmpfs on %s: %w", dir, err)
	}
	return nil
}
