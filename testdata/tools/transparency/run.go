package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// session is what all comparisons of one call of the command share.
type session struct {
	options
	work   string // a folder that every user can enter
	bench  *bench
	known  *differences
	events *events

	mu      sync.Mutex
	results []*comparison
	broken  int // suites that could not be run
}

// task is one suite as one user.
type task struct {
	suite suite
	user  account
}

func run(ctx context.Context, o options) (ok bool, err error) {
	chosen := choose(o)
	if o.names {
		for _, s := range chosen {
			fmt.Println(s.name)
		}
		return true, nil
	}
	if len(chosen) == 0 {
		return false, fmt.Errorf("no suite matches %s", o.selected)
	}
	s, err := open(o)
	if err != nil {
		return false, err
	}
	defer s.close()
	users, err := accounts(o.users)
	if err != nil {
		return false, err
	}
	if err := s.prepare(ctx, chosen); err != nil {
		return false, err
	}
	if err := s.compareAll(ctx, tasks(chosen, users)); err != nil {
		return false, err
	}
	return s.finish()
}

// choose picks the suites that the flags ask for.
func choose(o options) []suite {
	var chosen []suite
	for _, s := range allSuites() {
		if o.selected.MatchString(s.name) && (s.quick || !o.quick) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func tasks(suites []suite, users []account) []task {
	var list []task
	for _, u := range users {
		for _, s := range suites {
			list = append(list, task{s, u})
		}
	}
	return list
}

func open(o options) (*session, error) {
	for _, path := range []*string{&o.rules, &o.cache, &o.broker} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return nil, err
		}
		*path = abs
	}
	known, err := loadDifferences(o.list)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "broker-transparency-")
	if err != nil {
		return nil, err
	}
	s := &session{options: o, work: work, known: known, events: &events{out: os.Stdout, on: o.json}}
	if err := os.Chmod(work, 0o755); err != nil {
		s.close()
		return nil, err
	}
	s.bench = &bench{cache: o.cache, work: work, quick: o.quick, only: o.only}
	return s, nil
}

func (s *session) close() { os.RemoveAll(s.work) }

// prepare fetches and builds what the suites need, and the broker.
func (s *session) prepare(ctx context.Context, chosen []suite) error {
	own := filepath.Join(s.work, "broker")
	if s.broker == "" {
		say("building the broker")
		if err := output(exec.CommandContext(ctx, "go", "build", "-o", own, "./cmd/broker")); err != nil {
			return err
		}
	} else if err := place(s.broker, own); err != nil {
		return err
	}
	s.broker = own
	rules := filepath.Join(s.work, "everything.hcl")
	if err := place(s.rules, rules); err != nil {
		return err
	}
	s.rules = rules
	for _, c := range chosen {
		if err := c.prepare(ctx, s.bench, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// compareAll runs the tasks, some at a time; then those that want the machine
// for themselves.
func (s *session) compareAll(ctx context.Context, all []task) error {
	var together, alone []task
	for _, t := range all {
		if t.suite.alone {
			alone = append(alone, t)
		} else {
			together = append(together, t)
		}
	}
	if err := s.compareSome(ctx, together, s.jobs); err != nil {
		return err
	}
	return s.compareSome(ctx, alone, 1)
}

func (s *session) compareSome(ctx context.Context, list []task, jobs int) error {
	queue := make(chan task)
	var wg sync.WaitGroup
	for i := range jobs {
		wg.Go(func() {
			for t := range queue {
				c, err := s.compare(ctx, t, filepath.Join(s.work, fmt.Sprintf("job%d", i)))
				if ctx.Err() != nil {
					return
				}
				s.take(t, c, err)
			}
		})
	}
	for _, t := range list {
		select {
		case queue <- t:
		case <-ctx.Done():
		}
	}
	close(queue)
	wg.Wait()
	return context.Cause(ctx)
}

// take keeps a finished comparison and tells of it. A suite that could not be
// run fails, and the others go on.
func (s *session) take(t task, c *comparison, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.broken++
		say("%s as %s: %v", t.suite.name, t.user.name, err)
		s.events.broken(t, err)
		return
	}
	s.results = append(s.results, c)
	say("%s", c)
	s.events.comparison(c)
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "transparency: "+format+"\n", args...)
}
