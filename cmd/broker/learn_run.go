package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"seccomp-broker/broker"
	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/learn"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// observing are the rules of a run that learns. Monitor mode lets pass what they
// do not allow; they name what the kernel would otherwise refuse by itself, or
// not ask about. Listening on a socket without an address is looked at, since
// nothing else tells that it asks for one.
const observing = `
mode    = "monitor"
default = "allow"

allow "observe sockets" {
  access  = ["connect", "bind"]
  address = ["*", "unix:*", "vsock:*", "netlink:*", "packet:*"]
}

deny "observe ports that the kernel chooses" {
  access  = ["bind"]
  address = ["0.0.0.0:0", "[::]:0"]
}
`

const observingStat = `
allow "observe attributes" {
  access = ["stat"]
  path   = ["/**"]
}
`

// observerName is what diagnostics call these rules.
const observerName = "broker learn"

// observe runs the command under rules that refuse nothing. Those of the file
// that is extended, or of --rules, keep what they say of system calls and what they
// serve in place of a file.
func (o *learnOptions) observe(seen *learn.Collector, vars rules.Vars, old []byte, args []string) (unix.WaitStatus, error) {
	files := append(slices.Clone(o.run.rules), observerName)
	if old != nil {
		files = append(files, o.output)
	}
	text := observing
	if o.stat {
		text += observingStat
	}
	options := ruleOptions(files, vars)
	options.Texts = map[string][]byte{observerName: []byte(text)}
	policy, diags := rules.Load(options)
	if policy == nil {
		return 0, showDiagnostics(diags)
	}
	path, err := findCommand(args[0])
	if err != nil {
		return 0, err
	}
	log, err := audit.New(audit.Options{Color: colored(os.Stderr)})
	if err != nil {
		return 0, exitf(statusCannotWrite, "%w", err)
	}
	result, err := broker.Run(broker.Config{
		Loaded: broker.Loaded{Policy: policy.WithMode(rules.Monitor)}, Log: &observer{seen, log}, Path: path, Args: args, Env: os.Environ(),
		Linger: o.run.linger, Grace: o.run.grace, Placement: broker.PlacementAuto,
		Notice: o.remark,
		Fail:   func(err error) { fmt.Fprintf(os.Stderr, "broker: %s\n", rules.Harmless(err.Error())) },
	})
	signal.Ignore(unix.SIGPIPE) // as in supervise
	closeErr := log.Close()
	switch {
	case err != nil:
		return 0, startError(args[0], err)
	case result.NotStarted != nil:
		return 0, notStarted(args[0], result.NotStarted, false)
	case closeErr != nil:
		fmt.Fprintf(os.Stderr, "broker: %v\n", closeErr)
	}
	return result.Status, nil
}

func (o *learnOptions) remark(text string) {
	if !o.run.quiet {
		fmt.Fprintf(os.Stderr, "broker: %s\n", rules.Harmless(text))
	}
}

// observer remembers everything, and shows what was refused all the same.
type observer struct {
	seen *learn.Collector
	log  *audit.Log
}

func (o *observer) Wants(audit.Action) bool { return true }

func (o *observer) Record(e *audit.Event) {
	o.seen.Record(e)
	if e.Action == audit.Denied || e.Action == audit.Error {
		o.log.Record(e)
	}
}

// read takes what was recorded.
func (o *learnOptions) read(seen *learn.Collector, vars rules.Vars) error {
	recorded := logs{files: o.from}
	err := recorded.each(func(e *audit.Event, _ string) bool { seen.Record(e); return true })
	if err != nil {
		return err
	}
	for _, name := range o.strace {
		if err := o.readStrace(seen, vars, name); err != nil {
			return err
		}
	}
	if seen.Events() == 0 {
		return exitf(statusNoInput, "nothing in it tells what a program did; a log needs --log-allowed, or has only what was refused by no rule")
	}
	return nil
}

