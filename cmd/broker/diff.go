package main

import (
	"slices"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

const diffLong = `diff says what changes from one policy to another, by what they mean: which
accesses become allowed and which refused, for which paths, addresses and
programs; which calls the kernel treats otherwise; and the mode and the
default. Rules that are renamed, moved, split or spelt otherwise are no
difference.

Everything that it says is an access that both policies have been asked about:
each line has an example that they really decide differently. Lines that begin
with the name of a program hold while that executable runs.

--trace reads an audit log and says which of the recorded calls would get
another verdict, and how often they were made, before everything else.

Each policy is a rules file with all that it extends, or builtin:NAME. For two
versions of one file, put the old one beside it, where what it extends is
found: git show HEAD:app.hcl >old.hcl

With --json: one object with "v": 1, "same", "complete" (false when the
patterns overlap in too many ways to compare everything), "settings" and
"kernel" (what, before, after), "differences" (classes, program, call, argv,
before and after with verdict, rule and patterns, examples) and, for --trace,
"trace" (events, same, differ, differences with count, class, subject, was,
now, first; left_out; warnings). Bytes that are not printable text are escaped
in it.`

const diffExample = `  broker diff old.hcl app.hcl
  broker diff --trace audit.jsonl old.hcl app.hcl
  broker diff --fail-on wider --json old.hcl app.hcl`

const diffAfter = `Exit status:
  0    the policies mean the same, or nothing that --fail-on names
  1    they differ
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file or a log cannot be read
  73   the output cannot be written
`

type diffOptions struct {
	trace  []string
	failOn string
	json   bool
}

func newDiff() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:         "diff [flags] OLD NEW",
		Short:       "Say what one policy allows or refuses and another does not",
		Long:        diffLong,
		Example:     diffExample,
		Annotations: map[string]string{afterKey: diffAfter},

		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeRules,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return exitf(statusUsage, "name two policies: broker diff old.hcl new.hcl")
			}
			return o.do(cmd, args[0], args[1])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.trace, "trace", nil, "say how the events of this audit `log` fare, - for standard input")
	f.StringVar(&o.failOn, "fail-on", "any", "exit with 1 for `what`: any difference; wider, if something becomes allowed; or never")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	_ = cmd.RegisterFlagCompletionFunc("fail-on", fixed("any", "wider", "never"))
	return cmd
}

// compared is the JSON form of a difference between two policies.
type compared struct {
	V           int         `json:"v"`
	Same        bool        `json:"same"`
	Complete    bool        `json:"complete"`
	Trace       *traced     `json:"trace,omitempty"`
	Settings    []changed   `json:"settings"`
	Kernel      []changed   `json:"kernel"`
	Differences []differing `json:"differences"`
	wider       bool        // something becomes allowed
}

// changed is a value that differs.
type changed struct {
	What   string `json:"what"`
	Before string `json:"before"`
	After  string `json:"after"`
	wider  bool
}

type differing struct {
	Classes  []string  `json:"classes"`
	Program  string    `json:"program,omitempty"`
	Call     string    `json:"call,omitempty"`
	Argv     []string  `json:"argv,omitempty"`
	Before   decided   `json:"before"`
	After    decided   `json:"after"`
	Examples []string  `json:"examples"`
	verdicts [2]string // before, after
}

type decided struct {
	Verdict  string     `json:"verdict"`
	Rule     *shownRule `json:"rule,omitempty"`
	Patterns []string   `json:"patterns,omitempty"`
}

func (o *diffOptions) do(cmd *cobra.Command, before, after string) error {
	if !slices.Contains([]string{"any", "wider", "never"}, o.failOn) {
		return exitf(statusUsage, "--fail-on %q: write any, wider or never", o.failOn)
	}
	old, err := loadPolicy([]string{before}, "", nil)
	if err != nil {
		return err
	}
	young, err := loadPolicy([]string{after}, "", nil)
	if err != nil {
		return err
	}
	out := compare(old, young)
	if len(o.trace) > 0 {
		out.Trace, err = traceThrough(o.trace, func(t *review.Trace, e *audit.Event, place string) { t.Between(old, young, e, place) })
		if err != nil {
			return err
		}
	}
	if o.json {
		err = writeJSON(cmd.OutOrStdout(), out)
	} else {
		p := newSheet()
		out.print(p)
		err = p.flush(cmd)
	}
	if err == nil && o.fails(out) {
		return differs()
	}
	return err
}

func (o *diffOptions) fails(out *compared) bool {
	switch o.failOn {
	case "never":
		return false
	case "wider":
		return out.wider || !out.Complete
	}
	return !out.Same || !out.Complete
}

// compare finds every difference between two policies.
func compare(before, after *rules.Policy) *compared {
	d := rules.Compare(before, after)
	out := &compared{V: 1, Complete: d.Whole, Settings: settingsDiffer(before, after), Kernel: kernelDiffers(before, after),
		Differences: []differing{}}
	for _, x := range d.List {
		one := differing{
			Classes: classWords(x.Access), Program: audit.Escape(x.Program), Call: x.Call,
			Before:   decided{x.Before.Verdict.String(), showRule(x.Before.Rule), escapeAll(x.BeforePatterns)},
			After:    decided{x.After.Verdict.String(), showRule(x.After.Rule), escapeAll(x.AfterPatterns)},
			verdicts: [2]string{x.Before.Verdict.String(), x.After.Verdict.String()},
		}
		for _, word := range x.Argv {
			one.Argv = append(one.Argv, audit.Escape(word))
		}
		for _, e := range x.Examples {
			one.Examples = append(one.Examples, audit.Quote(e.String()))
		}
		out.Differences = append(out.Differences, one)
		out.wider = out.wider || x.After.Verdict > x.Before.Verdict
	}
	for _, c := range slices.Concat(out.Settings, out.Kernel) {
		out.wider = out.wider || c.wider
	}
	out.Same = len(out.Settings)+len(out.Kernel)+len(out.Differences) == 0
	return out
}

