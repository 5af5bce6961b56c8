package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/launch"

	"golang.org/x/sys/unix"
)

// findCommand looks the command up as a shell does.
func findCommand(name string) (string, error) {
	path, err := launch.Find(name, os.Getenv("PATH"))
	switch {
	case err == nil:
		return path, nil
	case name == "":
		return "", exitf(statusNotFound, "the command's name is empty; write it after --, for example: broker -- ls")
	case errors.Is(err, unix.ENOENT) && !strings.Contains(name, "/"):
		hint := "write ./" + audit.Quote(name) + " for a file of this directory"
		if dir := unsearchable(os.Getenv("PATH")); dir != "" {
			hint = "and " + audit.Quote(dir) + ", which is in PATH, may not be searched by this user"
		}
		return "", exitf(statusNotFound, "%s: no such program in PATH; %s", audit.Quote(name), hint)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return "", exitf(statusNotFound, "%s: no such file", audit.Quote(name))
	case errors.Is(err, unix.EISDIR):
		return "", exitf(statusNotExec, "%s: it is a directory; name a program in it", audit.Quote(name))
	case errors.Is(err, unix.EACCES):
		return "", exitf(statusNotExec, "%s: this user may not execute it; see chmod(1), and noexec in mount(8)", audit.Quote(name))
	}
	return "", exitf(statusNotExec, "%s: %w", audit.Quote(name), err)
}

// unsearchable is the first directory of PATH that this user may not search, "" if
// there is none.
func unsearchable(searchPath string) string {
	for _, dir := range filepath.SplitList(searchPath) {
		if dir != "" && errors.Is(unix.Access(dir, unix.X_OK), unix.EACCES) {
			return dir
		}
	}
	return ""
}

// notStarted explains why execve(2) failed for a command that was found.
// refused says that the rules refused a call, which can only have been this.
func notStarted(name string, err error, refused bool) error {
	why := err.Error()
	switch {
	case refused:
		why = "the rules refuse to execute it"
	case errors.Is(err, unix.ENOEXEC):
		why = "it is in no format that the kernel executes; a script needs a first line such as #!/bin/sh"
	case errors.Is(err, unix.ENOENT):
		why = "its interpreter, which its #! line or its ELF header names, does not exist"
	}
	return exitf(statusNotExec, "%s: %s", audit.Quote(name), why)
}

// startError explains why the broker could not start the command at all, and
// tells a kernel or a user that cannot do it from a plain failure.
func startError(name string, err error) error {
	var e *launch.Error
	switch {
	case !errors.As(err, &e):
		return exitf(statusSoftware, "%s did not start: %w", audit.Quote(name), err)
	case errors.Is(err, unix.EBUSY):
		return exitf(statusUnavailable, "%s did not start: %w\n%s", audit.Quote(name), err, insideRemedy)
	}
	hint := "broker doctor tells what is missing here and what to do"
	if n := filtersOnSelf(); n != "" && n != "0" {
		hint = "a seccomp filter on this process may be why: a container's, or that of another broker; " + hint
	}
	return exitf(statusUnavailable, "%s did not start: %w\n%s", audit.Quote(name), err, hint)
}
