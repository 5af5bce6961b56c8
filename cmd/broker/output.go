package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"seccomp-broker/broker/audit"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
)

// addOutput adds the flag that names a file to write instead of standard output.
func addOutput(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVarP(name, "output", "o", "", "write to this `file`, whole or not at all, instead of standard output")
}

// writeOutput writes text to the file, or to standard output where none is
// named. The file holds all of it or what it held before: on a full disk, too.
func writeOutput(cmd *cobra.Command, name string, text []byte) error {
	if name == "" || name == "-" {
		_, err := cmd.OutOrStdout().Write(text)
		return written(err)
	}
	return replaceFile(name, text)
}

// replaceFile writes a file at once. It keeps the mode of one that is there, and
// leaves alone what is no regular file: to replace a symlink would leave what it
// leads to as it was, and a device is not replaced at all.
func replaceFile(name string, text []byte) error {
	mode, err := replaceable(name)
	if err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Dir(name)); err == nil && !info.IsDir() || errors.Is(err, fs.ErrNotExist) {
		return exitf(statusCannotWrite, "%s cannot be written: its directory does not exist; create it first", audit.Quote(name))
	}
	if err := renameio.WriteFile(name, text, mode, renameio.IgnoreUmask()); err != nil {
		return exitf(statusCannotWrite, "%s is as it was: %w", audit.Quote(name), fmt.Errorf("it cannot be written: %w", err))
	}
	return nil
}

// replaceable says why a file is left alone; else the mode that it is to have.
func replaceable(name string) (fs.FileMode, error) {
	switch info, err := os.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return 0o644, nil
	case err != nil:
		return 0, exitf(statusCannotWrite, "%w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return 0, exitf(statusCannotWrite, "%s is a symlink; name the file that it leads to", audit.Quote(name))
	case !info.Mode().IsRegular():
		return 0, exitf(statusCannotWrite, "%s is no regular file; name another one, or - for standard output", audit.Quote(name))
	default:
		return info.Mode().Perm(), nil
	}
}
