package main

import (
	"fmt"
	"regexp"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

const testLong = `test runs the test blocks of rules files, and of the files that they extend:
each asks the rules about one call and says what they are to answer. Nothing is
executed; paths are resolved as they are on this machine.

--trace reads an audit log, which --log FILE --log-format json writes, and asks
the rules about each event again: every one must get the verdict that it had.
With --log-allowed the log holds what was allowed, too. Monitor mode plays no
part: what is compared is what the rules say. Records that are not decided by
rules alone are counted and left out, as are those of a newer schema; a log
that begins with one needs a newer broker.

With --json: one object with "v": 1, "passed", "failed", "tests" (name, file,
line, ok, call, subject, verdict, expect, rule, errno, failures, matches) and,
for --trace, "trace": see broker diff --help. Bytes that are not printable text
are escaped in it as in broker's lines.`

const testExample = `  broker test app.hcl
  broker test --run 'keys|hooks' -v app.hcl
  broker test --trace audit.jsonl app.hcl`

const testAfter = `Exit status:
  0    all passed
  1    a test failed, or an event gets another verdict
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file or a log cannot be read
  73   the output cannot be written
`

const exampleTest = `  test "reads the readme" {
    call   = "openat"
    path   = "${cwd}/README"
    expect = "allow"
  }
`

type testOptions struct {
	run     string
	trace   []string
	json    bool
	verbose bool
}

func newTest() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:         "test [flags] FILE...",
		Short:       "Run the test blocks of rules, or ask about recorded events again",
		Long:        testLong,
		Example:     testExample,
		Annotations: map[string]string{afterKey: testAfter},

		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeRules,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exitf(statusUsage, "name the rules file to test: broker test app.hcl")
			}
			return o.do(cmd, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.run, "run", "", "only tests whose names match this `regexp`")
	f.StringArrayVar(&o.trace, "trace", nil, "ask about the events of this audit `log` again, - for standard input")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "name tests that passed, and how they were decided")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	return cmd
}

// tested is the JSON form of the outcome.
type tested struct {
	V      int           `json:"v"`
	Passed int           `json:"passed"`
	Failed int           `json:"failed"`
	Tests  []testedBlock `json:"tests"`
	Trace  *traced       `json:"trace,omitempty"`
}

// testedBlock is one test in it.
type testedBlock struct {
	Name     string        `json:"name"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	OK       bool          `json:"ok"`
	Call     string        `json:"call,omitempty"`
	Subject  string        `json:"subject"`
	Verdict  string        `json:"verdict"`
	Expect   string        `json:"expect"`
	Rule     *shownRule    `json:"rule,omitempty"`
	Errno    string        `json:"errno,omitempty"`
	Failures []string      `json:"failures,omitempty"`
	Matches  []shownAnswer `json:"matches,omitempty"`
}

func (o *testOptions) do(cmd *cobra.Command, files []string) error {
	filter, err := regexp.Compile(o.run)
	if err != nil {
		return exitf(statusUsage, "--run %q: %w; write a regular expression such as 'keys|hooks'", o.run, err)
	}
	policy, err := loadPolicy(files, "", nil)
	if err != nil {
		return err
	}
	out := tested{V: 1, Tests: []testedBlock{}}
	p := newSheet()
	for _, t := range policy.Tests() {
		if !filter.MatchString(t.Name) {
			continue
		}
		r := review.RunTest(policy, t, review.Canonical)
		o.note(p, &r)
		out.add(&r)
	}
	o.conclude(p, &out, len(policy.Tests()))
	if len(o.trace) > 0 {
		t, err := traceThrough(o.trace, func(t *review.Trace, e *audit.Event, place string) { t.Compare(policy, e, place) })
		if err != nil {
			return err
		}
		out.Trace = t
		t.print(p, "recorded", "now")
	}
	if o.json {
		err = writeJSON(cmd.OutOrStdout(), out)
	} else {
		err = p.flush(cmd)
	}
	if err == nil && (out.Failed > 0 || out.Trace != nil && !out.Trace.same()) {
		return differs()
	}
	return err
}

// conclude says how many tests there were. Rules without any are most likely not
// the file that was meant, unless a log is asked about.
func (o *testOptions) conclude(p *sheet, out *tested, all int) {
	switch {
	case all == 0 && len(o.trace) > 0:
	case all == 0:
		p.printf("no test blocks; write one:\n%s", exampleTest)
	case len(out.Tests) == 0:
		p.printf("no test matches --run %s, of %d\n", audit.Quote(o.run), all)
	default:
		p.title("%d passed, %d failed", out.Passed, out.Failed)
	}
}

func (out *tested) add(r *review.Result) {
	t, a := r.Test, &r.Answer
	b := testedBlock{
		Name: t.Name, File: t.File, Line: t.Line, OK: len(r.Failures) == 0, Call: t.Call,
		Subject: audit.Escape(a.Subject()), Verdict: a.Verdict.String(), Expect: t.Expect.String(),
		Rule: showRule(a.Rule), Errno: rules.ErrnoName(a.Errno),
	}
	for _, f := range r.Failures {
		b.Failures = append(b.Failures, audit.Escape(f))
	}
	if !b.OK {
		b.Matches = showAnswers(a)
	}
	if b.OK {
		out.Passed++
	} else {
		out.Failed++
	}
	out.Tests = append(out.Tests, b)
}

// note prints a test: one that failed always.
func (o *testOptions) note(p *sheet, r *review.Result) {
	t := r.Test
	state, color := "ok  ", stateColors[stateOK]
	if len(r.Failures) > 0 {
		state, color = "FAIL", stateColors[stateMissing]
	} else if !o.verbose {
		return
	}
	if p.color {
		state = color + state + colorReset
	}
	p.printf("%s  %s (%s:%d)\n", state, audit.Escape(t.Name), audit.Escape(t.File), t.Line)
	for _, f := range r.Failures {
		p.printf("      %s\n", audit.Escape(f))
	}
	p.printf("      %s\n", strings.Join(describe(&r.Question), " "))
	p.indent(6, answerTable(&r.Answer))
}

// describe is a question in words: call, subject, flags, program.
func describe(q *review.Question) []string {
	var words []string
	if q.Call != "" {
		words = append(words, q.Call)
	}
	switch {
	case q.Address != nil:
		words = append(words, audit.Quote(q.Address.String()))
	case q.Path2 != "":
		words = append(words, audit.Quote(q.Path), "->", audit.Quote(q.Path2))
	default:
		words = append(words, audit.Quote(q.Path))
	}
	if q.Flags != "" {
		words = append(words, audit.Escape(q.Flags))
	}
	if q.Argv != nil {
		words = append(words, fmt.Sprintf("argv %s", shellWords(q.Argv)))
	}
	if q.Program != "" {
		words = append(words, "by", audit.Quote(q.Program))
	}
	return words
}
