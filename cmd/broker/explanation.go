package main

import (
	"fmt"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
	"seccomp-broker/rules"
)

// explanation is what explain says, and its JSON form.
type explanation struct {
	V        int               `json:"v"`
	Call     string            `json:"call"`
	Subject  string            `json:"subject,omitempty"`
	Program  string            `json:"program,omitempty"`
	Verdict  string            `json:"verdict,omitempty"`
	Errno    string            `json:"answers,omitempty"`
	Parts    []shownAnswer     `json:"parts"`
	Why      string            `json:"why,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Paths    []shownResolution `json:"path,omitempty"`
	Changes  []shownChange     `json:"changes,omitempty"`
	Kernel   string            `json:"kernel,omitempty"`
	Recorded string            `json:"recorded,omitempty"`
	Place    string            `json:"place,omitempty"`

	question *review.Question
	found    *review.Answer
}

type shownResolution struct {
	Given   string      `json:"given"`
	Path    string      `json:"canonical"`
	Links   []shownLink `json:"links,omitempty"`
	Missing string      `json:"missing,omitempty"`
	Loop    bool        `json:"loop,omitempty"`
}

type shownLink struct {
	Path   string `json:"link"`
	Target string `json:"target"`
}

type shownChange struct {
	Text string `json:"text"`
	HCL  string `json:"hcl,omitempty"`
}

func showResolution(r review.Resolution) shownResolution {
	s := shownResolution{Given: audit.Escape(r.Given), Path: audit.Escape(r.Path), Missing: audit.Escape(r.Missing), Loop: r.Loop}
	for _, l := range r.Links {
		s.Links = append(s.Links, shownLink{audit.Escape(l.Path), audit.Escape(l.Target)})
	}
	return s
}

// answer takes over what the rules say.
func (x *explanation) answer(p *rules.Policy, q *review.Question, a *review.Answer) {
	x.question, x.found = q, a
	x.Subject, x.Verdict, x.Errno = audit.Escape(a.Subject()), a.Verdict.String(), rules.ErrnoName(a.Errno)
	x.Program = audit.Escape(q.Program)
	x.Parts = showAnswers(a)
	x.Why = why(p, a)
	if a.Rule != nil {
		x.Reason = a.Rule.Reason
	}
	for _, c := range review.Changes(p, a) {
		x.Changes = append(x.Changes, shownChange{audit.Escape(c.Text), c.HCL})
	}
}

// why says in a sentence what decided.
func why(p *rules.Policy, a *review.Answer) string {
	var text string
	switch {
	case a.Note != "":
		text = a.Note
	case a.Rule == nil && len(a.Matches) == 0 && a.Decision.Access == rules.Stat && a.Verdict == rules.Allow:
		text = "no rule hides it"
	case a.Rule == nil && a.Closed:
		text = "no rule names connect or bind, so every address is refused"
	case a.Rule == nil:
		text = fmt.Sprintf("no rule matches, so the default answers: %s", p.Default())
	case len(a.Parts) > 1 && a.Verdict == rules.Allow:
		text = "everything that the call asks for is allowed"
	default:
		text = "it is the only rule that matches"
		n, laxer := others(a)
		switch {
		case laxer:
			text = fmt.Sprintf("of %s that match, it is the strictest: deny, then ask, then emulate, then allow", audit.Counted(n+1, "rule", "rules"))
		case n > 0:
			text = fmt.Sprintf("it is the first of %s that match, and all of them answer %s", audit.Counted(n+1, "rule", "rules"), a.Verdict)
		}
	}
	if a.Verdict != rules.Allow && a.Verdict != rules.Emulate && p.Mode() == rules.Monitor {
		text += "; in monitor mode the call goes through, and this is only reported"
	}
	return text
}

// others counts the rules that match beside the one that decided, and tells
// whether any of them is less strict.
func others(a *review.Answer) (n int, laxer bool) {
	seen := map[*rules.Rule]bool{}
	for _, m := range a.Matches {
		if m.Rule != a.Rule {
			seen[m.Rule] = true
			laxer = laxer || m.Verdict != a.Verdict
		}
	}
	return len(seen), laxer
}

func (x *explanation) print(p *sheet) {
	if x.Recorded != "" {
		p.printf("recorded  %s\n", joined("", x.Recorded))
		if x.Place != "" {
			p.printf("          %s\n", audit.Escape(x.Place))
		}
	}
	if x.found == nil {
		p.printf("%s\n", cmpOr(x.Kernel, x.Why))
		return
	}
	p.title("%s: %s", x.Verdict, strings.Join(describe(x.question), " "))
	x.printWhy(p)
	for _, r := range x.Paths {
		r.print(p)
	}
	p.printf("\n%s", answerTable(x.found))
	if x.Kernel != "" {
		p.printf("\nkernel    %s\n", x.Kernel)
	}
	x.printChanges(p)
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (x *explanation) printWhy(p *sheet) {
	if r := x.found.Rule; r != nil {
		p.printf("rule      %s\n", audit.Escape(review.RuleText(x.found.Decision)))
		if r.Program != "" {
			p.printf("          holds while %s runs\n", audit.Quote(r.Program))
		}
	}
	p.printf("why       %s\n", audit.Escape(x.Why))
	if x.Reason != "" {
		p.printf("reason    %s\n", audit.Escape(x.Reason))
	}
	if x.Errno != "" {
		p.printf("answers   %s\n", x.Errno)
	}
}

func (r *shownResolution) print(p *sheet) {
	if r.Given == r.Path && r.Missing == "" {
		return
	}
	p.printf("path      %s\n", r.Given)
	for _, l := range r.Links {
		p.printf("          %s is a link to %s\n", l.Path, l.Target)
	}
	if r.Given != r.Path {
		p.printf("          so rules are asked about %s\n", r.Path)
	}
	if r.Missing != "" {
		p.printf("          %s is not there now\n", r.Missing)
	}
	if r.Loop {
		p.printf("          that leads through too many links: the call answers ELOOP\n")
	}
}

func (x *explanation) printChanges(p *sheet) {
	if len(x.Changes) == 0 {
		return
	}
	if x.found.Verdict == rules.Allow {
		p.title("\nto refuse it")
	} else {
		p.title("\nto allow it")
	}
	for _, c := range x.Changes {
		p.printf("  %s\n", c.Text)
		p.indent(4, c.HCL)
	}
}
