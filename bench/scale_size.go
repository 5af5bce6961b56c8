package main

import (
	"fmt"
	"time"
)

// policySize is a policy that a broker is started with, and what was seen.
type policySize struct {
	name   string
	rules  int
	text   string
	starts []float64
	kib    int
}

// sizesStarts is how often each policy is started; a larger one than the aim for
// memory is about, once.
const sizesStarts = 3

// measureSize looks at the memory that a broker needs at most with many rules,
// and how long it takes until its program runs.
func (s *scaleRun) measureSize() error {
	paths := min(sizeRules, s.sizes[len(s.sizes)-1])
	list := []policySize{{name: fmt.Sprintf("one rule of %d paths", paths), text: pathsText(paths, s.measured())}}
	few := 0
	for _, n := range s.sizes {
		if n == fewRules {
			few = len(list)
		}
		list = append(list, policySize{name: fmt.Sprintf("%d rules", n), rules: n, text: rulesText(n, s.measured())})
	}
	say := progress("size")
	for round := range sizesStarts {
		for i := range list {
			p := &list[i]
			if round > 0 && p.rules > sizeRules {
				continue
			}
			took, kib, err := s.startOnce(p.name, p.text)
			if err != nil {
				return err
			}
			p.starts, p.kib = append(p.starts, float64(took)), max(p.kib, kib)
		}
		say(float64(round+1) / sizesStarts)
	}
	for _, p := range list {
		s.result.Size = append(s.result.Size, size{p.name, p.kib, median(p.starts) / median(list[few].starts)})
	}
	return nil
}

// startOnce starts a crowd below the broker with a policy, and ends it. took is
// the time until the crowd ran, kib the broker's largest resident set.
func (s *scaleRun) startOnce(name, policy string) (took time.Duration, kib int, err error) {
	words, err := s.under("size", policy)
	if err != nil {
		return 0, 0, err
	}
	c, err := s.start(name, words...)
	if err != nil {
		return 0, 0, err
	}
	kib = largest(c.cmd.Process.Pid)
	return c.began, kib, s.end()
}
