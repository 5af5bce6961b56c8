package review

import (
	"fmt"

	"seccomp-broker/rules"
)

// Result is how one test block came out.
type Result struct {
	Test     *rules.Test
	Question Question
	Answer   Answer
	Failures []string // what is not as expected; empty when it passed
}

// RunTest asks p what the test asks. canonical resolves its paths as the engine
// would: [Canonical], or nothing where they are canonical.
func RunTest(p *rules.Policy, t *rules.Test, canonical func(path string, follow bool) string) Result {
	r := Result{Test: t, Question: *testQuestion(t, canonical)}
	var err error
	if r.Answer, err = Ask(p, &r.Question); err != nil {
		r.Failures = append(r.Failures, err.Error())
		return r
	}
	a := &r.Answer
	if a.Verdict != t.Expect {
		r.Failures = append(r.Failures, fmt.Sprintf("expected %s, got %s by %s", t.Expect, a.Verdict, ruleOrDefault(a.Decision)))
	}
	if t.Rule != "" && !a.decidedBy(t.Rule) {
		r.Failures = append(r.Failures, fmt.Sprintf("expected rule %q to decide, it was %s", t.Rule, ruleOrDefault(a.Decision)))
	}
	if t.Errno != 0 && a.Errno != t.Errno {
		r.Failures = append(r.Failures, fmt.Sprintf("expected %s, the call answers %s", rules.ErrnoName(t.Errno), errnoName(a.Errno)))
	}
	return r
}

// decidedBy reports whether a rule of that name decided. What is allowed is
// allowed by every rule that was asked.
func (a *Answer) decidedBy(name string) bool {
	if a.Verdict != rules.Allow {
		return a.Rule != nil && a.Rule.Name == name
	}
	for _, part := range a.Parts {
		for _, m := range part.Matches {
			if m.Verdict == rules.Allow && m.Rule.Name == name {
				return true
			}
		}
	}
	return false
}

func ruleOrDefault(d rules.Decision) string {
	if d.Rule == nil {
		return "the default, no rule matches"
	}
	return "rule " + RuleText(d)
}

func errnoName(n int) string {
	if n == 0 {
		return "no error"
	}
	return rules.ErrnoName(n)
}
