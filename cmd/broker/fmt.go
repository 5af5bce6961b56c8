package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

const fmtLong = `fmt writes rules in their one form: two spaces of indentation, the values of
neighbouring attributes in one column, at most one blank line, no spaces at the
ends of lines. Nothing that means something is changed; comments, strings and
the order of things stay. The form is the same every time, and has no settings.

Without flags the result goes to standard output, and with no FILE or with -
the rules come from standard input. Of a directory all files called *.hcl are
meant, also in the directories below it. -w writes files back, each whole or
not at all. A file whose syntax is wrong is left alone, and the errors are
shown.`

const fmtExample = `  broker fmt -w app.hcl
  broker fmt --check -d policies   # what a repository's checks run
  broker fmt <app.hcl              # for editors`

const fmtAfter = `Exit status:
  0    done; with --check: all files have the form already
  1    with --check: a file has not
  64   the command line is wrong
  65   the syntax of a rules file is wrong
  66   a rules file cannot be read
  73   a file cannot be written; it is as it was
`

// fmtOptions are the flags of broker fmt.
type fmtOptions struct {
	write, check, diff bool
	differ             bool // a file has not the form
	worst              worstStatus
	out                io.Writer
}

func newFmt() *cobra.Command {
	var o fmtOptions
	cmd := &cobra.Command{
		Use:         "fmt [flags] [FILE|DIR|-]...",
		Short:       "Write rules in their one form",
		Long:        fmtLong,
		Example:     fmtExample,
		Annotations: map[string]string{afterKey: fmtAfter},

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.out = cmd.OutOrStdout()
			return o.do(args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVarP(&o.write, "write", "w", false, "write the result back to the files")
	f.BoolVarP(&o.diff, "diff", "d", false, "show what would change, as a unified diff, in place of the result")
	f.BoolVar(&o.check, "check", false, "change nothing: list the files that have another form, and end with 1 where there are any")
	return cmd
}

func (o *fmtOptions) do(args []string) error {
	if o.write && o.check {
		return exitf(statusUsage, "--check changes nothing, and -w does: give one of them")
	}
	if len(args) == 0 {
		args = []string{"-"}
	}
	if o.write && slices.Contains(args, "-") {
		return exitf(statusUsage, "standard input cannot be written back; name a file, or leave -w out")
	}
	for _, arg := range args {
		if err := o.argument(arg); err != nil {
			return err
		}
	}
	if err := o.worst.err(); err != nil {
		return err
	}
	if o.check && o.differ {
		return differs()
	}
	return nil
}

// argument formats one file, all files of a directory, or standard input.
func (o *fmtOptions) argument(arg string) error {
	if arg == "-" {
		src, err := io.ReadAll(io.LimitReader(os.Stdin, rules.MaxFile+1))
		if err == nil && len(src) > rules.MaxFile {
			err = fmt.Errorf("more than %d MiB", rules.MaxFile>>20)
		}
		if err != nil {
			return exitf(statusNoInput, "standard input: %w", err)
		}
		return o.text("standard input", src)
	}
	if info, err := os.Stat(arg); err != nil || !info.IsDir() {
		return o.file(arg)
	}
	return filepath.WalkDir(arg, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return o.unreadable(err)
		case d.IsDir() || filepath.Ext(name) != ".hcl" || !d.Type().IsRegular():
			return nil
		}
		return o.file(name)
	})
}

func (o *fmtOptions) unreadable(err error) error {
	report(fmt.Errorf("%s", audit.Escape(err.Error())))
	o.worst.status = max(o.worst.status, statusNoInput)
	return nil
}

func (o *fmtOptions) file(name string) error {
	src, err := rules.ReadFile(name)
	if err != nil {
		return o.unreadable(err)
	}
	return o.text(name, src)
}

// text formats one text. What is wrong with it does not stop the others.
func (o *fmtOptions) text(name string, src []byte) error {
	formatted, diags := rules.Format(name, src)
	if diags.HasErrors() {
		_ = showDiagnostics(diags)
		o.worst.add(diags)
		return nil
	}
	same := bytes.Equal(src, formatted)
	o.differ = o.differ || !same
	var out []byte
	switch {
	case o.diff:
		shown := audit.Escape(name)
		out = diff.Diff(shown, src, shown+" (formatted)", formatted)
	case o.check && !same:
		out = []byte(audit.Quote(name) + "\n")
	case !o.check && !o.write:
		out = formatted
	}
	if _, err := o.out.Write(out); err != nil {
		return written(err)
	}
	if !o.write || same {
		return nil
	}
	err := replaceFile(name, formatted)
	var failed *exitError
	if errors.As(err, &failed) {
		report(err)
		o.worst.status = max(o.worst.status, failed.status)
		return nil
	}
	return err
}
