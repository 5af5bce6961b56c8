package main

import (
	"fmt"
	"slices"
	"strings"
)

// callCase is a kind of call that testdata/victims/calls.c makes.
type callCase struct {
	name    string
	call    string   // the victim's name for it, if another
	does    string   // one operation
	aim     string   // what the broker is meant to reach, pinned
	floor   []string // flags that make bench/c/floor.c do the same
	rules   string   // in testdata/policies
	alone   bool     // the broker is not asked
	injects bool     // the target gets a descriptor, so where it wakes can be chosen
	faked   bool     // only a supervisor gives that answer: natively an open is measured
	openToo bool     // compared with the floor of an allowed open as well
	logged  bool     // to a file; else as without --log, where repeats are not printed
	shrink  int      // how many times fewer operations take as long as opens do
}

const (
	callRules = "calls.hcl"
	statRules = "calls-stat.hcl"
)

var callCases = []callCase{
	{name: "open", does: "openat, close", aim: ": floor ≤ 1.10", injects: true},
	{name: "open-symlink", does: "openat through a symlink, close", aim: ": floor of an open ≤ 2", injects: true, openToo: true},
	{name: "open-cwd", does: "openat relative to cwd, close", injects: true},
	{name: "open-dirfd", does: "openat relative to a dirfd, close", injects: true},
	{name: "create", does: "openat that creates, close, unlink", floor: []string{"-n", "openat,unlink"}, shrink: 3, injects: true},
	{name: "deny", does: "openat, refused", aim: ": floor of an open ≤ 1.0", floor: []string{"-a", "deny"}, faked: true, openToo: true},
	{name: "deny-logged", call: "deny", does: "openat, refused, each with its line in a file", floor: []string{"-a", "deny"}, faked: true, openToo: true, logged: true},
	{name: "content", does: "openat of emulated content, close", floor: []string{"-a", "content"}, faked: true, injects: true},
	{name: "stat", does: "newfstatat, where a rule names stat", floor: []string{"-n", "newfstatat"}, rules: statRules},
	{name: "rename", does: "rename there and back", floor: []string{"-n", "rename"}, shrink: 3},
	{name: "execve", does: "vfork, execve, exit, wait", floor: []string{"-n", "execve"}, shrink: 10},
	{name: "unix", does: "socket, connect, accept, local", floor: []string{"-n", "connect"}, shrink: 3},
	{name: "tcp", does: "socket, connect, accept, TCP", floor: []string{"-n", "connect"}, shrink: 3},
	{name: "lseek", does: "100 × lseek: not mediated", aim: ": native 1.00", alone: true},
	{name: "stat-unnamed", does: "100 × newfstatat, where no rule names stat", aim: ": native 1.00", alone: true, shrink: 5},
}

// openCase is what others are compared with as well.
var openCase = callCases[0]

// policy is the file with the case's rules.
func (c *callCase) policy() string {
	if c.rules != "" {
		return c.rules
	}
	return callRules
}

// operations is how many of the case stand for so many opens.
func (c *callCase) operations(opens int) int { return max(1, opens/max(1, c.shrink)) }

// chooseCases reads -only.
func chooseCases(only string) ([]callCase, error) {
	if only == "" {
		return callCases, nil
	}
	var chosen []callCase
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(callCases, func(c callCase) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no case %q", name)
		}
		chosen = append(chosen, callCases[i])
	}
	return chosen, nil
}
