package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"seccomp-broker/broker"
	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/learn"
	"seccomp-broker/rules"
	"seccomp-broker/rules/lint"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

const learnLong = `learn runs a program, refuses nothing that rules decide, and writes rules for
what it did. What the kernel's part refuses whatever the rules say stays
refused.

Built-in sets come first where they cover enough, then variables such as
${cwd}, then wildcards: for names that will be others the next time, and for a
directory when several names in it were used; never in a home directory itself,
in /etc, or where keys lie. A program that does what others of the run do not
gets a block of its own. Each rule says how often it was needed, by what, and
for what.

What a careful person would ask about first, such as private keys, other users'
files or a container engine's socket, is not allowed: it stands in the file as
a comment, with the reason.

If FILE exists, it is extended by what it does not allow yet. Nothing in it is
changed but plain lists that become longer, and its rules are respected: what a
deny rule refuses stays refused.

While it learns, the program can do what its user can. Learn from a program
that you trust, or where it can do no harm, and read what was learned. Then do
the same again under the rules, and something else that it should be able to
do.`

const learnExample = `  broker learn -o app.hcl -- ./app
  broker learn -o app.hcl -- ./app --another-way    # adds what is missing

  # beside rules that there are already
  broker learn --rules team.hcl -o app.hcl -- make

  # from what was recorded: --log audit.jsonl --log-format json --log-allowed
  broker learn -o app.hcl --from audit.jsonl
  strace -f -yy -o trace.txt ./app
  broker learn -o app.hcl --from-strace trace.txt`

const learnAfter = `Exit status:
  that of the command, or 128+n if signal n ended it; what was seen until then
  is written all the same. Without a command 0. Else
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file, a log or a trace cannot be read
  69   this kernel or user cannot do it: see broker doctor
  70   broker itself failed
  73   FILE cannot be written; it is as it was
  126  the command cannot be executed
  127  the command was not found
`

type learnOptions struct {
	run      runOptions
	output   string
	from     []string
	strace   []string
	names    int
	programs string
	stat     bool
}

