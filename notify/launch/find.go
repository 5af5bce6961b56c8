package launch

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Find looks a command up as a shell does: a name with a slash is a path, any
// other is sought along searchPath (the value of PATH; an empty entry means
// the current directory). The error unwraps to ENOENT when there is no such
// file, and to EACCES or EISDIR when there is one that cannot be executed.
func Find(name, searchPath string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	if name == "" {
		return "", unix.ENOENT
	}
	var first error = unix.ENOENT
	for _, dir := range filepath.SplitList(searchPath) {
		if dir == "" {
			dir = "."
		}
		path := dir + "/" + name
		err := executable(path)
		if err == nil {
			return path, nil
		}
		// Of a directory that this user may not search nobody knows what it holds.
		if _, unseen := os.Stat(path); unseen == nil && first == unix.ENOENT {
			first = err
		}
	}
	return "", first
}

// executable reports why path cannot be executed, nil if it seems it can.
// The kernel has the last word, at execve(2).
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		if e, ok := unwrapErrno(err); ok {
			return e
		}
		return err
	}
	if info.IsDir() {
		return unix.EISDIR
	}
	return unix.Access(path, unix.X_OK)
}

func unwrapErrno(err error) (unix.Errno, bool) {
	if pe, ok := err.(*os.PathError); ok {
		e, ok := pe.Err.(unix.Errno)
		return e, ok
	}
	return 0, false
}
