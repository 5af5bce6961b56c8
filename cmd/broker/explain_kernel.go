package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"seccomp-broker/broker"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func isMediated(call string) bool {
	return slices.ContainsFunc(syscalls.Table(false), func(c syscalls.Call) bool { return c.Name == call })
}

// kernelOnly explains a call that no rule is asked about.
func (o *explainOptions) kernelOnly(policy *rules.Policy, call string, rest []string) (*explanation, error) {
	if _, ok := filter.ByName(call); !ok {
		hint := "broker explain --help says how calls are named"
		if near := nearest(call, filter.Names()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, exitf(statusUsage, "%q is no system call and no class of access; %s", call, hint)
	}
	if len(rest) > 0 {
		return nil, exitf(statusUsage, "%s is decided by the kernel alone, whatever %q is; leave it out", call, rest[0])
	}
	return &explanation{V: 1, Call: call, Parts: []shownAnswer{}, Kernel: call + ": " + kernelSays(policy, call)}, nil
}

// kernelSays tells what the filter of a policy does with a call, and why.
func kernelSays(policy *rules.Policy, call string) string {
	row, _ := filter.ByName(call)
	program, err := filter.Compile(broker.Plan(policy, os.Geteuid() == 0))
	if err != nil {
		return "the filter cannot be compiled: " + err.Error()
	}
	action := program.Run(filter.Data{Nr: int32(row.Number), Arch: unix.AUDIT_ARCH_X86_64})
	text := actionText(action)
	if why := kernelWhy(policy, &row, action); why != "" {
		text += ": " + why
	}
	if row.Conditional {
		text += "; the arguments decide too, this is for all of them 0"
	}
	return text
}

func actionText(a filter.Action) string {
	switch a.Kind {
	case filter.Allow:
		return "the kernel lets it pass without asking"
	case filter.Notify:
		return "the kernel asks the broker"
	case filter.Errno:
		if a.Errno == 0 {
			return "the kernel answers that it is done, without doing it"
		}
		return "the kernel answers " + rules.ErrnoName(a.Errno)
	case filter.KillProcess, filter.KillThread:
		return "the kernel kills the process"
	}
	return "the kernel's answer is " + a.String()
}

// kernelWhy names the entry of the syscalls block, or the groups, that decide.
func kernelWhy(policy *rules.Policy, row *filter.Syscall, a filter.Action) string {
	if row.Disposition == filter.Never {
		return row.Reason + "; no rule changes that"
	}
	if rules := ruleNames(policy, row.Name); rules != "none" && (a.Kind == filter.Notify || a.Kind == filter.Errno) {
		return "answered in its place by " + rules + ", where the conditions on its arguments hold"
	}
	calls := policy.Syscalls()
	switch a.Kind {
	case filter.KillProcess:
		return entryOf(calls.Kill, "kill", row)
	case filter.Errno:
		if text := entryOf(calls.Deny, "deny", row); text != "" {
			return text
		}
		if row.Disposition == filter.Mediated {
			return "no rule names a class that it asks for"
		}
		why := "nothing allows it"
		if row.Reason != "" {
			why += ", for it " + row.Reason
		}
		return fmt.Sprintf("%s; to lift it: syscalls { allow = [\"@default\", %q] }", why, row.Name)
	case filter.Allow:
		if text := entryOf(calls.Allow, "allow", row); text != "" {
			return text
		}
		if isMediated(row.Name) {
			return "no rule names a class that it asks for"
		}
		return "it is in " + strings.Join(row.Groups, ", ")
	}
	return ""
}

// entryOf is the entry of a list that means a call, by name before by group.
func entryOf(list []rules.Call, kind string, row *filter.Syscall) string {
	for _, byName := range []bool{true, false} {
		for _, c := range list {
			if byName && c.Name == row.Name || !byName && slices.Contains(row.Groups, c.Name) {
				return fmt.Sprintf("%s = [%q] of the syscalls block at %s:%d", kind, c.Name, c.File, c.Line)
			}
		}
	}
	return ""
}
