package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

const explainLong = `explain says what the rules make of one call: every rule that matches, which of
them decides and why, how the path became the one that rules are asked about,
and what to change for another verdict. Nothing is executed.

The call is one that rules decide, such as openat, rename or connect, or a
class of access, such as read; of any other call explain says what the kernel's
filter does with it. A path is resolved as it is on this machine now; one that
is not there is explained as it stands. An address is written as in the log:
10.0.0.1:443, [::1]:80, unix:/run/app.sock, unix:@name.

--event explains one line of an audit log, --log one by its number, or the last
one that was not allowed. Their paths are taken as recorded.

With --json: one object with "v": 1, "call", "subject", "verdict", "answers"
(the errno), "parts" (what was asked of each subject, in order: subject, asked,
verdict, class, rule, note, matches), "why", "path" (given, canonical, links,
missing), "changes" (text, hcl), "kernel" (what the filter does) and for events
"recorded". Bytes that are not printable text are escaped in it.`

const explainExample = `  broker explain --rules app.hcl openat ~/.ssh/id_ed25519
  broker explain --rules app.hcl open notes.txt --flags 'O_WRONLY|O_CREAT'
  broker explain --rules app.hcl rename a.txt b.txt --program /usr/bin/git
  broker explain --rules app.hcl connect 10.0.0.1:443 --host api.example.com
  broker explain --rules app.hcl ptrace
  broker explain --rules app.hcl --log audit.jsonl:17
  tail -n 1 audit.jsonl | broker explain --rules app.hcl --event -`

const explainAfter = `Exit status:
  0    it is explained, whatever the verdict
  64   the command line is wrong
  65   a rules file or the event is wrong
  66   a rules file or the log cannot be read
  73   the output cannot be written
`

type explainOptions struct {
	rules   []string
	flags   string
	program string
	argv    []string
	host    string
	exists  bool
	event   string
	log     string
	json    bool
}

func newExplain() *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:         "explain [flags] CALL [PATH [PATH2] | ADDRESS]",
		Short:       "Say what the rules make of one call, why, and what would change it",
		Long:        explainLong,
		Example:     explainExample,
		Annotations: map[string]string{afterKey: explainAfter},

		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeExplain,
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.do(cmd, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.rules, "rules", "r", nil, "rules `file` or builtin:NAME; may be given several times (default builtin:workdir)")
	f.StringVar(&o.flags, "flags", "", "`flags` of the call by name, joined by |")
	f.StringVar(&o.program, "program", "", "the `executable` that makes the call, for program blocks")
	f.StringArrayVar(&o.argv, "argv", nil, "one `argument` of a program to execute, its name first; may be given several times")
	f.StringVar(&o.host, "host", "", "a host `name` that the address belongs to")
	f.BoolVar(&o.exists, "exists", false, "the file is there, so that O_CREAT makes none; without it the machine is looked at")
	f.StringVar(&o.event, "event", "", "explain this `line` of an audit log, - for standard input")
	f.StringVar(&o.log, "log", "", "explain line N of an audit log given as `FILE:N`, or of FILE the last one that was not allowed")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	_ = cmd.RegisterFlagCompletionFunc("rules", completeRules)
	return cmd
}

