package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// smallScale is a run that needs no more than a few seconds.
func smallScale(t *testing.T) *scaleRun {
	t.Helper()
	s := &scaleRun{
		extent: extent{
			rules: []int{1, fewRules, 50}, ruleDepths: []int{2, 10}, depths: []int{2, 10, 40}, workers: []int{1, 4}, sizes: []int{1, fewRules, 50},
		},
		starts: 2, rounds: 1, batches: 1, binary: os.Getenv(brokerVariable),
	}
	remove, err := s.prepare("..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.end(); err != nil {
			t.Error(err)
		}
		remove()
	})
	return s
}

// Everything that is measured has a result, which survives being written.
func TestScale(t *testing.T) {
	s := smallScale(t)
	if err := s.measure(""); err != nil {
		t.Fatal(err)
	}
	r := s.result
	for name, want := range map[string]int{"rules": 2 * 3, "depth": 4 * 3, "workers": 5 * 2, "tails": 5 * 2} {
		list := map[string][]curve{"rules": r.Rules, "depth": r.Depth, "workers": r.Workers, "tails": r.Tails}[name]
		points := 0
		for _, c := range list {
			for _, p := range c.Points {
				points++
				if p.Ratio <= 0 || p.Least > p.Ratio || p.Ratio > p.Greatest {
					t.Errorf("%s, %s at %d: %v", name, c.Name, p.At, p)
				}
			}
		}
		if points != want {
			t.Errorf("%s: %d points, want %d", name, points, want)
		}
	}
	if len(r.Busy) != 7 || len(r.Size) != 4 {
		t.Errorf("%d comparisons of busy targets and %d sizes, want 7 and 4", len(r.Busy), len(r.Size))
	}
	file := filepath.Join(t.TempDir(), "scale.json")
	if err := r.write(file); err != nil {
		t.Fatal(err)
	}
	again, err := readScale(file)
	if err != nil {
		t.Fatal(err)
	}
	var printed, reprinted bytes.Buffer
	r.print(&printed)
	again.print(&reprinted)
	_, first, _ := strings.Cut(printed.String(), "\n") // but for the load
	_, second, _ := strings.Cut(reprinted.String(), "\n")
	if first != second || !strings.Contains(first, "| two brokers, a target each |") {
		t.Errorf("printed\n%s\nand after it was written\n%s", first, second)
	}
}

// A policy of 10,000 rules takes no more memory than half of what a small
// machine has to spare. BENCHMARKS.md has what it takes.
func TestManyRulesTakeLittleMemory(t *testing.T) {
	const most = 64e6 // bytes
	s := smallScale(t)
	for name, text := range map[string]string{
		"rules": rulesText(sizeRules, s.measured()), "paths": pathsText(sizeRules, s.measured()),
	} {
		_, kib, err := s.startOnce(name, text)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("10,000 %s: %.1f MB", name, megabytes(kib))
		if bytes := float64(kib) * 1024; bytes > most || bytes < most/16 {
			t.Errorf("10,000 %s: the largest resident set is %.1f MB", name, megabytes(kib))
		}
	}
}

func TestUnknownMeasurement(t *testing.T) {
	s := new(scaleRun)
	if err := s.measure("nothing"); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("an unknown name: %v", err)
	}
}

// A crowd that fails says why.
func TestCrowdFails(t *testing.T) {
	s := smallScale(t)
	c, err := s.start("native", "env")
	if err != nil {
		t.Fatal(err)
	}
	_, err = subject{[]*crowd{c}, order{kind: "processes", workers: 2, opens: 1, path: "/nowhere/at/all"}}.batch()
	if err == nil || !strings.Contains(err.Error(), "/nowhere/at/all: No such file") {
		t.Errorf("a crowd without a file: %v", err)
	}
}

func TestRatio(t *testing.T) {
	if got, want := ratio(7, []float64{2, 9, 4}, []float64{1, 3, 4}), (point{7, 2, 1, 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The plots that stand in the repository are those of the results beside them:
// `make bench-plots` makes them.
func TestPlots(t *testing.T) {
	r, err := readScale("plots/scale.json")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, p := range pictures(r) {
		files = append(files, p.file)
		text, err := p.draw()
		if err != nil {
			t.Fatal(err)
		}
		words := svgText(t, text)
		for _, c := range p.curves {
			if !slices.Contains(words, c.Name) {
				t.Errorf("%s does not name %q, only %q", p.file, c.Name, words)
			}
		}
		for _, label := range []string{p.x, p.y} {
			if !slices.Contains(words, label) {
				t.Errorf("%s has no axis %q, only %q", p.file, label, words)
			}
		}
		stands, err := os.ReadFile(filepath.Join("plots", p.file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, stands) {
			t.Errorf("%s is not what its results give: make bench-plots", p.file)
		}
	}
	if found, _ := filepath.Glob("plots/*.svg"); len(found) != len(files) {
		t.Errorf("there are %v, made are %v", found, files)
	}
}

// svgText is what a plot has in words. The plot must be well-formed.
func svgText(t *testing.T, svg []byte) (words []string) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for inText := false; ; {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return words
		case err != nil:
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
		case xml.CharData:
			if inText {
				words = append(words, string(token))
			}
		case xml.EndElement:
			inText = false
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{1: "1", 999: "999", 1000: "1,000", 100000: "100,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}
