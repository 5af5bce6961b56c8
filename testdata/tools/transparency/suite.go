package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// suite is a body of tests that is run by one command.
type suite struct {
	name  string // family/name
	quick bool   // for every change
	alone bool   // measures time or owns something global: nothing else runs
	limit time.Duration

	// prepare fetches and builds into the cache what is not there yet.
	prepare func(context.Context, *bench, suite) error
	// stage puts what one run needs into its folder and returns the command.
	stage func(*bench, suite, folder) (command, error)
	// outcomes reads what a run has left.
	outcomes func(suite, folder, []byte) (outcomes, error)
}

// command is what is run, natively and under the broker.
type command struct {
	dir  string // working directory
	argv []string
	env  []string // besides what every run gets
}

// bench is where suites are made ready.
type bench struct {
	cache string // lasts
	work  string // gone at the end; every user can enter it
	quick bool
	only  string // tests, in the words of each suite; empty for all
}

// limit is how long a suite may take when it says nothing else.
const limit = 6 * time.Minute

func allSuites() []suite {
	var all []suite
	all = append(all, goSuites()...)
	all = append(all, pythonSuites()...)
	all = append(all, busyboxSuites()...)
	for i := range all {
		if all[i].limit == 0 {
			all[i].limit = limit
		}
	}
	return all
}

// output runs a command whose output matters only when it fails.
func output(cmd *exec.Cmd) error {
	text, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, text)
	}
	return nil
}

// place puts a file where every user can read it.
func place(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	st, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		return err
	}
	return os.Chmod(to, st.Mode().Perm()|0o444)
}
