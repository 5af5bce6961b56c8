package main

import (
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
	"seccomp-broker/rules"
)

// shownRule is a rule in JSON output.
type shownRule struct {
	Name    string   `json:"name"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Reason  string   `json:"reason,omitempty"`
	Program string   `json:"program,omitempty"`
	Paths   []string `json:"path,omitempty"`
	Address []string `json:"address,omitempty"`
	Except  []string `json:"except,omitempty"`
}

func showRule(r *rules.Rule) *shownRule {
	if r == nil {
		return nil
	}
	return &shownRule{r.Name, r.File, r.Line, r.Reason, r.Program, r.Patterns, r.Addresses, r.Except}
}

// shownAnswer is a part of an answer in JSON output: what was asked of one
// subject, what decided, and everything that matched.
type shownAnswer struct {
	Subject string       `json:"subject"`
	Second  bool         `json:"second,omitempty"`
	Asked   []string     `json:"asked"`
	Verdict string       `json:"verdict"`
	Class   string       `json:"class,omitempty"`
	Rule    *shownRule   `json:"rule,omitempty"`
	Note    string       `json:"note,omitempty"`
	Matches []shownMatch `json:"matches"`
}

type shownMatch struct {
	Verdict string    `json:"verdict"`
	Class   string    `json:"class"`
	Rule    shownRule `json:"rule"`
}

func showAnswers(a *review.Answer) []shownAnswer {
	all := make([]shownAnswer, 0, len(a.Parts))
	for i := range a.Parts {
		p := &a.Parts[i]
		s := shownAnswer{
			Subject: audit.Escape(p.Subject()), Second: p.Second, Asked: classWords(p.Access), Verdict: p.Verdict.String(),
			Rule: showRule(p.Rule), Note: p.Note, Matches: []shownMatch{},
		}
		if p.Decision.Access != 0 {
			s.Class = p.Decision.Access.String()
		}
		for _, m := range p.Matches {
			s.Matches = append(s.Matches, shownMatch{m.Verdict.String(), m.Access.String(), *showRule(m.Rule)})
		}
		all = append(all, s)
	}
	return all
}

func classWords(a rules.Access) []string {
	if a == 0 {
		return []string{}
	}
	return strings.Split(a.String(), ", ")
}

// answerTable shows each part of an answer with every rule that matched it, a
// mark before the one that decided.
func answerTable(a *review.Answer) string {
	rows := [][]string{{"", "class", "verdict", "rule", "subject"}}
	for i := range a.Parts {
		p := &a.Parts[i]
		subject := audit.Quote(p.Subject())
		if row := unmatched(a, p); row != nil {
			rows = append(rows, append(row, subject))
		}
		decided := p.Rule == nil
		for _, m := range p.Matches {
			sign := ""
			if !decided && m.Rule == p.Rule && m.Access == p.Decision.Access {
				sign, decided = mark(a, p), true
			}
			rows = append(rows, []string{sign, m.Access.String(), m.Verdict.String(), audit.Escape(review.RuleText(m)), subject})
		}
	}
	return audit.Columns(rows)
}

// unmatched is the row of the classes that no rule matches; nil if there is one
// for each.
func unmatched(a *review.Answer, p *review.Part) []string {
	left := p.Access
	for _, m := range p.Matches {
		left &^= m.Access
	}
	switch {
	case p.Note != "":
		return []string{mark(a, p), words(p.Decision.Access, p.Access), p.Verdict.String(), p.Note}
	case p.Rule == nil && p.Decision.Access == rules.Stat && p.Verdict == rules.Allow:
		return []string{mark(a, p), "stat", "allow", "no rule hides it"}
	case p.Closed:
		return []string{mark(a, p), words(left, p.Access), p.Verdict.String(), "no rule names connect or bind"}
	case p.Rule == nil:
		return []string{mark(a, p), words(left, p.Access), p.Verdict.String(), "no rule: the default"}
	case left != 0:
		return []string{"", left.String(), p.Default.String(), "no rule: the default"}
	}
	return nil
}

// mark tells the part that decided the call from those that decided only their
// own part.
func mark(a *review.Answer, p *review.Part) string {
	if p.Decision == a.Decision && p.Second == a.Second && p.Subject() == a.Subject() {
		return ">"
	}
	return ""
}

// words are the classes of a decision, or those that were asked.
func words(decided, asked rules.Access) string {
	if decided != 0 {
		return decided.String()
	}
	if asked == 0 {
		return "-"
	}
	return asked.String()
}

// quoteRule names a rule and where it is written.
func quoteRule(r *rules.Rule) string { return audit.Escape(review.RuleText(rules.Decision{Rule: r})) }
