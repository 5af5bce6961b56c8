package main

import (
	"fmt"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/review"
)

// maxTraceRows is how many different rows people see; --json has all that are
// kept.
const maxTraceRows = 40

// traced is the JSON form of how recorded events fare.
type traced struct {
	Events   uint64            `json:"events"`
	Same     uint64            `json:"same"`
	Differ   uint64            `json:"differ"`
	Rows     []tracedRow       `json:"differences"`
	More     uint64            `json:"beyond_what_is_kept,omitempty"`
	LeftOut  map[string]uint64 `json:"left_out,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	newer    uint64
}

type tracedRow struct {
	Count   uint64     `json:"count"`
	Class   string     `json:"class"`
	Subject string     `json:"subject"`
	Was     tracedSide `json:"was"`
	Now     tracedSide `json:"now"`
	Making  bool       `json:"only_where_the_file_is_made,omitempty"`
	First   string     `json:"first"`
}

type tracedSide struct {
	Verdict string `json:"verdict"`
	Rule    string `json:"rule"`
}

// same says that nothing differs, as far as everything could be read.
func (t *traced) same() bool { return t.Differ == 0 && t.newer == 0 }

// traceThrough reads logs and asks about each event.
func traceThrough(files []string, ask func(*review.Trace, *audit.Event, string)) (*traced, error) {
	l := logs{files: files}
	t := review.NewTrace()
	if err := l.each(func(e *audit.Event, place string) bool { ask(t, e, place); return true }); err != nil {
		return nil, err
	}
	out := &traced{Events: t.Events, Same: t.Same, Differ: t.Differs(), More: t.More, Rows: []tracedRow{},
		Warnings: l.warnings, newer: l.newer}
	for _, r := range t.Rows() {
		out.Rows = append(out.Rows, tracedRow{
			r.Count, r.Access.String(), audit.Quote(r.Subject),
			tracedSide{r.Was.Verdict.String(), audit.Escape(r.Was.Rule)},
			tracedSide{r.Now.Verdict.String(), audit.Escape(r.Now.Rule)}, r.Making, audit.Escape(r.First),
		})
	}
	for why, n := range t.Beyond {
		if out.LeftOut == nil {
			out.LeftOut = map[string]uint64{}
		}
		out.LeftOut[string(why)] = n
	}
	return out, nil
}

// print shows a trace; was and now name its two sides.
func (t *traced) print(p *sheet, was, now string) {
	p.title("%s: %d with the same verdict, %d with another one", audit.Counted(t.Events, "recorded event", "recorded events"), t.Same, t.Differ)
	if len(t.Rows) > 0 {
		rows := [][]string{{"count", "class", "subject", was, now, "first"}}
		for _, r := range t.Rows[:min(len(t.Rows), maxTraceRows)] {
			after := r.Now.Verdict + ", " + r.Now.Rule
			if r.Making {
				after += ", if the file is not there"
			}
			rows = append(rows, []string{fmt.Sprint(r.Count), r.Class, r.Subject, r.Was.Verdict + ", " + r.Was.Rule, after, r.First})
		}
		p.WriteString(audit.Columns(rows, 0))
	}
	if n := len(t.Rows) - maxTraceRows; n > 0 {
		p.printf("  … and %s; --json has them\n", audit.Counted(n, "more line", "more lines"))
	}
	if t.More > 0 {
		p.printf("  … and %s of kinds beyond the %d that are kept\n", audit.Counted(t.More, "more event", "more events"), review.MaxRows)
	}
	for _, why := range []review.Beyond{review.NotDecided, review.NoSubject, review.ByObject, review.ByCall, review.NotKnown} {
		if n := t.LeftOut[string(why)]; n > 0 {
			p.printf("left out: %s %s\n", audit.Counted(n, "event", "events"), why)
		}
	}
}
