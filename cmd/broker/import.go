package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/profile"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

const importLong = `import reads a seccomp profile (Docker's or podman's, a bundle's config.json, a
SeccompProfile of Kubernetes) and writes its kernel part as rules: a syscalls
block. Standard input is read where no file, or -, is named.

The rules never let pass more than the profile does. What they cannot say, such
as conditions on arguments, becomes stricter, and stands in a comment. Rules
about files and addresses have to be added: a profile has none.`

const importExample = `  broker import /etc/docker/seccomp.json -o kernel.hcl
  broker import --cap CAP_SYS_PTRACE <profile.json`

const importAfter = `Exit status:
  0    done
  64   the command line is wrong
  65   the profile is wrong
  66   the profile cannot be read
  73   the output cannot be written; a file is as it was
`

// maxImport bounds what is read. Docker's default profile has 20 KiB.
const maxImport = 16 << 20

func newImport() *cobra.Command {
	var capabilities []string
	var output string
	cmd := &cobra.Command{
		Use:         "import [flags] [FILE]",
		Short:       "Write a container's seccomp profile as rules",
		Long:        importLong,
		Example:     importExample,
		Annotations: map[string]string{afterKey: importAfter},

		DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exitf(statusUsage, "import reads one profile, but got %d files", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "-"
			if len(args) == 1 {
				name = args[0]
			}
			return importProfile(cmd, name, output, capabilities)
		},
	}
	cmd.Flags().StringSliceVar(&capabilities, "cap", nil, "a `capability` of the container: profiles for Docker allow more where it has one")
	addOutput(cmd, &output)
	return cmd
}

func importProfile(cmd *cobra.Command, name, output string, capabilities []string) error {
	text, err := readInput(cmd, name)
	if err != nil {
		return err
	}
	for i, c := range capabilities {
		c = strings.ToUpper(c)
		capabilities[i] = "CAP_" + strings.TrimPrefix(c, "CAP_")
	}
	shown := audit.Quote(name)
	if name == "-" {
		shown = "standard input"
	}
	p, err := profile.Decode(text, capabilities)
	if err != nil {
		return exitf(statusData, "%s: %w", shown, err)
	}
	in, err := profile.Import(p)
	if err != nil {
		return exitf(statusData, "%s: %w", shown, err)
	}
	if err := writeOutput(cmd, output, in.HCL(shown)); err != nil {
		return err
	}
	if n := len(in.Stricter); n > 0 {
		fmt.Fprintf(os.Stderr, "broker: %s stricter than in the profile; the comments say why\n", audit.Counted(n, "call is", "calls are"))
	}
	return nil
}

// readInput reads a file, or standard input for "-".
func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	var in io.Reader = cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, exitf(statusNoInput, "%s cannot be read: %w", audit.Quote(name), errors.Unwrap(err))
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	switch {
	case errors.Is(err, unix.EISDIR):
		return nil, exitf(statusNoInput, "%s is a directory; name a file in it", audit.Quote(name))
	case err != nil:
		return nil, exitf(statusNoInput, "%w", err)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, exitf(statusData, "%s is empty; name a seccomp profile", audit.Quote(name))
	case len(text) > maxImport:
		return nil, exitf(statusData, "%s: more than %d MiB: that is no seccomp profile", audit.Quote(name), maxImport>>20)
	}
	return text, nil
}
