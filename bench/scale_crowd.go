package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// crowd is testdata/victims/crowd.c, kept running below something: to measure
// two brokers in turns takes no start of either.
type crowd struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
	began  time.Duration // from its start until it was ready
	ended  bool
}

// startCrowd runs a crowd, with words before the command.
func startCrowd(name string, words ...string) (*crowd, error) {
	c := &crowd{name: name, cmd: exec.Command(words[0], words[1:]...)}
	c.cmd.Stderr = &c.stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	start := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := c.answer("ready"); err != nil {
		return nil, err
	}
	c.began = time.Since(start)
	return c, nil
}

// answer waits for a line that begins with a word, and returns the rest.
func (c *crowd) answer(word string) (string, error) {
	line, err := c.out.ReadString('\n')
	rest, ok := strings.CutPrefix(line, word)
	if err != nil || !ok {
		return "", errors.Join(fmt.Errorf("%s says %q: %w", c.name, line, err), c.end())
	}
	return rest, nil
}

// end lets it go.
func (c *crowd) end() error {
	if c.ended {
		return nil
	}
	c.ended = true
	_ = c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c.name, err, &c.stderr)
	}
	return nil
}

// order is what a crowd is told to do.
type order struct {
	kind    string // processes or threads
	workers int
	opens   int // of each
	spin    int // turns of a loop after each
	pin     bool
	path    string
}

func (o order) String() string {
	pin := 0
	if o.pin {
		pin = 1
	}
	return fmt.Sprintf("open %s %d %d %d %d %s", o.kind, o.workers, o.opens, o.spin, pin, o.path)
}

// timing is what one batch took, in nanoseconds.
type timing struct {
	each   float64 // the whole batch, divided by its opens
	median float64 // of a single open
	tail   float64 // its 99th percentile
}

// subject is something that is measured in turns with others: crowds that do
// the same at the same time, mostly one.
type subject struct {
	crowds []*crowd
	order  order
}

// batch has the order done once.
func (s subject) batch() (timing, error) {
	for _, c := range s.crowds {
		if _, err := fmt.Fprintln(c.in, s.order); err != nil {
			return timing{}, fmt.Errorf("%s: %w\n%s", c.name, err, &c.stderr)
		}
	}
	var all timing
	for _, c := range s.crowds {
		text, err := c.answer("open ")
		if err != nil {
			return timing{}, err
		}
		var took, median, tail, last float64
		if _, err := fmt.Sscan(text, &took, &median, &tail, &last); err != nil {
			return timing{}, fmt.Errorf("%s says %q: %w", c.name, text, err)
		}
		all.each = max(all.each, took/float64(s.order.opens*s.order.workers*len(s.crowds)))
		all.median, all.tail = max(all.median, median), max(all.tail, tail)
	}
	return all, nil
}

// turns measures subjects: each round has batches of all of them in turns, and
// counts with its median batch. The result is by subject, then by round.
func turns(subjects []subject, rounds, batches int, progress func(done float64)) ([][]timing, error) {
	results := make([][]timing, len(subjects))
	for round := range rounds {
		of := make([][]timing, len(subjects))
		for batch := range batches {
			for k := range subjects {
				i := (k + batch) % len(subjects) // nobody always comes after the same one
				s, err := subjects[i].batch()
				if err != nil {
					return nil, err
				}
				of[i] = append(of[i], s)
			}
			progress(float64(round*batches+batch+1) / float64(rounds*batches))
		}
		for i := range of {
			results[i] = append(results[i], middle(of[i]))
		}
	}
	return results, nil
}

// middle takes the median of each number.
func middle(samples []timing) timing {
	var each, medians, tails []float64
	for _, s := range samples {
		each, medians, tails = append(each, s.each), append(medians, s.median), append(tails, s.tail)
	}
	return timing{median(each), median(medians), median(tails)}
}
