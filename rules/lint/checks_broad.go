package lint

import (
	"fmt"
	"slices"

	"seccomp-broker/rules"
)

// odd is a name that no pattern spells: what matches it matches any name.
const odd = "\x01any"

var broadChecks = []Check{
	{ID: "broad-root", Severity: Warning, Title: "A rule is about every file there is",
		run: broad(everywhere, "The rule gives %s of files in every place: %q",
			"Name the directories that the program works in.")},
	{ID: "broad-home", Severity: Warning, Title: "A rule is about a whole home directory",
		run: broad(homes, "The rule gives %s of what lies in a home directory, whatever it is: %q",
			"Name the folders and files that the program needs.")},
	{ID: "broad-etc", Severity: Warning, Title: "A rule is about all of /etc",
		run: broad(inEtc, "The rule gives %s of whatever lies in /etc: %q",
			"Name the files that the program needs; extend builtin:base for those that every program reads.")},
	{ID: "broad-proc", Severity: Warning, Title: "A rule reaches other processes, or settings of the kernel",
		run: broad(inProc, "The rule gives %s of other processes' entries, or of settings of the kernel: %q",
			`Name "/proc/self/**", or the single files of the machine that are needed.`)},
	{ID: "broad-dev", Severity: Warning, Title: "A rule is about all devices",
		run: broad(inDev, "The rule gives %s of whatever lies in /dev: %q",
			"Name the devices.")},
}

// broad makes a check of the places of every rule that permits something. The
// message has room for the classes and the place.
func broad(is func(*pass, *rules.InspectedRule, rules.Region) bool, message, remedy string) func(*pass) {
	return func(p *pass) {
		for _, r := range p.rules(permitting(rules.All &^ (rules.Stat | rules.Connect | rules.Bind))) {
			for _, pl := range r.Paths {
				if slices.ContainsFunc(pl.Each(), func(one rules.Region) bool { return is(p, r, one) }) {
					p.reportPlace(r, "path", pl, fmt.Sprintf(message, r.Access, pl.Written), remedy)
				}
			}
		}
	}
}

func everywhere(_ *pass, _ *rules.InspectedRule, one rules.Region) bool {
	path := ""
	for range 6 {
		path += "/" + odd
		if one.Has(path) {
			return true
		}
	}
	return false
}

func homes(p *pass, r *rules.InspectedRule, one rules.Region) bool {
	places := []string{"/home/" + odd + "/" + odd, "/home/" + odd + "/." + odd, "/root/" + odd, "/root/." + odd}
	if home := p.o.Rules.Vars.Home; home != "" && home != "/" {
		places = append(places, home+"/"+odd, home+"/."+odd)
	}
	return !everywhere(p, r, one) && slices.ContainsFunc(places, one.Has)
}

func inEtc(p *pass, r *rules.InspectedRule, one rules.Region) bool {
	return !everywhere(p, r, one) && (one.Has("/etc/"+odd) || one.Has("/etc/"+odd+"/"+odd))
}

// inProc: 4194304 is no process, since it is the largest pid_max (proc(5)).
func inProc(p *pass, r *rules.InspectedRule, one rules.Region) bool {
	if one.Spelled() >= 2 && r.Access&^rules.Stat != 0 && !one.Has("/"+odd) {
		if _, others := one.Common(anyOf("/proc/4194304/**")); others {
			return true
		}
	}
	if everywhere(p, r, one) || r.Access&changing == 0 {
		return false
	}
	return one.Has("/proc/"+odd) || one.Has("/proc/sys/"+odd+"/"+odd)
}

func inDev(p *pass, r *rules.InspectedRule, one rules.Region) bool {
	return !everywhere(p, r, one) && one.Has("/dev/"+odd)
}

// anyOf is the region of a pattern of this package's own.
func anyOf(written string) rules.Region {
	r, err := rules.ParseRegion(written)
	if err != nil { // cannot happen: the patterns are constants, and tested
		return rules.Region{}
	}
	return r
}
