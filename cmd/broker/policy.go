package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"seccomp-broker/broker"
	"seccomp-broker/broker/review"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"
)

// defaultRules is the policy of a run without --rules.
const defaultRules = "builtin:workdir"

// diagnosticWidth wraps diagnostics where standard error is no terminal.
const diagnosticWidth = 100

// loadPolicy loads rules files and prints every diagnostic they cause. as is
// the user whom they are about, nil for the one who runs this process.
func loadPolicy(files []string, mode string, as *broker.Account) (*rules.Policy, error) {
	if len(files) == 0 {
		files = []string{defaultRules}
	}
	vars := broker.Vars(as)
	if percent, set := loadGOGC(files); set {
		defer debug.SetGCPercent(debug.SetGCPercent(percent))
	}
	policy, diags := rules.Load(ruleOptions(files, vars))
	if err := showDiagnostics(diags); err != nil {
		if vars.Cwd == "" {
			fmt.Fprintln(os.Stderr, "broker: the working directory has been removed; go to another one, or use rules without ${cwd} and ${project}")
		}
		return nil, err
	}
	if mode == "" {
		return policy, nil
	}
	m, _ := rules.ParseMode(mode) // checked with the other flags
	return policy.WithMode(m), nil
}

// ruleOptions are what rules are loaded with on this machine.
func ruleOptions(files []string, vars rules.Vars) rules.Options {
	return rules.Options{
		Files: files, Vars: vars, Env: os.LookupEnv, Canonical: broker.NewResolver().Canonical,
		KnownCall: filter.Known, CallNames: filter.Names, Allowable: filter.Allowable, Classes: syscalls.Mediated(),
		CheckTest: review.CheckTest, Emulable: filter.Emulable,
	}
}

// loadGOGC gives the GOGC for loading rules files, and false where Go's own will
// do. What HCL makes of a text is a hundred times as large and nearly all of it
// garbage at once: 10,000 rules (1 MB) load in 28 MB instead of 38, and 100,000
// in 210 instead of 290, for a tenth to a sixth more processor time.
func loadGOGC(files []string) (percent int, set bool) {
	const many, very = 256 << 10, 4 << 20
	var size int64
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			size += info.Size()
		}
	}
	switch {
	case size <= many:
		return 0, false
	case size <= very:
		return 25, true
	}
	return 50, true
}

func showDiagnostics(diags *rules.Diagnostics) error {
	if diags == nil || len(diags.All()) == 0 {
		return nil
	}
	width := terminalWidth(os.Stderr)
	if width <= 0 {
		width = diagnosticWidth
	}
	_ = diags.Write(os.Stderr, uint(width), colored(os.Stderr))
	if !diags.HasErrors() {
		return nil
	}
	status := statusData
	if diags.Unreadable() {
		status = statusNoInput
	}
	return &exitError{status: status, err: &shownError{}}
}
