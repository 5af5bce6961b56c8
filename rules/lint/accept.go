package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"seccomp-broker/rules"

	"github.com/hashicorp/hcl/v2"
)

// acceptance is one comment of the form
//
//	# lint:accept ID, ID: reason
type acceptance struct {
	ids    []string
	reason string
	line   int // that it is about
	rng    hcl.Range
	used   map[string]bool
}

var acceptWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:#|//)\s*lint:accept\b(.*)$`)
})

// acceptances reads the comments. One that stands alone is about the next line
// that is no comment, any other about its own line.
func (p *pass) acceptances() []*acceptance {
	type place struct {
		file string
		line int
	}
	alone := make(map[place]bool)
	for _, c := range p.in.Comments {
		if c.Alone {
			alone[place{c.Range.Filename, c.Range.Start.Line}] = true
		}
	}
	var list []*acceptance
	for _, c := range p.in.Comments {
		m := acceptWord().FindStringSubmatch(c.Text)
		if m == nil || !p.top[c.Range.Filename] {
			continue
		}
		a := &acceptance{line: c.Range.Start.Line, rng: commentRange(c), used: make(map[string]bool)}
		for c.Alone && alone[place{c.Range.Filename, a.line}] {
			a.line++
		}
		ids, reason, _ := strings.Cut(m[1], ":")
		a.reason = strings.TrimSpace(reason)
		a.ids = strings.FieldsFunc(ids, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
		list = append(list, a)
	}
	return list
}

// commentRange leaves the end of the line out, which HCL counts in.
func commentRange(c rules.Comment) hcl.Range {
	rng := c.Range
	rng.End = rng.Start
	rng.End.Byte += len(c.Text)
	rng.End.Column += len([]rune(c.Text))
	return rng
}

// accept takes out the findings that the files accept with a reason, and adds
// what is wrong with acceptances.
func (p *pass) accept(found []Finding) *Result {
	res := &Result{NotCompared: p.tooMany()}
	all := p.acceptances()
	for _, f := range found {
		var by *acceptance
		for _, a := range all {
			if a.rng.Filename == f.Range.Filename && slices.Contains(f.lines, a.line) && slices.Contains(a.ids, f.ID) {
				a.used[f.ID] = true
				by = a
			}
		}
		if by == nil || by.reason == "" {
			res.Findings = append(res.Findings, f)
			continue
		}
		res.Accepted = append(res.Accepted, Acceptance{f, by.reason})
	}
	p.found = nil
	for _, a := range all {
		p.judge(a)
	}
	res.Findings = append(res.Findings, p.found...)
	sortFindings(res.Findings)
	return res
}

// judge reports what is wrong with an acceptance.
func (p *pass) judge(a *acceptance) {
	say := func(id, message, remedy string) {
		p.check = byID(id)
		p.report(a.rng, nil, message, remedy)
	}
	if len(a.ids) == 0 {
		say("accept-unknown", "The comment accepts nothing in particular", "Write the identifier of the finding: # lint:accept ID: reason")
	}
	if a.reason == "" && len(a.ids) > 0 {
		say("accept-no-reason", "The comment gives no reason, and accepts nothing", "Say behind a colon why this is meant: # lint:accept "+strings.Join(a.ids, ", ")+": reason")
	}
	for _, id := range a.ids {
		switch c := byID(id); {
		case c == nil:
			say("accept-unknown", fmt.Sprintf("There is no finding %q", id), "The identifiers are listed by broker lint --explain all.")
		case !a.used[id] && !c.host && !(c.compares && p.tooMany()):
			say("accept-nothing", fmt.Sprintf("Nothing is found here that %q could accept", id), "Take it out, so that it does not accept what somebody writes later.")
		}
	}
}
