package main

import (
	"fmt"
	"slices"
)

// plan is what is measured in turns, by name.
type plan struct {
	names    []string
	subjects []subject
}

func (p *plan) add(name string, o order, crowds ...*crowd) {
	p.names, p.subjects = append(p.names, name), append(p.subjects, subject{crowds, o})
}

// taken is what the subjects of a plan took, round by round.
type taken map[string][]timing

func (t taken) of(name string, number func(timing) float64) []float64 { return pick(t[name], number) }

// take measures what set lists and starts, with fresh processes several times:
// where the memory of a process happens to lie is worth some percent, and a
// supervisor that was unlucky once stays so.
func (s *scaleRun) take(step string, batches int, set func(p *plan) error) (taken, error) {
	all := taken{}
	say := progress(step)
	for start := range s.starts {
		var p plan
		if err := set(&p); err != nil {
			return nil, err
		}
		rounds, err := turns(p.subjects, s.rounds, batches, func(done float64) {
			say((float64(start) + done) / float64(s.starts))
		})
		if err != nil {
			return nil, err
		}
		for i, name := range p.names {
			all[name] = append(all[name], rounds[i]...)
		}
		if err := s.end(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// single is one target that opens a file of some depth.
func (s *scaleRun) single(depth int) order {
	return order{kind: "processes", workers: 1, opens: opensABatch, path: s.files[depth]}
}

// onOneCPU puts words behind those that keep a command to one CPU.
func (s *scaleRun) onOneCPU(words ...string) []string { return slices.Concat(s.pinned, words) }

// measureRules measures an open by the number of rules and the length of its
// path, everything on one CPU: nothing is left to the scheduler.
func (s *scaleRun) measureRules() error {
	t, err := s.take("rules and depth", 3*s.batches, s.setRules) // they are short
	if err != nil {
		return err
	}
	for _, depth := range s.ruleDepths {
		c := curve{Name: fmt.Sprintf("path of %d components", depth)}
		for _, n := range s.rules {
			c.Points = append(c.Points, ratio(n, t.of(rulesAt(n, depth), midpoint), t.of(rulesAt(fewRules, depth), midpoint)))
		}
		s.result.Rules = append(s.result.Rules, c)
	}
	way := func(name, as string, base func(depth int) string) {
		c := curve{Name: as}
		for _, depth := range s.depths {
			c.Points = append(c.Points, ratio(depth, t.of(wayAt(name, depth), midpoint), t.of(base(depth), midpoint)))
		}
		s.result.Depth = append(s.result.Depth, c)
	}
	shortest := func(int) string { return wayAt("floor", s.depths[0]) }
	way("native", "native", shortest)
	way("floor", "floor", shortest)
	way("broker", "broker", shortest)
	way("broker", "broker : floor", func(depth int) string { return wayAt("floor", depth) })
	return nil
}

func rulesAt(n, depth int) string            { return fmt.Sprintf("%d rules, %d deep", n, depth) }
func wayAt(way string, depth int) string     { return fmt.Sprintf("%s, %d deep", way, depth) }
func crowdAt(way, kind string, n int) string { return fmt.Sprintf("%s, %d %s", way, n, kind) }

func (s *scaleRun) setRules(p *plan) error {
	native, err := s.start("native", s.pinned...)
	if err != nil {
		return err
	}
	floor, err := s.start("floor", s.onOneCPU(s.path("floor"))...)
	if err != nil {
		return err
	}
	for _, depth := range s.depths {
		p.add(wayAt("native", depth), s.single(depth), native)
		p.add(wayAt("floor", depth), s.single(depth), floor)
	}
	for _, n := range s.rules {
		c, err := s.withRules(n, s.pinned...)
		if err != nil {
			return err
		}
		for _, depth := range s.ruleDepths {
			p.add(rulesAt(n, depth), s.single(depth), c)
		}
		if n != fewRules {
			continue
		}
		for _, depth := range s.depths {
			p.add(wayAt("broker", depth), s.single(depth), c)
		}
	}
	return nil
}

// crowdKinds are the ways to be many. Threads are natively as processes are.
var crowdKinds = []struct{ way, kind string }{
	{"native", "processes"}, {"floor", "processes"}, {"floor", "threads"}, {"broker", "processes"}, {"broker", "threads"},
}

// baseCrowd is what crowds are compared with.
const baseCrowd = "one process below the floor, on one CPU"

// measureWorkers measures how long an open takes when many are made at once.
func (s *scaleRun) measureWorkers() error {
	t, err := s.take("workers", s.batches, s.setWorkers)
	if err != nil {
		return err
	}
	for _, k := range crowdKinds {
		name := k.way + ", " + k.kind
		times, tails := curve{Name: name}, curve{Name: name}
		for _, n := range s.workers {
			at := crowdAt(k.way, k.kind, n)
			times.Points = append(times.Points, ratio(n, t.of(at, each), t.of(baseCrowd, each)))
			tails.Points = append(tails.Points, ratio(n, t.of(at, tail), t.of(at, midpoint)))
		}
		s.result.Workers, s.result.Tails = append(s.result.Workers, times), append(s.result.Tails, tails)
	}
	return nil
}

func (s *scaleRun) setWorkers(p *plan) error {
	base, err := s.start("floor on one CPU", s.onOneCPU(s.path("floor"))...)
	if err != nil {
		return err
	}
	ways, err := s.unpinned()
	if err != nil {
		return err
	}
	p.add(baseCrowd, s.single(s.depths[0]), base)
	for _, k := range crowdKinds {
		for _, n := range s.workers {
			o := order{kind: k.kind, workers: n, opens: max(crowdOpens/n, leastOpens), path: s.files[s.depths[0]]}
			p.add(crowdAt(k.way, k.kind, n), o, ways[k.way])
		}
	}
	return nil
}

// unpinned starts the three ways with all CPUs.
func (s *scaleRun) unpinned() (ways map[string]*crowd, err error) {
	ways = map[string]*crowd{}
	if ways["native"], err = s.start("native", "env"); err != nil {
		return nil, err
	}
	if ways["floor"], err = s.start("floor", s.path("floor")); err != nil {
		return nil, err
	}
	ways["broker"], err = s.withRules(fewRules)
	return ways, err
}

// busyLines are the pairs of targets that are compared with one.
var busyLines = []struct {
	name, way string
	spin      int  // also compute
	pin       bool // a CPU each
	apart     bool // below a broker each
}{
	{name: "native", way: "native"},
	{name: "floor", way: "floor"},
	{name: "broker", way: "broker"},
	{name: "broker, each target kept on a CPU", way: "broker", pin: true},
	{name: "broker, targets that also compute", way: "broker", spin: busySpin},
	{name: "native, targets that also compute", way: "native", spin: busySpin},
	{name: "two brokers, a target each", way: "broker", apart: true},
}

// measureBusy compares two targets that do nothing else but call with one, and
// two that compute as long as they call.
func (s *scaleRun) measureBusy() error {
	t, err := s.take("busy targets", s.batches, s.setBusy)
	if err != nil {
		return err
	}
	for _, l := range busyLines {
		one, two := "one, "+l.name, "two, "+l.name
		s.result.Busy = append(s.result.Busy, busy{
			Name:   l.name,
			Ratio:  ratio(2, t.of(one, each), t.of(two, each)),
			Best:   ratio(2, t.of("best, "+l.name, each), t.of(two, each)),
			Median: ratio(2, t.of(one, midpoint), t.of(two, midpoint)).times(2),
		})
	}
	return nil
}

func (s *scaleRun) setBusy(p *plan) error {
	best, err := s.withRules(fewRules, s.pinned...)
	if err != nil {
		return err
	}
	ways, err := s.unpinned()
	if err != nil {
		return err
	}
	second, err := s.withRules(fewRules)
	if err != nil {
		return err
	}
	for _, l := range busyLines {
		one := order{kind: "processes", workers: 1, opens: busyOpens, spin: l.spin, pin: l.pin, path: s.files[s.depths[0]]}
		two := one
		two.workers = 2
		p.add("one, "+l.name, one, ways[l.way])
		p.add("best, "+l.name, one, best)
		if l.apart {
			p.add("two, "+l.name, one, ways[l.way], second)
		} else {
			p.add("two, "+l.name, two, ways[l.way])
		}
	}
	return nil
}
