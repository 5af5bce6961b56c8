package main

import (
	"os"
	"reflect"
	"slices"

	"seccomp-broker/broker"
	"seccomp-broker/notify/filter"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// kernelDiffers compares the filters of two policies, call by call.
func kernelDiffers(before, after *rules.Policy) []changed {
	list := []changed{}
	privileged := os.Geteuid() == 0
	old, err := filter.Compile(broker.Plan(before, privileged))
	young, err2 := filter.Compile(broker.Plan(after, privileged))
	if err != nil || err2 != nil { // cannot happen: what can be wrong is an error of the rules
		return []changed{{"filter", errorText(err), errorText(err2), true}}
	}
	for _, row := range filter.Table() {
		d := filter.Data{Nr: int32(row.Number), Arch: unix.AUDIT_ARCH_X86_64}
		a, b := old.Run(d), young.Run(d)
		if a != b {
			list = append(list, changed{row.Name, broker.InWords(a), broker.InWords(b), b.Kind == filter.Allow})
		}
	}
	if len(list) == 0 && !slices.Equal(old, young) {
		list = append(list, changed{"calls with conditions", "by some arguments", "by others", true})
	}
	return append(list, callsDiffer(before, after)...)
}

func errorText(err error) string {
	if err == nil {
		return "can be compiled"
	}
	return err.Error()
}

// callsDiffer compares the rules that answer calls as such.
func callsDiffer(before, after *rules.Policy) []changed {
	var list []changed
	names := append(before.EmulatedCalls(), after.EmulatedCalls()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		a, b := callAnswers(before, name), callAnswers(after, name)
		if !reflect.DeepEqual(a, b) {
			list = append(list, changed{"emulation of " + name, ruleNames(before, name), ruleNames(after, name), false})
		}
	}
	return list
}

// callAnswer is what matters of a rule about a call.
type callAnswer struct {
	program string
	answer  rules.Emulation
}

func callAnswers(p *rules.Policy, call string) (list []callAnswer) {
	for _, r := range p.CallRules(call) {
		list = append(list, callAnswer{r.Program, *r.Emulate})
	}
	return list
}

func ruleNames(p *rules.Policy, call string) string {
	text := ""
	for _, r := range p.CallRules(call) {
		if text != "" {
			text += ", "
		}
		text += quoteRule(r.Rule)
	}
	if text == "" {
		return "none"
	}
	return text
}
