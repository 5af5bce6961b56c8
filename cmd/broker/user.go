package main

import (
	"bufio"
	"os"
	"strings"

	"seccomp-broker/broker"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// account reads --user and puts that user into the environment; nil without
// the flag. Nothing else has changed when it returns: rules and the log are
// those of who starts the broker.
func (o *runOptions) account() (*broker.Account, error) {
	if !o.asUser {
		return nil, nil
	}
	if unix.Geteuid() != 0 {
		return nil, exitf(statusUsage, "--user %q: only root can run commands as another user", o.user)
	}
	as, err := broker.FindAccount(o.user)
	if err != nil {
		return nil, exitf(statusUsage, "--user %q: %w", o.user, err)
	}
	if err := as.Setenv(); err != nil {
		return nil, exitf(statusSoftware, "--user %q: %w", o.user, err)
	}
	return as, nil
}

// become gives up root once what needs it is done.
func (o *runOptions) become(as *broker.Account) error {
	if as == nil {
		return nil
	}
	if err := as.Become(); err != nil {
		return exitf(statusUnavailable, "--user %q: cannot become that user: %w", o.user, err)
	}
	return nil
}

// completeUsers lists the users of passwd(5).
func completeUsers(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	f, err := os.Open("/etc/passwd")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer func() { _ = f.Close() }()
	var names []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, _, ok := strings.Cut(lines.Text(), ":"); ok && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
