package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// rounds is how often a suite runs on each side when its first runs differ.
const rounds = 3

// ending is the name under which a run says whether it came to its end.
const ending = "(the suite ends by itself)"

// finding is a test that is not the same on both sides.
type finding struct {
	test           string
	verdict        verdict
	native, broker []outcome
	reason         string // of the list, for a difference that is known
}

func (f finding) String() string {
	return fmt.Sprintf("%s: natively %s, under the broker %s", f.test, spell(f.native), spell(f.broker))
}

func spell(list []outcome) string {
	if steady(list) {
		return string(list[0])
	}
	words := make([]string, len(list))
	for i, o := range list {
		words[i] = string(o)
	}
	return strings.Join(words, ", ")
}

// comparison is one suite as one user.
type comparison struct {
	task
	native, broker []outcomes
	nativeTime     time.Duration // of the first run
	brokerTime     time.Duration
	names          []string
	findings       []finding
}

// compare runs a suite on both sides as often as it takes.
func (s *session) compare(ctx context.Context, t task, dir string) (*comparison, error) {
	c := &comparison{task: t}
	for round := range rounds {
		native, elapsed, err := s.once(ctx, t, dir, side{"native", round + 1})
		if err != nil {
			return nil, fmt.Errorf("natively: %w", err)
		}
		if round == 0 {
			c.nativeTime = elapsed
		}
		broker, elapsed, err := s.once(ctx, t, dir, side{"broker", round + 1})
		if err != nil {
			return nil, fmt.Errorf("under the broker: %w", err)
		}
		if round == 0 {
			c.brokerTime = elapsed
		}
		c.native, c.broker = append(c.native, native), append(c.broker, broker)
		if c.judge(s.known) {
			break
		}
		if round == 0 {
			say("%s as %s: differs, trying again: %s", t.suite.name, t.user.name, c.brief())
		}
	}
	return c, nil
}

// judge looks at every test, and reports whether there is nothing that further
// runs could tell.
func (c *comparison) judge(known *differences) bool {
	c.names = names(append(append([]outcomes(nil), c.native...), c.broker...)...)
	c.findings = nil
	clear := true
	for _, name := range c.names {
		v := judge(name, c.native, c.broker)
		if v == same {
			continue
		}
		f := finding{test: name, verdict: v, native: column(name, c.native), broker: column(name, c.broker)}
		if v == differs {
			f.reason = known.reason(c.suite.name, c.user.name, name)
		}
		if f.reason == "" {
			clear = false
		}
		c.findings = append(c.findings, f)
	}
	return clear
}

// count returns how many findings are of a kind.
func (c *comparison) count(v verdict, known bool) int {
	n := 0
	for _, f := range c.findings {
		if f.verdict == v && (f.reason != "") == known {
			n++
		}
	}
	return n
}

// brief names the first findings that are not known.
func (c *comparison) brief() string {
	var list []string
	for _, f := range c.findings {
		if f.reason == "" {
			list = append(list, f.String())
		}
	}
	if len(list) > 6 {
		list = append(list[:6], fmt.Sprintf("and %d more", len(list)-6))
	}
	return strings.Join(list, "; ")
}

// String is the line of progress.
func (c *comparison) String() string {
	text := fmt.Sprintf("%s as %s: %d tests, %d pass natively (%.1fs), %d under the broker (%.1fs)",
		c.suite.name, c.user.name, len(c.names), c.native[0].count(passed), c.nativeTime.Seconds(),
		c.broker[0].count(passed), c.brokerTime.Seconds())
	for _, kind := range []struct {
		v     verdict
		known bool
		name  string
	}{{differs, false, "NEW DIFFERENCES"}, {differs, true, "known differences"}, {flaky, false, "flaky"}, {unsteady, false, "unsteady under the broker"}} {
		if n := c.count(kind.v, kind.known); n > 0 {
			text += fmt.Sprintf(", %d %s", n, kind.name)
		}
	}
	if c.count(differs, false)+c.count(unsteady, false) > 0 {
		text += ": " + c.brief()
	}
	return text
}
