package main

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2/hclsimple"
)

// difference is an entry of the list: tests of a suite that cannot be the same.
type difference struct {
	Suite string `hcl:"suite,label"`
	// User is root or user; empty for both.
	User string `hcl:"user,optional"`
	// Tests are names; * stands for anything without a slash, ** at the end
	// for anything.
	Tests  []string `hcl:"tests"`
	Reason string   `hcl:"reason"`
}

// differences is the list, and what of it has occurred.
type differences struct {
	Entries []difference `hcl:"difference,block"`

	mu   sync.Mutex
	seen map[string]bool
}

func loadDifferences(file string) (*differences, error) {
	d := &differences{seen: map[string]bool{}}
	if err := hclsimple.DecodeFile(file, nil, d); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, s := range allSuites() {
		known[s.name] = true
	}
	for _, e := range d.Entries {
		switch {
		case !known[e.Suite]:
			return nil, fmt.Errorf("%s: there is no suite %q", file, e.Suite)
		case e.User != "" && e.User != "root" && e.User != "user":
			return nil, fmt.Errorf("%s: difference %q: user %q: root or user", file, e.Suite, e.User)
		case strings.TrimSpace(e.Reason) == "" || len(e.Tests) == 0:
			return nil, fmt.Errorf("%s: difference %q needs tests and a reason", file, e.Suite)
		}
		for _, pattern := range e.Tests {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("%s: difference %q: %q: %w", file, e.Suite, pattern, err)
			}
		}
	}
	return d, nil
}

// reason returns why a test may differ, or "" if it may not.
func (d *differences) reason(suite, user, test string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.Entries {
		if e.Suite != suite || e.User != "" && e.User != user {
			continue
		}
		for _, pattern := range e.Tests {
			if matches(pattern, test) {
				d.seen[e.key(pattern)] = true
				return e.Reason
			}
		}
	}
	return ""
}

func matches(pattern, test string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "**"); ok {
		return strings.HasPrefix(test, prefix)
	}
	ok, err := path.Match(pattern, test)
	return ok && err == nil || pattern == test
}

func (e difference) key(pattern string) string {
	text := e.Suite + ": " + pattern
	if e.User != "" {
		text += " as " + e.User
	}
	return text
}

// stale returns the entries that have not occurred.
func (d *differences) stale() []string {
	var list []string
	for _, e := range d.Entries {
		for _, pattern := range e.Tests {
			if !d.seen[e.key(pattern)] {
				list = append(list, e.key(pattern))
			}
		}
	}
	return list
}
