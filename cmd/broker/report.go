package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

const reportLong = `report sums up audit logs, which --log FILE --log-format json writes: what was
refused, would have been refused, was emulated or asked about, and what failed,
by rule and by program.

With --rules it also says how the policy was used: rules and patterns that
decided nothing, classes that were granted and never asked for, and wildcards
under which one name only was used. For allow rules that needs logs with
allowed calls: --log-allowed. Built-in sets are not gone through: they are for
all programs.

Logs may be of any size, packed with gzip, and several: memory is bounded.
Where more different things occur than are kept, the output says how far counts
may be off. A last line that is cut, lines that are no records, and records of
a newer schema are said and left out; a log that begins with one needs a newer
broker.

With --json: one object with "v": 1, "events", "older" (left out by --since),
"sessions", "first", "last", "actions" (counts), "kinds" (by action: count,
over, class, subject, rule, reason), "programs" (exe, count, actions), with
--rules "rules" (rule, verdict, count, last, classes granted and used,
subjects, patterns, advice), and "warnings". "over" is by how much a count may
be too high. Bytes that are not printable text are escaped in it.`

const reportExample = `  broker report audit.jsonl
  broker report --rules app.hcl --since 2026-11-01 audit.jsonl.gz audit.jsonl
  broker report --since 24h --json audit.jsonl`

const reportAfter = `Exit status:
  0    the logs have been read, whatever is in them
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file or a log cannot be read
  73   the output cannot be written
`

type reportOptions struct {
	rules []string
	since string
	json  bool
	top   int
}

func newReport() *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:         "report [flags] LOG...",
		Short:       "Sum up audit logs: what was refused, which rules were never used",
		Long:        reportLong,
		Example:     reportExample,
		Annotations: map[string]string{afterKey: reportAfter},

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exitf(statusUsage, "name an audit log, or - for standard input: broker report audit.jsonl")
			}
			return o.do(cmd, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.rules, "rules", "r", nil, "rules `file` or builtin:NAME that the logs are of; may be given several times")
	f.StringVar(&o.since, "since", "", "only events since this `time`: 2026-11-01, 2026-11-01T12:00:00Z, or 24h ago")
	f.IntVar(&o.top, "top", 20, "lines of each table, at most `N`; 0 is all that are kept")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	_ = cmd.RegisterFlagCompletionFunc("rules", completeRules)
	return cmd
}

func (o *reportOptions) do(cmd *cobra.Command, files []string) error {
	since, err := parseSince(o.since, time.Now())
	if err != nil {
		return err
	}
	if o.top < 0 {
		return exitf(statusUsage, "--top %d: it cannot be negative; 0 is all that are kept", o.top)
	}
	u := review.NewUsage(since)
	var policy *rules.Policy
	if len(o.rules) > 0 {
		if policy, err = loadPolicy(o.rules, "", nil); err != nil {
			return err
		}
		u.Against(policy)
	}
	l := logs{files: files}
	if err := l.each(func(e *audit.Event, _ string) bool { u.Add(e); return true }); err != nil {
		return err
	}
	r := newReported(u, &l)
	if policy != nil {
		r.Rules = rulesUsed(policy, u)
	}
	if o.json {
		return writeJSON(cmd.OutOrStdout(), r)
	}
	p := newSheet()
	r.print(p, o.top)
	return p.flush(cmd)
}

// parseSince reads a date, a time or a duration before now.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, exitf(statusUsage, "--since %q: write a date such as 2026-11-01, a time such as 2026-11-01T12:00:00Z, or a duration such as 24h", s)
}

// reported is the JSON form of a report.
type reported struct {
	V        int                     `json:"v"`
	Events   uint64                  `json:"events"`
	Older    uint64                  `json:"older,omitempty"`
	Sessions int                     `json:"sessions"`
	First    *time.Time              `json:"first,omitempty"`
	Last     *time.Time              `json:"last,omitempty"`
	Actions  map[string]uint64       `json:"actions"`
	Kinds    map[string][]reportKind `json:"kinds"`
	Programs []reportProgram         `json:"programs"`
	Rules    []reportRule            `json:"rules,omitempty"`
	Warnings []string                `json:"warnings,omitempty"`
}

type reportKind struct {
	Count   uint64     `json:"count"`
	Over    uint64     `json:"over,omitempty"`
	Class   string     `json:"class"`
	Subject string     `json:"subject"`
	Rule    *shownRule `json:"rule,omitempty"`
	Reason  string     `json:"reason,omitempty"`
}

type reportProgram struct {
	Exe     string            `json:"exe"`
	Count   uint64            `json:"count"`
	Over    uint64            `json:"over,omitempty"`
	Actions map[string]uint64 `json:"actions"`
}

// reportSections are the actions that have a table, in its order.
var reportSections = []struct {
	action audit.Action
	title  string
}{
	{review.Alert, "alerts"},
	{audit.Denied, "refused"}, {audit.WouldDeny, "would be refused in enforce mode"}, {audit.Asked, "asked about"},
	{audit.Emulated, "emulated"}, {audit.Error, "refused because something failed, and records about the log"},
}