// completeExplain completes the calls that rules decide, then files.
func completeExplain(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var names []string
	for _, c := range syscalls.Table(false) {
		names = append(names, c.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (o *explainOptions) do(cmd *cobra.Command, args []string) error {
	if (o.event != "" || o.log != "") && len(args) > 0 {
		return exitf(statusUsage, "%q beside --event or --log: the event says what the call was", args[0])
	}
	policy, err := loadPolicy(o.rules, "", nil)
	if err != nil {
		return err
	}
	var x *explanation
	switch {
	case o.event != "" || o.log != "":
		x, err = o.recorded(policy)
	case len(args) == 0:
		err = exitf(statusUsage, "name the call: broker explain openat /etc/hosts")
	default:
		x, err = o.given(policy, args)
	}
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(cmd.OutOrStdout(), x)
	}
	p := newSheet()
	x.print(p)
	return p.flush(cmd)
}

// given explains what stands on the command line.
func (o *explainOptions) given(policy *rules.Policy, args []string) (*explanation, error) {
	call, rest := args[0], args[1:]
	class, isClass := rules.ParseAccess(call)
	_, err := syscalls.Asks(call, o.flags)
	mediated := isMediated(call)
	switch {
	case !mediated && !(isClass && len(rest) > 0):
		return o.kernelOnly(policy, call, rest)
	case mediated && err != nil:
		return nil, exitf(statusUsage, "--flags: %w", err)
	case len(rest) == 0:
		return nil, exitf(statusUsage, "%s is about a path or an address; name it: broker explain %s /etc/hosts", call, call)
	case len(rest) > 2:
		return nil, exitf(statusUsage, "%q: a call has two paths at most", rest[2])
	}
	q := review.Question{Call: call, Flags: o.flags, Argv: o.argv}
	follow := true
	if mediated {
		asked, _ := syscalls.Asks(call, o.flags)
		follow = asked.Follow
	} else {
		q.Call, q.Access = "", class
	}
	x := &explanation{V: 1, Call: call}
	if err := o.subjects(&q, x, rest, follow); err != nil {
		return nil, err
	}
	if o.program != "" {
		if q.Program, err = programPath(o.program); err != nil {
			return nil, err
		}
	}
	a, err := review.Ask(policy, &q)
	if err != nil {
		return nil, exitf(statusUsage, "%w", err)
	}
	x.answer(policy, &q, &a)
	if mediated {
		x.Kernel = kernelSays(policy, call)
	}
	return x, nil
}

// subjects reads paths or the address.
func (o *explainOptions) subjects(q *review.Question, x *explanation, rest []string, follow bool) error {
	asked, _ := syscalls.Asks(q.Call, o.flags)
	if asked.Address || q.Access&(rules.Connect|rules.Bind) != 0 {
		a, err := rules.ParseAddress(rest[0])
		if err != nil || len(rest) > 1 {
			return exitf(statusUsage, "%q: write one address such as 10.0.0.1:443, [::1]:80, unix:/run/app.sock or unix:@name", rest[len(rest)-1])
		}
		if a.Family == rules.UnixPath {
			r := review.Resolve(string(a.Name), true)
			x.Paths = append(x.Paths, showResolution(r))
			a.Name = []byte(r.Path)
		}
		if o.host != "" {
			a.Hosts = []string{strings.ToLower(strings.TrimSuffix(o.host, "."))}
		}
		q.Address = &a
		return nil
	}
	for i, given := range rest {
		absolute, err := filepath.Abs(given)
		if given == "" || err != nil {
			return exitf(statusUsage, "%q is no path", given)
		}
		r := review.Resolve(absolute, follow && i == 0)
		x.Paths = append(x.Paths, showResolution(r))
		if i == 0 {
			q.Path, q.Exists = r.Path, o.exists || r.Missing == ""
			info, err := os.Lstat(r.Path)
			q.Directory = strings.HasSuffix(given, "/") || err == nil && info.IsDir()
		} else {
			q.Path2, q.Exists2 = r.Path, r.Missing == ""
		}
	}
	return nil
}

// programPath finds an executable as a shell does, and resolves it.
func programPath(name string) (string, error) {
	if !strings.Contains(name, "/") {
		found, err := findCommand(name)
		if err != nil {
			return "", exitf(statusUsage, "--program: %w", err)
		}
		name = found
	}
	absolute, err := filepath.Abs(name)
	if err != nil {
		return "", exitf(statusUsage, "--program: %w", err)
	}
	return review.Canonical(absolute, true), nil
}

// recorded explains an event.
func (o *explainOptions) recorded(policy *rules.Policy) (*explanation, error) {
	e, place, err := o.find()
	if err != nil {
		return nil, err
	}
	x := &explanation{V: 1, Call: audit.Escape(e.Syscall), Recorded: audit.Line(e), Place: place}
	r, beyond := review.FromEvent(e)
	if beyond != "" {
		x.Why = "rules are not asked about this event again: it is one " + string(beyond)
		x.Parts = []shownAnswer{}
		return x, nil
	}
	a, err := r.Explain(policy)
	if err != nil {
		return nil, exitf(statusData, "%w", err)
	}
	x.answer(policy, &r.Question, &a)
	if a.Verdict != r.Verdict {
		x.Why += "; when it was recorded, the verdict was " + r.Verdict.String()
	}
	return x, nil
}

// find gives the event that is meant.
func (o *explainOptions) find() (*audit.Event, string, error) {
	switch o.event {
	case "":
		return o.findInLog()
	case "-":
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, 4<<20)).ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, "", exitf(statusNoInput, "standard input: %w", err)
		}
		e, err := audit.Decode(line)
		if err != nil {
			return nil, "", exitf(statusData, "standard input: %w", err)
		}
		return &e, "", nil
	}
	e, err := audit.Decode([]byte(o.event))
	if err != nil {
		return nil, "", exitf(statusData, "--event: %w", err)
	}
	return &e, "", nil
}

func (o *explainOptions) findInLog() (*audit.Event, string, error) {
	name, number := o.log, uint64(0)
	if i := strings.LastIndexByte(o.log, ':'); i > 0 {
		if n, err := strconv.ParseUint(o.log[i+1:], 10, 64); err == nil {
			name, number = o.log[:i], n
			if n == 0 {
				return nil, "", exitf(statusUsage, "--log %s: lines are counted from 1", audit.Quote(o.log))
			}
		}
	}
	var found *audit.Event
	var place string
	l := logs{files: []string{name}}
	err := l.each(func(e *audit.Event, at string) bool {
		if number > 0 {
			if strings.HasSuffix(at, ":"+strconv.FormatUint(number, 10)) {
				found, place = e, at
			}
			return found == nil
		}
		switch e.Action {
		case audit.Denied, audit.WouldDeny, audit.Emulated, audit.Asked:
			found, place = e, at
		}
		return true
	})
	switch {
	case err != nil:
		return nil, "", err
	case found == nil && number > 0:
		return nil, "", exitf(statusData, "%s has no event in line %d", audit.Quote(name), number)
	case found == nil:
		return nil, "", exitf(statusData, "%s has no event that was not allowed; name a line: --log %s:1", audit.Quote(name), audit.Quote(name))
	}
	return found, place, nil
}
