package main

import (
	"fmt"
	"strings"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
	"seccomp-broker/rules"
)

// reportRule is how a rule of the policy was used.
type reportRule struct {
	Rule     shownRule       `json:"rule"`
	Verdict  string          `json:"verdict"`
	Count    uint64          `json:"count"`
	Last     *time.Time      `json:"last,omitempty"`
	Granted  []string        `json:"granted"`
	Used     []string        `json:"used"`
	Subjects int             `json:"subjects"`
	AtLeast  bool            `json:"at_least,omitempty"` // there may be more subjects
	Patterns []reportPattern `json:"patterns,omitempty"`
	Advice   []string        `json:"advice,omitempty"`
}

type reportPattern struct {
	Pattern  string `json:"pattern"`
	Count    uint64 `json:"count"`
	Subjects int    `json:"subjects"`
	AtLeast  bool   `json:"at_least,omitempty"`
}

// rulesUsed holds the policy against the logs: every rule that is not built in.
// Allow rules only where the logs have allowed calls at all.
func rulesUsed(policy *rules.Policy, u *review.Usage) []reportRule {
	index := policy.PatternIndex()
	list := []reportRule{}
	for _, r := range policy.Rules() {
		if strings.HasPrefix(r.File, "builtin:") || r.Verdict == rules.Allow && u.Actions[audit.Allowed] == 0 {
			continue
		}
		list = append(list, ruleUsed(r, u.Rule(r), index.Of(r)))
	}
	return list
}

func ruleUsed(r *rules.Rule, use *review.RuleUse, patterns []string) reportRule {
	one := reportRule{Rule: *showRule(r), Verdict: r.Verdict.String(), Granted: classWords(r.Access), Used: []string{}}
	if use == nil {
		one.Advice = append(one.Advice, "never used")
		return one
	}
	last := use.Last
	one.Count, one.Last, one.Used, one.Subjects, one.AtLeast = use.Count, &last, classWords(use.Access&r.Access), use.Distinct, use.Most
	if r.Verdict != rules.Allow {
		return one
	}
	if unused := r.Access &^ use.Access; unused != 0 {
		one.Advice = append(one.Advice, fmt.Sprintf("%s: granted, never used", unused))
	}
	for _, pattern := range patterns {
		x := reportPattern{Pattern: audit.Escape(pattern)}
		switch seen := use.Patterns[pattern]; {
		case seen == nil:
			one.Advice = append(one.Advice, fmt.Sprintf("%s: never used", x.Pattern))
		default:
			x.Count, x.Subjects, x.AtLeast = seen.Count, seen.Distinct, seen.Most
			if item, ok := audit.Item(seen.Names[0], false); ok && seen.Distinct == 1 && !seen.Most && isWild(pattern) {
				one.Advice = append(one.Advice, fmt.Sprintf("%s: one name only; write %s", x.Pattern, item))
			}
		}
		one.Patterns = append(one.Patterns, x)
	}
	return one
}

// isWild tells patterns that stand for more than one path.
func isWild(pattern string) bool {
	return strings.ContainsAny(strings.NewReplacer(`\*`, "", `\?`, "", `\\`, "").Replace(pattern), "*?")
}

// maxAdvice is how much is said about one rule.
const maxAdvice = 5

func (r *reported) printRules(p *sheet, top int) {
	p.title("\nrules")
	if r.Actions[string(audit.Allowed)] == 0 {
		p.printf("  the logs have no allowed calls (--log-allowed), so allow rules are left out\n")
	}
	rows := [][]string{{"count", "subjects", "verdict", "rule", "used of what is granted"}}
	for _, x := range shorten(r.Rules, top) {
		subjects := fmt.Sprint(x.Subjects)
		if x.AtLeast {
			subjects += "+"
		}
		used := "-"
		if len(x.Used) > 0 {
			used = strings.Join(x.Used, ", ")
		}
		rows = append(rows, []string{fmt.Sprint(x.Count), subjects, x.Verdict,
			fmt.Sprintf("%q at %s:%d", audit.Escape(x.Rule.Name), audit.Escape(x.Rule.File), x.Rule.Line),
			used + " of " + strings.Join(x.Granted, ", ")})
	}
	p.WriteString(audit.Columns(rows, 0, 1))
	cutOff(p, len(r.Rules), top)
	r.printAdvice(p, top)
}

func (r *reported) printAdvice(p *sheet, top int) {
	said := 0
	for _, x := range r.Rules {
		if len(x.Advice) == 0 {
			continue
		}
		if said == 0 {
			p.title("\nto look at")
		}
		if said++; top > 0 && said > top {
			continue
		}
		p.printf("  %q at %s:%d\n", audit.Escape(x.Rule.Name), audit.Escape(x.Rule.File), x.Rule.Line)
		for _, a := range shorten(x.Advice, maxAdvice) {
			p.printf("    %s\n", a)
		}
		if n := len(x.Advice) - maxAdvice; n > 0 {
			p.printf("    … and %d more\n", n)
		}
	}
	cutOff(p, said, top)
}