func escapeAll(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, audit.Escape(s))
	}
	return out
}

// settingsDiffer compares what a policy is as a whole.
func settingsDiffer(before, after *rules.Policy) []changed {
	list := []changed{}
	if before.Mode() != after.Mode() {
		list = append(list, changed{"mode", before.Mode().String(), after.Mode().String(), after.Mode() == rules.Monitor})
	}
	if before.Default() != after.Default() {
		list = append(list, changed{"default", before.Default().String(), after.Default().String(), after.Default() > before.Default()})
	}
	stat := func(p *rules.Policy) string {
		if p.Classes()&rules.Stat != 0 {
			return "by the broker"
		}
		return "by the kernel alone"
	}
	if stat(before) != stat(after) {
		list = append(list, changed{"stat is decided", stat(before), stat(after), false})
	}
	return list
}

func (out *compared) print(p *sheet) {
	if out.Trace != nil {
		out.Trace.print(p, "before", "after")
		p.printf("\n")
	}
	for _, section := range []struct {
		title string
		list  []changed
	}{{"settings", out.Settings}, {"calls that the kernel decides", out.Kernel}} {
		if len(section.list) == 0 {
			continue
		}
		p.title("%s", section.title)
		rows := [][]string{}
		for _, c := range section.list {
			rows = append(rows, []string{c.What, c.Before + " -> " + c.After})
		}
		p.WriteString(audit.Columns(rows) + "\n")
	}
	for _, verdicts := range out.kinds() {
		out.printKind(p, verdicts)
	}
	switch {
	case !out.Complete:
		p.printf("not everything could be compared: the patterns overlap in too many ways\n")
	case out.Same:
		p.printf("the two policies mean the same\n")
	}
}

// kinds are the pairs of verdicts that occur, what is allowed from now on
// first, then what is refused.
func (out *compared) kinds() [][2]string {
	var kinds [][2]string
	for _, after := range []string{"allow", "deny", "ask", "emulate"} {
		for _, d := range out.Differences {
			if d.verdicts[1] == after && !slices.Contains(kinds, d.verdicts) {
				kinds = append(kinds, d.verdicts)
			}
		}
	}
	return kinds
}

// kindTitles say what it means that one verdict becomes another.
var kindTitles = map[[2]string]string{
	{"deny", "allow"}: "becomes allowed", {"allow", "deny"}: "becomes refused", {"deny", "deny"}: "is refused with another errno",
	{"emulate", "emulate"}: "is emulated otherwise", {"allow", "emulate"}: "becomes emulated",
	{"deny", "emulate"}: "was refused and becomes emulated", {"emulate", "allow"}: "is not emulated any more: becomes allowed",
	{"emulate", "deny"}: "is not emulated any more: becomes refused", {"allow", "ask"}: "was allowed and is asked about",
	{"deny", "ask"}: "was refused and is asked about", {"ask", "allow"}: "was asked about and becomes allowed",
	{"ask", "deny"}: "was asked about and becomes refused",
}

func (out *compared) printKind(p *sheet, verdicts [2]string) {
	title := kindTitles[verdicts]
	if title == "" {
		title = verdicts[0] + " becomes " + verdicts[1]
	}
	p.title("%s", title)
	rows := [][]string{{"class", "where", "before", "after", "for example"}}
	for _, d := range out.Differences {
		if d.verdicts != verdicts {
			continue
		}
		class := strings.Join(d.Classes, ", ")
		if d.Program != "" {
			class = d.Program + ": " + class
		}
		if d.Call != "" {
			class += " of " + d.Call
		}
		if d.Argv != nil {
			class += " with argv " + shellWords(d.Argv)
		}
		rows = append(rows, []string{class, d.where(), d.Before.rule(), d.After.rule(), d.example()})
	}
	p.WriteString(audit.Columns(rows) + "\n")
}

// where are the patterns of the rule that restricts, or else of the one that
// permits: what both match.
func (d *differing) where() string {
	list := d.After.Patterns
	if d.Before.Verdict != "allow" && d.After.Verdict == "allow" && d.Before.Patterns != nil || d.After.Patterns == nil {
		list = d.Before.Patterns
	}
	if d.Before.Patterns != nil && d.After.Patterns != nil && d.After.Verdict != "allow" {
		list = d.After.Patterns
	}
	const most = 3
	switch {
	case len(list) == 0:
		return "elsewhere"
	case len(list) > most:
		return strings.Join(list[:most], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

// example is the deepest: what a wildcard stands for says more than the
// directory before it.
func (d *differing) example() string {
	best := d.Examples[0]
	for _, e := range d.Examples[1:] {
		if strings.Count(e, "/") > strings.Count(best, "/") {
			best = e
		}
	}
	return best
}

func (d *decided) rule() string {
	if d.Rule == nil {
		return d.Verdict + " by default"
	}
	return audit.Escape(review.RuleText(rules.Decision{Rule: &rules.Rule{Name: d.Rule.Name, File: d.Rule.File, Line: d.Rule.Line}}))
}
