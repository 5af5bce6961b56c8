package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Exit statuses. A command's own status is passed on; these are the broker's,
// as sysexits(3) and shells have them.
const (
	statusUsage       = 64  // EX_USAGE: the command line is wrong
	statusData        = 65  // EX_DATAERR: a rules file is wrong
	statusNoInput     = 66  // EX_NOINPUT: a rules file cannot be read
	statusUnavailable = 69  // EX_UNAVAILABLE: this kernel or user cannot do it
	statusSoftware    = 70  // EX_SOFTWARE: the broker failed
	statusCannotWrite = 73  // EX_CANTCREAT: an output cannot be opened or written
	statusNotExec     = 126 // the command was found but cannot be executed
	statusNotFound    = 127 // the command was not found
	statusSignal      = 128 // plus the number of the signal that ended it
)

// printAfter ends the help pages of commands that only print.
const printAfter = `Exit status:
  0    done
  64   the command line is wrong
  73   the output cannot be written
`

// exitError is an error with the status that the program ends with.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func exitf(status int, format string, args ...any) error {
	return &exitError{status: status, err: fmt.Errorf(format, args...)}
}

// statusOf is the status for an error: its own, or that of a wrong command
// line, which is where cobra's errors come from.
func statusOf(err error) int {
	var e *exitError
	if errors.As(err, &e) {
		return e.status
	}
	return statusUsage
}

// unwritten tells an output that could not be written from a wrong command
// line, for errors that carry no status of their own.
func unwritten(err error) error {
	var e *exitError
	var p *fs.PathError
	if !errors.As(err, &e) && errors.As(err, &p) && p.Op == "write" && p.Path == os.Stdout.Name() {
		return written(p.Err)
	}
	return err
}

// targetStatus is what the broker exits with for a command that ended.
func targetStatus(s unix.WaitStatus) int {
	if s.Signaled() {
		return statusSignal + int(s.Signal())
	}
	return s.ExitStatus()
}
