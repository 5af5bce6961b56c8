package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"seccomp-broker/broker"
	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/launch"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// runOptions are the flags of `broker -- command`.
type runOptions struct {
	rules      []string
	mode       string
	log        string
	logFormat  string
	logAllowed bool
	quiet      bool
	linger     bool
	grace      time.Duration
}

func (o *runOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.rules, "rules", "r", nil, "rules `file` or builtin:NAME; may be given several times (default builtin:workdir)")
	f.StringVar(&o.mode, "mode", "", "`mode` in place of the rules' own: enforce, or monitor, which logs what\nwould be refused and lets it pass")
	f.StringVar(&o.log, "log", "", "append the audit log to `file` instead of writing it to standard error")
	f.StringVar(&o.logFormat, "log-format", "text", "`format` of the log: text, or json, one object a line")
	f.BoolVar(&o.logAllowed, "log-allowed", false, "log allowed calls too")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no summary of refusals at the end, no remarks")
	f.BoolVar(&o.linger, "linger", false, "wait for processes that the command leaves behind instead of ending them")
	f.DurationVar(&o.grace, "grace", 2*time.Second, "`time` that such processes have between SIGTERM and SIGKILL")
	_ = cmd.RegisterFlagCompletionFunc("mode", fixed("enforce", "monitor"))
	_ = cmd.RegisterFlagCompletionFunc("log-format", fixed("text", "json"))
	_ = cmd.RegisterFlagCompletionFunc("rules", completeRules)
}

func fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, name := range rules.Builtins() {
		names = append(names, "builtin:"+name)
	}
	return names, cobra.ShellCompDirectiveDefault
}

// run runs the command and returns how it ended.
func (o *runOptions) run(args []string) (unix.WaitStatus, error) {
	format, err := audit.ParseFormat(o.logFormat)
	if err != nil {
		return 0, exitf(statusUsage, "--log-format: %w", err)
	}
	if o.grace < 0 {
		return 0, exitf(statusUsage, "--grace must not be negative")
	}
	policy, err := loadPolicy(o.rules, o.mode)
	if err != nil {
		return 0, err
	}
	path, err := launch.Find(args[0], os.Getenv("PATH"))
	if err != nil {
		return 0, exitf(commandStatus(err), "%s: %w", args[0], err)
	}
	home, _ := os.UserHomeDir()
	log, err := audit.New(audit.Options{
		Format: format, Path: o.log, All: o.logAllowed, Color: colored(os.Stderr), Home: home,
	})
	if err != nil {
		return 0, exitf(statusCannotWrite, "%w", err)
	}
	return o.supervise(policy, log, path, args)
}

func (o *runOptions) supervise(policy *rules.Policy, log *audit.Log, path string, args []string) (unix.WaitStatus, error) {
	result, err := broker.Run(broker.Config{
		Policy: policy, Log: log, Path: path, Args: args, Env: os.Environ(),
		Linger: o.linger, Grace: o.grace,
		Notice: func(text string) {
			if !o.quiet {
				fmt.Fprintf(os.Stderr, "broker: %s\n", text)
			}
		},
		Fail: func(err error) { fmt.Fprintf(os.Stderr, "broker: %v\n", err) },
	})
	closeErr := log.Close()
	if err != nil {
		return 0, exitf(startStatus(err), "%s did not start: %w", args[0], err)
	}
	if !o.quiet {
		_ = log.Summary().Write(os.Stderr, terminalWidth(os.Stderr), colored(os.Stderr))
	}
	if result.NotStarted != nil {
		return 0, exitf(commandStatus(result.NotStarted), "%s: %w", args[0], result.NotStarted)
	}
	if closeErr != nil {
		fmt.Fprintf(os.Stderr, "broker: %v\n", closeErr)
	}
	return result.Status, nil
}

// startStatus tells a kernel or a user that cannot do it from a plain failure.
func startStatus(err error) int {
	var e *launch.Error
	if errors.As(err, &e) {
		return statusUnavailable
	}
	return statusSoftware
}

// colored follows https://no-color.org: any value of NO_COLOR turns it off.
func colored(f *os.File) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

func terminalWidth(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
