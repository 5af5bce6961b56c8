package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"seccomp-broker/broker"
	"seccomp-broker/broker/alert"
	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// runOptions are the flags of `broker -- command`.
type runOptions struct {
	rules      []string
	mode       string
	reload     bool
	shadow     []string
	user       string
	asUser     bool // --user was given
	log        string
	logFormat  string
	logAllowed bool
	quiet      bool
	linger     bool
	grace      time.Duration
	placement  string
	alerts     alertOptions
}

func (o *runOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.rules, "rules", "r", nil, "rules `file` or builtin:NAME; may be given several times (default builtin:workdir)")
	f.StringVar(&o.mode, "mode", "", "`mode` in place of the rules' own: enforce, or monitor, which logs what would be refused and lets it pass")
	f.BoolVar(&o.reload, "reload", false, "load the rules anew when their files change, and when SIGHUP is sent to the broker, which forwards it otherwise; rules with errors leave the old ones in force")
	f.StringArrayVar(&o.shadow, "shadow", nil, "rules `file` or builtin:NAME that decides nothing: where it would decide otherwise, the log and the summary say so; may be given several times")
	f.StringVar(&o.user, "user", "", "run as this `user`, a name or a uid, or as user:group; only root can")
	f.StringVar(&o.log, "log", "", "append the audit log to `file` instead of writing it to standard error")
	f.StringVar(&o.logFormat, "log-format", "text", "`format` of the log: text, or json, one object a line")
	f.BoolVar(&o.logAllowed, "log-allowed", false, "log allowed calls too")
	o.alerts.addFlags(f)
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no summary of refusals at the end, no remarks")
	f.BoolVar(&o.linger, "linger", false, "wait for processes that the command leaves behind instead of ending them")
	f.DurationVar(&o.grace, "grace", 2*time.Second, "`time` that such processes have between SIGTERM and SIGKILL")
	f.StringVar(&o.placement, "placement", "auto", "`where` calls are handled: auto; yield, on the caller's own processor, which is faster while others are idle; or plain, as the kernel likes")
	_ = cmd.RegisterFlagCompletionFunc("placement", fixed("auto", "yield", "plain"))
	_ = cmd.RegisterFlagCompletionFunc("mode", fixed("enforce", "monitor"))
	_ = cmd.RegisterFlagCompletionFunc("log-format", fixed("text", "json"))
	_ = cmd.RegisterFlagCompletionFunc("user", completeUsers)
	_ = cmd.RegisterFlagCompletionFunc("rules", completeRules)
	_ = cmd.RegisterFlagCompletionFunc("shadow", completeRules)
	_ = cmd.RegisterFlagCompletionFunc("alert", completeSinks)
}

// run runs the command and returns how it ended. Whatever can be wrong with
// the command line or the rules is found before anything is started.
func (o *runOptions) run(args []string) (unix.WaitStatus, error) {
	format, err := o.check()
	if err != nil {
		return 0, err
	}
	as, err := o.account()
	if err != nil {
		return 0, err
	}
	source := newRuleSource(o, as)
	loaded, err := source.load()
	if err == nil && o.reload {
		err = source.check(loaded)
	}
	if err != nil {
		return 0, err
	}
	home, _ := os.UserHomeDir()
	log, err := audit.New(audit.Options{
		Format: format, Path: o.log, All: o.logAllowed, Color: colored(os.Stderr), Home: home,
	})
	if err != nil {
		return 0, exitf(statusCannotWrite, "%w", err)
	}
	if err := o.become(as); err != nil {
		return 0, errors.Join(err, log.Close())
	}
	path, err := findCommand(args[0])
	if err != nil {
		return 0, errors.Join(err, log.Close())
	}
	alerts, err := o.alerts.open()
	if err != nil {
		return 0, errors.Join(err, log.Close())
	}
	if (o.alerts.first || o.alerts.rate != "") && len(o.alerts.sinks) == 0 && !o.quiet {
		fmt.Fprintln(os.Stderr, "broker: no --alert says whom to tell: alerts are only marked in the log")
	}
	return o.supervise(source, loaded, log, alerts, path, args)
}

// check judges the values of the flags.
func (o *runOptions) check() (audit.Format, error) {
	if _, ok := rules.ParseMode(o.mode); !ok && o.mode != "" {
		return "", exitf(statusUsage, "--mode %q: write enforce or monitor", o.mode)
	}
	if o.grace < 0 {
		return "", exitf(statusUsage, "--grace %v: it cannot be negative; 0 kills at once", o.grace)
	}
	if _, err := broker.ParsePlacement(o.placement); err != nil {
		return "", exitf(statusUsage, "--placement %w", err)
	}
	if _, err := o.alerts.limits(); err != nil {
		return "", err
	}
	format, err := audit.ParseFormat(o.logFormat)
	if err != nil {
		return "", exitf(statusUsage, "--log-format %q: write text or json", o.logFormat)
	}
	return format, nil
}

func (o *runOptions) supervise(source *ruleSource, loaded broker.Loaded, log *audit.Log, alerts *alerts, path string, args []string) (unix.WaitStatus, error) {
	var again func() (broker.Loaded, error)
	if o.reload {
		again = source.again
	}
	result, err := broker.Run(broker.Config{
		Loaded: loaded, Reload: again, Log: alerts.watch(log), Path: path, Args: args, Env: os.Environ(),
		Spare:  alert.Owns,
		Reaped: alert.Reaped,
		Linger: o.linger, Grace: o.grace, Placement: broker.Placement(o.placement),
		Notice: func(text string) {
			if !o.quiet {
				fmt.Fprintf(os.Stderr, "broker: %s\n", rules.Harmless(text))
			}
		},
		Fail: func(err error) { fmt.Fprintf(os.Stderr, "broker: %s\n", rules.Harmless(err.Error())) },
	})
	// From here on nothing inherits it: a reader of standard error that has
	// gone must not turn the command's status into that of SIGPIPE.
	signal.Ignore(unix.SIGPIPE)
	alerts.close(log)
	closeErr := log.Close()
	if err != nil {
		return 0, startError(args[0], err)
	}
	if !o.quiet {
		o.summarize(log.Summary())
	}
	if result.NotStarted != nil {
		return 0, notStarted(args[0], result.NotStarted, log.Summary().Count(audit.Denied) > 0)
	}
	if closeErr != nil {
		fmt.Fprintf(os.Stderr, "broker: %v\n", closeErr)
	}
	return result.Status, nil
}

// summarize prints what was refused. Without a file of rules there is nowhere
// to add what it proposes, so it says where one begins.
func (o *runOptions) summarize(s *audit.Summary) {
	_ = s.Write(os.Stderr, terminalWidth(os.Stderr), colored(os.Stderr))
	if len(o.rules) == 0 && s.Suggestion() != "" {
		fmt.Fprintf(os.Stderr, "broker: no --rules was given: put it into a file whose first line is extends = [%q], and give that with --rules\n", defaultRules)
	}
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
