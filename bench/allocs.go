package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// allocationOps is how often each call is made to count its allocations: often
// enough that what starting a target allocates disappears in the division.
const allocationOps = 5000

// allocations asks BenchmarkCall of the broker's package how many allocations an
// operation of each case costs the broker. overlay is a file for the go command's
// -overlay, "" for none.
func allocations(top string, cases []callCase, overlay string) (map[string]float64, error) {
	var names []string
	for _, c := range cases {
		names = append(names, c.name)
	}
	args := []string{"test", "./broker", "-run", "^$", "-bench", "^BenchmarkCall$/^(" + strings.Join(names, "|") + ")$",
		"-benchmem", "-benchtime", strconv.Itoa(allocationOps) + "x"}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = top
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	found := parseAllocations(out)
	for _, name := range names {
		if _, ok := found[name]; !ok {
			return nil, fmt.Errorf("BenchmarkCall says nothing of %s:\n%s", name, out)
		}
	}
	return found, nil
}

// parseAllocations reads lines of the form
//
//	BenchmarkCall/open-symlink-2  5000  20000 ns/op  0 B/op  0 allocs/op
//
// where the last number of the name is GOMAXPROCS, left out if it is 1.
func parseAllocations(out []byte) map[string]float64 {
	found := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || fields[len(fields)-1] != "allocs/op" {
			continue
		}
		name, ok := strings.CutPrefix(fields[0], "BenchmarkCall/")
		n, err := strconv.ParseFloat(fields[len(fields)-2], 64)
		if !ok || err != nil {
			continue
		}
		if dash := strings.LastIndexByte(name, '-'); dash > 0 {
			if _, err := strconv.Atoi(name[dash+1:]); err == nil {
				name = name[:dash]
			}
		}
		found[name] = n
	}
	return found
}
