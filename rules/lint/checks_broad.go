package lint

import (
	"fmt"
	"slices"

	"seccomp-broker/rules"
)

// odd is a name that no pattern spells: what matches it matches any name.
const odd = "\x01any"

var broadChecks = []Check{
	{
		ID: "broad-root", Severity: Warning, Title: "A rule is about every file there is",
		Why: `
The pattern covers places that no part of it names: all homes, all keys, all of /etc,
and what will be installed next year. Name the directories that the program works
in; broker learn lists them. A rule that only names the class stat is left alone.`,
		Bad: `
allow "everything" {
  access = ["read", "write"]
  path   = ["/**"]
}`,
		Better: `
allow "data" {
  access = ["read", "write"]
  path   = ["/srv/shop/**"]
}`,
		run: broad(everywhere, func(r *rules.InspectedRule, pl rules.Place) string {
			return fmt.Sprintf("The rule gives %s of files in every place: %q", r.Access, pl.Written)
		}, "Name the directories that the program works in."),
	},
	{
		ID: "broad-home", Severity: Warning, Title: "A rule is about a whole home directory",
		Why: `
Home directories hold keys, tokens, browser sessions, histories, and start-up files that
run outside the broker at the next login. A denial for each of them is a list that is
never complete. Name the folders that the program needs. A variable such as ${cwd} is
not meant here, though somebody may work in the home directory.`,
		Bad: `
allow "settings" {
  access = ["read"]
  path   = ["${home}/**"]
}`,
		Better: `
allow "settings" {
  access = ["read"]
  path   = ["${home}/.config/git/**", "${home}/.gitconfig"]
}`,
		run: broad(homes, func(r *rules.InspectedRule, pl rules.Place) string {
			return fmt.Sprintf("The rule gives %s of what lies in a home directory, whatever it is: %q", r.Access, pl.Written)
		}, "Name the folders and files that the program needs."),
	},
	{
		ID: "broad-etc", Severity: Warning, Title: "A rule is about all of /etc",
		Why: `
/etc holds passwords (shadow), private keys of services, and the settings that decide
what runs as root. Most programs read a handful of files there: builtin:base has those
that the C library reads.`,
		Bad: `
allow "settings" {
  access = ["read"]
  path   = ["/etc/**"]
}`,
		Better: `
allow "settings" {
  access = ["read"]
  path   = ["/etc/nginx/**", "/etc/mime.types"]
}`,
		run: broad(inEtc, func(r *rules.InspectedRule, pl rules.Place) string {
			return fmt.Sprintf("The rule gives %s of whatever lies in /etc: %q", r.Access, pl.Written)
		}, "Name the files that the program needs; extend builtin:base for those that every program reads."),
	},
	{
		ID: "broad-proc", Severity: Warning, Title: "A rule reaches other processes, or settings of the kernel",
		Why: `
A pattern that spells both components, such as "/proc/*/environ", reaches processes
outside of the program: their arguments and environment with the passwords in it, and,
to write, their memory. Writing below /proc/sys changes the kernel's own settings. The
program's own entry is /proc/self, which builtin:base allows.`,
		Bad: `
allow "process list" {
  access = ["read"]
  path   = ["/proc/*/**"]
}`,
		Better: `
allow "process list" {
  access = ["read"]
  path   = ["/proc/self/**", "/proc/loadavg"]
}`,
		run: broad(inProc, func(r *rules.InspectedRule, pl rules.Place) string {
			return fmt.Sprintf("The rule gives %s of other processes' entries, or of settings of the kernel: %q", r.Access, pl.Written)
		}, `Name "/proc/self/**", or the single files of the machine that are needed.`),
	},
	{
		ID: "broad-dev", Severity: Warning, Title: "A rule is about all devices",
		Why: `
"/dev/*" spells every component, so it opens any device: disks past every file's
permissions, and the memory of the machine where the user may. "/dev/**" opens no unusual
device, but whatever else lies there. builtin:base has the usual ones.`,
		Bad: `
allow "devices" {
  access = ["read", "write"]
  path   = ["/dev/*"]
}`,
		Better: `
allow "devices" {
  access = ["read", "write"]
  path   = ["/dev/{null,zero,urandom}", "/dev/ttyUSB0"]
}`,
		run: broad(inDev, func(r *rules.InspectedRule, pl rules.Place) string {
			return fmt.Sprintf("The rule gives %s of whatever lies in /dev: %q", r.Access, pl.Written)
		}, "Name the devices."),
	},
}

// broad makes a check of the places of every rule that permits something.
func broad(is func(*pass, *rules.InspectedRule, rules.Region) bool, message func(*rules.InspectedRule, rules.Place) string, remedy string) func(*pass) {
	return func(p *pass) {
		for _, r := range p.rules(permits) {
			if r.Access&^(rules.Stat|rules.Connect|rules.Bind) == 0 {
				continue
			}
			for _, pl := range r.Paths {
				if slices.ContainsFunc(pl.Each(), func(one rules.Region) bool { return is(p, r, one) }) {
					p.reportPlace(r, "path", pl, message(r, pl), remedy)
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
