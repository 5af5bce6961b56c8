package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"seccomp-broker/broker"
	"seccomp-broker/rules"
)

// ruleSource is where the rules of a run come from, at its start and whenever they
// are loaded anew. Variables and environment are those of the start: the program
// must not have a say in them.
type ruleSource struct {
	files, shadow []string
	mode          string // in place of the rules' own, if not empty
	vars          rules.Vars
	env           map[string]string
	reload        bool
}

func newRuleSource(o *runOptions, as *broker.Account) *ruleSource {
	s := &ruleSource{files: o.rules, shadow: o.shadow, mode: o.mode, vars: broker.Vars(as), env: map[string]string{}, reload: o.reload}
	if len(s.files) == 0 {
		s.files = []string{defaultRules}
	}
	for _, entry := range os.Environ() {
		if name, value, ok := strings.Cut(entry, "="); ok {
			s.env[name] = value
		}
	}
	return s
}

// load loads everything and prints every diagnostic. Files are set even when there
// is an error.
func (s *ruleSource) load() (broker.Loaded, error) {
	l := broker.Loaded{Links: broker.NewLinks()}
	var err, shadowErr error
	l.Policy, err = s.loadFiles(&l, s.files)
	if len(s.shadow) > 0 {
		l.Shadow, shadowErr = s.loadFiles(&l, s.shadow)
	}
	if l.Policy != nil && s.mode != "" {
		m, _ := rules.ParseMode(s.mode) // checked with the other flags
		l.Policy = l.Policy.WithMode(m)
	}
	if err == nil {
		err = shadowErr
	}
	return l, err
}

func (s *ruleSource) loadFiles(l *broker.Loaded, files []string) (*rules.Policy, error) {
	o := ruleOptions(files, s.vars)
	o.Env = func(name string) (string, bool) {
		value, ok := s.env[name]
		return value, ok
	}
	if s.reload {
		o.Canonical = l.Links.Canonical
	}
	if percent, set := loadGOGC(files); set {
		defer debug.SetGCPercent(debug.SetGCPercent(percent))
	}
	policy, diags := rules.Load(o)
	for _, f := range files {
		if !strings.HasPrefix(f, builtinRef) {
			l.Files = append(l.Files, f) // also one that cannot be read
		}
	}
	l.Files = append(l.Files, diags.Files()...)
	if err := showDiagnostics(diags); err != nil {
		if s.vars.Cwd == "" {
			fmt.Fprintln(os.Stderr, "broker: the working directory has been removed; go to another one, or use rules without ${cwd} and ${project}")
		}
		first, _, _ := strings.Cut(diags.Error(), "\n")
		return nil, &rulesError{error: err, first: first}
	}
	return policy, nil
}

const builtinRef = "builtin:"

// rulesError is that of rules whose diagnostics have been printed.
type rulesError struct {
	error
	first string // of the errors, on one line
}

func (e *rulesError) Unwrap() error { return e.error }

// again is load for a run under way.
func (s *ruleSource) again() (broker.Loaded, error) {
	l, err := s.load()
	var bad *rulesError
	if errors.As(err, &bad) {
		err = errors.New(bad.first)
	}
	return l, err
}

// check refuses what cannot be loaded anew.
func (s *ruleSource) check(l broker.Loaded) error {
	if len(l.Files) == 0 {
		return exitf(statusUsage, "--reload: built-in rules do not change; give a file with --rules")
	}
	if err := broker.CheckReload(l); err != nil {
		return exitf(statusData, "--reload: %w", err)
	}
	return nil
}
