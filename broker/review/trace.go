package review

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

// MaxRows bounds the different rows of a Trace. Events of further kinds are
// counted together.
const MaxRows = 10_000

// Side is what one policy says of an event.
type Side struct {
	Verdict rules.Verdict
	Rule    string // as RuleText
}

// Row are the events whose verdict is another one on the two sides, and that are
// alike.
type Row struct {
	Access  rules.Access
	Subject string
	Was     Side
	Now     Side
	// Making says that it differs only where the call makes the file: whether one
	// was there is not recorded.
	Making bool
}

// CountedRow is a row with how many events are alike, and the first of them.
type CountedRow struct {
	Row
	Count uint64
	First string // "LOG:LINE" of the first
}

// Trace counts how recorded events fare under policies that may have changed.
// Not safe for concurrent use.
type Trace struct {
	Events uint64 // put to the rules
	Same   uint64 // with the verdict that they had
	Beyond map[Beyond]uint64
	More   uint64 // events that differ, of kinds beyond MaxRows

	rows map[Row]*CountedRow
}

// NewTrace returns a Trace that has seen nothing.
func NewTrace() *Trace { return &Trace{Beyond: map[Beyond]uint64{}, rows: map[Row]*CountedRow{}} }

// Differs is how many events differ.
func (t *Trace) Differs() uint64 { return t.Events - t.Same }

// Rows gives the different events, the most frequent first.
func (t *Trace) Rows() []CountedRow {
	list := make([]CountedRow, 0, len(t.rows))
	for _, r := range t.rows {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b CountedRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Access, b.Access),
			cmp.Compare(a.Now.Verdict, b.Now.Verdict), strings.Compare(a.First, b.First))
	})
	return list
}

// Compare asks p about an event, and compares that with what was recorded.
func (t *Trace) Compare(p *rules.Policy, e *audit.Event, place string) {
	r, beyond := FromEvent(e)
	if beyond != "" {
		t.Beyond[beyond]++
		return
	}
	now, err := r.Ask(p)
	if err != nil {
		t.Beyond[NotKnown]++
		return
	}
	if now.Verdict != r.Verdict && r.MayMake {
		made := r.Made()
		if other, err := made.Ask(p); err == nil && other.Verdict == r.Verdict {
			now = other
		}
	}
	t.Events++
	if now.Verdict == r.Verdict {
		t.Same++
		return
	}
	was := Side{r.Verdict, "no rule"}
	if e.Rule != nil {
		was.Rule = RuleText(rules.Decision{Rule: &rules.Rule{Name: e.Rule.Name, File: e.Rule.File, Line: e.Rule.Line}})
	}
	t.add(Row{Access: classOf(&now), Subject: now.Subject(), Was: was, Now: sideOf(&now)}, place)
}

// Between asks two policies about an event and compares their answers.
func (t *Trace) Between(before, after *rules.Policy, e *audit.Event, place string) {
	r, beyond := FromEvent(e)
	if beyond != "" {
		t.Beyond[beyond]++
		return
	}
	was, now, err := r.between(before, after)
	if err != nil {
		t.Beyond[NotKnown]++
		return
	}
	differ := was.Verdict != now.Verdict
	t.Events++
	row := Row{Access: classOf(&now), Subject: now.Subject(), Was: sideOf(&was), Now: sideOf(&now)}
	if !differ && r.MayMake && was.Verdict == rules.Allow {
		made := r.Made()
		was, now, err = made.between(before, after)
		differ = err == nil && was.Verdict != now.Verdict && was.Verdict == rules.Allow
		row = Row{Access: classOf(&now), Subject: now.Subject(), Was: sideOf(&was), Now: sideOf(&now), Making: true}
	}
	if !differ {
		t.Same++
		return
	}
	t.add(row, place)
}

// between asks both. An error says that the call would never have asked so.
func (r *Recorded) between(before, after *rules.Policy) (was, now Answer, err error) {
	was, err = r.Ask(before)
	now, err2 := r.Ask(after)
	return was, now, errors.Join(err, err2)
}

// classOf is the class that decided, or what was asked where none did.
func classOf(a *Answer) rules.Access {
	if a.Decision.Access != 0 {
		return a.Decision.Access
	}
	return a.Part.Access
}

func sideOf(a *Answer) Side { return Side{a.Verdict, RuleText(a.Decision)} }

func (t *Trace) add(row Row, place string) {
	if known, ok := t.rows[row]; ok {
		known.Count++
		return
	}
	if len(t.rows) >= MaxRows {
		t.More++
		return
	}
	row.Subject = strings.Clone(row.Subject)
	t.rows[row] = &CountedRow{Row: row, Count: 1, First: place}
}
