package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"seccomp-broker/broker"
	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"
	"seccomp-broker/rules/lint"

	"github.com/spf13/cobra"
)

const lintLong = `lint finds what is right in a policy's syntax and wrong in its sense: rules
that give away more than they seem to, rules that do nothing, rules that others
undo. Rules are compared as what they cover, not as they are written. Each FILE
is a policy of its own; what it extends is taken into account, and not reported
about.

Every finding has an identifier; --explain ID prints what it means, with an
example and a better one. Where it is meant, say so in the file, with the
reason, on the same line or on the line above:

  # lint:accept write-exec: a compiler runs what it has built

With --json one object is printed: "v" is 1, "clean" says whether nothing was
found, "findings" has for each "id", "severity" (warning or info), "message",
"remedy", "file", "line", "column", "end_line" and "end_column", from 1;
"accepted" the same with "reason", "not_compared" the files that have too many
rules (more than 1000) for checks that compare each with all others, which were
left out, and "errors" the diagnostics of policies that cannot be loaded, as
those of broker validate --json.`

const lintExample = `  broker lint app.hcl
  broker lint --level warning policies/*.hcl
  broker lint --explain write-exec`

const lintAfter = `Exit status:
  0    nothing was found, or all of it is accepted
  1    something was found
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file cannot be read
  73   the output cannot be written
`

// lintOptions are the flags of broker lint.
type lintOptions struct {
	explain string
	level   string
	json    bool
}