func (o *learnOptions) readStrace(seen *learn.Collector, vars rules.Vars, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return exitf(statusNoInput, "%s: %w", audit.Quote(name), errors.Unwrap(err))
	}
	defer func() { _ = f.Close() }()
	account, err := learn.ReadStrace(f, seen, learn.Host{
		Cwd: vars.Cwd, Canonical: broker.NewResolver().Canonical, Interpreter: interpreter,
	})
	if err != nil {
		return exitf(statusNoInput, "%s: %w", audit.Quote(name), err)
	}
	if text := account.String(); text != "" {
		o.remark(audit.Quote(name) + ": " + text)
	}
	return nil
}

// write puts what was learned into the file and says what it is.
func (o *learnOptions) write(cmd *cobra.Command, learner *learn.Learner, seen *learn.Collector, old []byte) error {
	result, err := learner.Learn(seen, o.name(), old, o.run.rules)
	if err != nil {
		var status *exitError
		if errors.As(err, &status) {
			return err
		}
		return exitf(statusSoftware, "learning failed: %w", err)
	}
	if err := o.put(cmd, old, result.Text); err != nil {
		return err
	}
	if !o.run.quiet {
		o.account(seen, old, result)
	}
	return nil
}

// put writes the file, unless somebody else has written it meanwhile: what was
// learned then stands beside it.
func (o *learnOptions) put(cmd *cobra.Command, old, text []byte) error {
	if o.output == "-" {
		return writeOutput(cmd, o.output, text)
	}
	if old != nil && bytes.Equal(old, text) {
		return nil
	}
	if now, err := os.ReadFile(o.output); (err == nil) != (old != nil) || err == nil && !bytes.Equal(now, old) {
		beside := o.output + ".learned"
		if err := replaceFile(beside, text); err != nil {
			return err
		}
		return exitf(statusCannotWrite, "%s was changed meanwhile and is as it is; what was learned is in %s", audit.Quote(o.output), audit.Quote(beside))
	}
	return writeOutput(cmd, o.output, text)
}

func (o *learnOptions) name() string {
	if o.output == "-" {
		return "learned.hcl"
	}
	return o.output
}

// account says what was learned and what to do next.
func (o *learnOptions) account(seen *learn.Collector, old []byte, r *learn.Result) {
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, "broker: "+format+"\n", args...) }
	say("%s seen, %d different ones; %d of them allowed already", audit.Counted(seen.Events(), "use", "uses"), r.Uses, r.Covered)
	if n := seen.Dropped(); n > 0 {
		say("%s not remembered: there is room for 200,000 different ones", audit.Counted(n, "further use was", "further uses were"))
	}
	where := audit.Quote(o.name())
	if o.output == "-" {
		where = "standard output"
	}
	switch {
	case r.Blocks == 0 && old != nil:
		say("%s needs no more rules", where)
	case old != nil:
		say("%s: %s added or made longer, %s", where, audit.Counted(r.Blocks, "rule", "rules"), audit.Counted(r.Lines, "line", "lines"))
	default:
		say("%s: %s, %s; extends %s", where, audit.Counted(r.Blocks, "rule", "rules"), audit.Counted(r.Lines, "line", "lines"), strings.Join(r.Sets, ", "))
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Kinds)) {
		say("  %s made of %s", audit.Counted(r.Kinds[kind], "pattern", "patterns"), kind)
	}
	for _, d := range r.Doubts {
		say("not allowed, in the file as a comment: %s %s: %s", d.Access, audit.Quote(d.Subject()), d.Why)
	}
	for _, f := range r.Refusals {
		say("refused by rule %s at %s:%d: %s %s", audit.Quote(f.Rule.Name), f.Rule.File, f.Rule.Line, f.Access, audit.Quote(f.Subject()))
	}
	if o.output != "-" {
		say("read it, then: broker validate %[1]s, broker lint %[1]s, broker --rules %[1]s -- …", where)
	}
}