func newLearn(end *unix.WaitStatus) *cobra.Command {
	var o learnOptions
	cmd := &cobra.Command{
		Use:                   "learn -o FILE [flags] -- command [argument...]",
		Short:                 "Run a program, and write rules for what it does",
		Long:                  learnLong,
		Example:               learnExample,
		Annotations:           map[string]string{afterKey: learnAfter},
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			status, err := o.learn(cmd, args)
			*end = status
			return err
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.SetInterspersed(false)
	f.StringVarP(&o.output, "output", "o", "", "`file` of rules to write or to extend, whole or not at all; - is standard output")
	f.StringArrayVarP(&o.run.rules, "rules", "r", nil, "rules `file` or builtin:NAME that a new file is to extend; may be given several times (default builtin:base, and what covers much)")
	f.StringArrayVar(&o.from, "from", nil, "learn from an audit log, a `file` of JSON lines, instead of a run; may be given several times")
	f.StringArrayVar(&o.strace, "from-strace", nil, "learn from a `file` that strace -f wrote; may be given several times")
	f.IntVar(&o.names, "names", 3, "`number` of names used in one directory that make a pattern of it")
	f.StringVar(&o.programs, "programs", string(learn.Auto), "`which` programs get blocks of their own: auto, for what only one does outside of the working and temporary directories; all; or none")
	f.BoolVar(&o.stat, "stat", false, "learn what may be looked at, too; nothing else can be seen then")
	f.BoolVarP(&o.run.quiet, "quiet", "q", false, "no account at the end, no remarks")
	f.BoolVar(&o.run.linger, "linger", false, "wait for processes that the command leaves behind instead of ending them")
	f.DurationVar(&o.run.grace, "grace", 2*time.Second, "`time` that such processes have between SIGTERM and SIGKILL")
	_ = cmd.RegisterFlagCompletionFunc("programs", fixed("auto", "all", "none"))
	_ = cmd.RegisterFlagCompletionFunc("rules", completeRules)
	return cmd
}

// learn observes, or reads what was observed, and writes the rules.
func (o *learnOptions) learn(cmd *cobra.Command, args []string) (unix.WaitStatus, error) {
	if err := o.check(cmd, args); err != nil {
		return 0, err
	}
	vars := broker.Vars(nil)
	learner := o.learner(vars)
	old, err := o.old(vars)
	if err != nil {
		return 0, err
	}
	self, _ := os.Executable()
	seen := learn.NewCollector(broker.Canonical(self))
	var status unix.WaitStatus
	var ran error
	if len(args) > 0 {
		status, ran = o.observe(seen, vars, old, args)
	} else {
		ran = o.read(seen, vars)
	}
	if ran != nil && seen.Events() == 0 {
		return 0, ran
	}
	return status, errors.Join(ran, o.write(cmd, learner, seen, old))
}

// check judges the command line before anything is started.
func (o *learnOptions) check(cmd *cobra.Command, args []string) error {
	reads := len(o.from)+len(o.strace) > 0
	switch {
	case len(args) > 0 && cmd.ArgsLenAtDash() != 0:
		return exitf(statusUsage, "%q is no flag of learn; write the command to run after --", args[0])
	case o.output == "":
		return exitf(statusUsage, "there is no file to write; name it with -o, for example: broker learn -o app.hcl -- ./app")
	case reads && len(args) > 0:
		return exitf(statusUsage, "either run a command or read what was recorded, not both")
	case !reads && len(args) == 0:
		return exitf(statusUsage, "there is no command to run; write it after --, for example: broker learn -o app.hcl -- ./app")
	case o.names < 2:
		return exitf(statusUsage, "--names %d: at least 2 names make a pattern", o.names)
	case o.run.grace < 0:
		return exitf(statusUsage, "--grace %v: it cannot be negative; 0 kills at once", o.run.grace)
	}
	if _, err := learn.ParsePrograms(o.programs); err != nil {
		return exitf(statusUsage, "--programs %w", err)
	}
	return o.checkOutput()
}

// checkOutput finds before a long run what would keep its result from being
// written.
func (o *learnOptions) checkOutput() error {
	if o.output == "-" {
		return nil
	}
	if _, err := replaceable(o.output); err != nil {
		return err
	}
	if err := unix.Access(filepath.Dir(o.output), unix.W_OK|unix.X_OK); err != nil {
		return exitf(statusCannotWrite, "%s: its directory cannot be written to: %w", audit.Quote(o.output), err)
	}
	return nil
}

func (o *learnOptions) learner(vars rules.Vars) *learn.Learner {
	programs, _ := learn.ParsePrograms(o.programs) // checked with the other flags
	vars.Home = broker.Canonical(vars.Home)
	return &learn.Learner{
		Places: learn.NewPlaces(vars), Names: o.names, Programs: programs, Stat: o.stat,
		Load: func(name string, text []byte) (*rules.Policy, error) {
			options := ruleOptions([]string{name}, vars)
			options.Texts = map[string][]byte{filepath.Clean(name): text}
			policy, diags := rules.Load(options)
			return policy, showDiagnostics(diags)
		},
		Lint: lintText,
	}
}

// lintText lints a text as if it were the contents of a file.
func lintText(name string, text []byte) (found []learn.Finding) {
	host := lintHost(name)
	host.Rules.Texts = map[string][]byte{filepath.Clean(name): text}
	result, _ := lint.Run(host)
	for _, f := range result.Findings {
		if f.Range.Filename == filepath.Clean(name) {
			found = append(found, learn.Finding{ID: f.ID, Line: f.Range.Start.Line})
		}
	}
	return found
}

// old is the text of the file that is to be extended; nil where there is none.
// Rules that do not load are told before anything is run.
func (o *learnOptions) old(vars rules.Vars) ([]byte, error) {
	if o.output == "-" {
		return nil, nil
	}
	text, err := os.ReadFile(o.output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, exitf(statusNoInput, "%s: %w", audit.Quote(o.output), errors.Unwrap(err))
	case len(o.run.rules) > 0:
		return nil, exitf(statusUsage, "%s exists, so --rules would change nothing; write extends into it", audit.Quote(o.output))
	}
	_, diags := rules.Load(ruleOptions([]string{o.output}, vars))
	if err := showDiagnostics(diags); err != nil {
		return nil, err
	}
	if text == nil {
		text = []byte{}
	}
	return text, nil
}