func newLint() *cobra.Command {
	var o lintOptions
	cmd := &cobra.Command{
		Use:         "lint [flags] FILE...",
		Short:       "Find what is wrong with the sense of rules",
		Long:        lintLong,
		Example:     lintExample,
		Annotations: map[string]string{afterKey: lintAfter},

		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeRules,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("explain") {
				return explainFinding(cmd.OutOrStdout(), o.explain, args)
			}
			if err := someFiles(cmd, args); err != nil {
				return err
			}
			return o.do(cmd.OutOrStdout(), args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.explain, "explain", "", "print the page of this `finding`, or the list of all")
	f.StringVar(&o.level, "level", "info", "the least `severity` that is reported: info or warning")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	_ = cmd.RegisterFlagCompletionFunc("level", fixed("info", "warning"))
	_ = cmd.RegisterFlagCompletionFunc("explain", fixed(findingIDs()...))
	return cmd
}

func findingIDs() []string {
	ids := []string{"all"}
	for _, c := range lint.Checks() {
		ids = append(ids, c.ID)
	}
	return ids
}

// explainFinding prints the page of a finding.
func explainFinding(w io.Writer, id string, args []string) error {
	if len(args) > 0 {
		return exitf(statusUsage, "--explain prints a page and looks at no file; leave %q out", args[0])
	}
	text, ok := lint.Explain(id)
	switch {
	case id == "all":
		rows := [][]string{}
		for _, c := range lint.Checks() {
			rows = append(rows, []string{c.ID, string(c.Severity), c.Title})
		}
		text = audit.Columns(rows)
	case !ok:
		hint := "broker lint --explain all lists them"
		if near := nearest(id, findingIDs()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return exitf(statusUsage, "there is no finding %q; %s", id, hint)
	}
	_, err := io.WriteString(w, text)
	return written(err)
}

// linted is the JSON form of what was found.
type linted struct {
	V           int             `json:"v"`
	Clean       bool            `json:"clean"`
	Findings    []shownFinding  `json:"findings"`
	Accepted    []shownAccepted `json:"accepted"`
	NotCompared []string        `json:"not_compared"`
	Errors      []rules.Item    `json:"errors"`
}

type shownFinding struct {
	ID       string        `json:"id"`
	Severity lint.Severity `json:"severity"`
	Message  string        `json:"message"`
	Remedy   string        `json:"remedy"`
	rules.Span
}

type shownAccepted struct {
	shownFinding
	Reason string `json:"reason"`
}

func (o *lintOptions) do(w io.Writer, files []string) error {
	if o.level != "info" && o.level != "warning" {
		return exitf(statusUsage, "--level %q: write info or warning", o.level)
	}
	all := linted{V: 1, Findings: []shownFinding{}, Accepted: []shownAccepted{}, NotCompared: []string{}, Errors: []rules.Item{}}
	worst := worstStatus{}
	for i, file := range files {
		res, diags := lint.Run(lintHost(file))
		worst.add(diags)
		all.add(o, res, diags)
		if res.NotCompared {
			all.NotCompared = append(all.NotCompared, audit.Escape(file))
		}
		if o.json {
			continue
		}
		if diags.HasErrors() {
			_ = showDiagnostics(diags)
			continue
		}
		if i > 0 && len(res.Findings) > 0 && len(all.Findings) > len(res.Findings) {
			fmt.Fprintln(w)
		}
		if err := res.Write(w, diags, colored(os.Stdout)); err != nil {
			return written(err)
		}
		if res.NotCompared {
			fmt.Fprintf(os.Stderr, "broker: %s has too many rules to compare each with all others; only checks of single rules were made\n", audit.Quote(file))
		}
	}
	all.Clean = worst.status == 0 && len(all.Findings) == 0
	if err := o.conclude(w, &all); err != nil {
		return err
	}
	if err := worst.err(); err != nil {
		return err
	}
	if !all.Clean {
		return differs()
	}
	return nil
}

// add takes the outcome of one policy in, and leaves out of res what is below
// the level.
func (l *linted) add(o *lintOptions, res *lint.Result, diags *rules.Diagnostics) {
	kept := res.Findings[:0]
	for _, f := range res.Findings {
		if o.level == "warning" && f.Severity != lint.Warning {
			continue
		}
		kept = append(kept, f)
		l.Findings = append(l.Findings, showFinding(f))
	}
	res.Findings = kept
	for _, a := range res.Accepted {
		l.Accepted = append(l.Accepted, shownAccepted{showFinding(a.Finding), audit.Escape(a.Reason)})
	}
	if diags.HasErrors() {
		l.Errors = append(l.Errors, diags.Items()...)
	}
}

func showFinding(f lint.Finding) shownFinding {
	s := shownFinding{f.ID, f.Severity, audit.Escape(f.Message), audit.Escape(f.Remedy), rules.SpanOf(f.Range)}
	s.File = audit.Escape(s.File)
	return s
}

// conclude ends the output: for people on standard error, where it is in nobody's way.
func (o *lintOptions) conclude(w io.Writer, all *linted) error {
	if o.json {
		return writeJSON(w, all)
	}
	if len(all.Findings) == 0 {
		return nil
	}
	fmt.Fprintf(os.Stderr, "broker: %s; broker lint --explain ID says what a finding means\n", howMany(len(all.Findings)))
	return nil
}

func howMany(n int) string {
	if n == 1 {
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}

// lintHost is what lint asks this machine.
func lintHost(file string) lint.Options {
	return lint.Options{
		Rules: ruleOptions([]string{file}, broker.Vars(nil)),
		Lost:  lost,
		Exists: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil || !os.IsNotExist(err)
		},
		Interpreter: interpreter,
	}
}

// lost says what is given away where rules lift a call or a group.
func lost(name string) string {
	if call, ok := filter.ByName(name); ok {
		switch {
		case call.Disposition == filter.Refused:
			return call.Reason
		case call.Conditional:
			return "the conditions on its arguments no longer hold"
		}
		return ""
	}
	return filter.Loss(name)
}

// interpreter gives the canonical path of what a script's first line names; see
// execve(2).
func interpreter(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	const line = 256 // BINPRM_BUF_SIZE
	first, _ := bufio.NewReaderSize(io.LimitReader(f, line), line).ReadString('\n')
	rest, ok := strings.CutPrefix(first, "#!")
	if !ok {
		return ""
	}
	words := strings.Fields(rest)
	if len(words) == 0 || !strings.HasPrefix(words[0], "/") {
		return ""
	}
	return broker.NewResolver().Canonical(words[0])
}