func newReported(u *review.Usage, l *logs) *reported {
	r := &reported{V: 1, Events: u.Events, Older: u.Before, Sessions: u.Sessions(), Actions: map[string]uint64{},
		Kinds: map[string][]reportKind{}, Programs: []reportProgram{}, Warnings: l.warnings}
	if u.Events > 0 {
		r.First, r.Last = &u.First, &u.Last
	}
	for a, n := range u.Actions {
		r.Actions[audit.Escape(string(a))] = n
	}
	for _, s := range reportSections {
		for _, k := range u.Kinds(s.action) {
			r.Kinds[string(s.action)] = append(r.Kinds[string(s.action)], showKind(k))
		}
	}
	for _, p := range u.Programs() {
		actions := map[string]uint64{}
		for a, n := range p.Actions {
			actions[audit.Escape(string(a))] = n
		}
		r.Programs = append(r.Programs, reportProgram{audit.Quote(p.Exe), p.Count, p.Over, actions})
	}
	if u.MoreSessions {
		r.Warnings = append(r.Warnings, "there are more sessions than are counted")
	}
	if u.MoreRules {
		r.Warnings = append(r.Warnings, "there are more rules than are counted")
	}
	return r
}

func showKind(k review.KindCount) reportKind {
	one := reportKind{Count: k.Count, Over: k.Over, Class: audit.Escape(k.Access), Subject: audit.Quote(k.Subject), Reason: audit.Escape(k.Reason)}
	if k.Rule != (audit.Rule{}) {
		one.Rule = &shownRule{Name: audit.Escape(k.Rule.Name), File: audit.Escape(k.Rule.File), Line: k.Rule.Line}
	}
	return one
}

func (r *reported) print(p *sheet, top int) {
	p.title("%s of %s", audit.Counted(r.Events, "event", "events"), audit.Counted(r.Sessions, "run", "runs"))
	if r.First != nil {
		p.printf("from %s to %s\n", r.First.Format(time.RFC3339), r.Last.Format(time.RFC3339))
	}
	if r.Older > 0 {
		p.printf("%s older than --since left out\n", audit.Counted(r.Older, "event", "events"))
	}
	var parts []string
	for _, a := range sortedKeys(r.Actions) {
		parts = append(parts, fmt.Sprintf("%d %s", r.Actions[a], a))
	}
	if len(parts) > 0 {
		p.printf("%s\n", strings.Join(parts, ", "))
	}
	for _, s := range reportSections {
		r.printKinds(p, s.title, r.Kinds[string(s.action)], top)
	}
	r.printPrograms(p, top)
	if r.Rules != nil {
		r.printRules(p, top)
	}
}

func (r *reported) printKinds(p *sheet, title string, list []reportKind, top int) {
	if len(list) == 0 {
		return
	}
	p.title("\n%s", title)
	rows := [][]string{{"count", "class", "subject", "rule"}}
	over := uint64(0)
	for _, k := range shorten(list, top) {
		rule := "no rule"
		if k.Rule != nil {
			rule = fmt.Sprintf("%q at %s:%d", k.Rule.Name, k.Rule.File, k.Rule.Line)
		}
		if k.Reason != "" {
			rule = k.Reason
		}
		rows = append(rows, []string{fmt.Sprint(k.Count), dash(k.Class), dash(k.Subject), rule})
	}
	for _, k := range list {
		over = max(over, k.Over)
	}
	p.WriteString(audit.Columns(rows, 0))
	cutOff(p, len(list), top)
	if over > 0 {
		p.printf("  there are more kinds than are kept; the rarest are missing, and counts may be up to %d too high\n", over)
	}
}

func (r *reported) printPrograms(p *sheet, top int) {
	if len(r.Programs) == 0 {
		return
	}
	p.title("\nby program")
	columns := []string{"denied", "would-deny", "error", "emulated", "allowed"}
	rows := [][]string{append([]string{"events"}, append(columns, "program")...)}
	over := uint64(0)
	for _, x := range shorten(r.Programs, top) {
		row := []string{fmt.Sprint(x.Count)}
		for _, c := range columns {
			row = append(row, fmt.Sprint(x.Actions[c]))
		}
		rows = append(rows, append(row, x.Exe))
	}
	for _, x := range r.Programs {
		over = max(over, x.Over)
	}
	p.WriteString(audit.Columns(rows, 0, 1, 2, 3, 4, 5))
	cutOff(p, len(r.Programs), top)
	if over > 0 {
		p.printf("  there are more programs than are kept; counts may be up to %d too high\n", over)
	}
}

func shorten[T any](list []T, top int) []T {
	if top > 0 && len(list) > top {
		return list[:top]
	}
	return list
}

// cutOff says what a table leaves out.
func cutOff(p *sheet, n, top int) {
	if top > 0 && n > top {
		p.printf("  … and %s; --top 0 shows all\n", audit.Counted(n-top, "more line", "more lines"))
	}
}

func dash(s string) string {
	if s == "" || s == `""` {
		return "-"
	}
	return s
}

func sortedKeys(m map[string]uint64) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
