package learn

import (
	"slices"
	"strings"

	"seccomp-broker/rules"
)

// The kinds of places, in the order in which their rules are written.
var placeKinds = []string{
	"programs", "the project", "the working directory", "temporary files", "the home directory", "installed files",
	"settings of the system", "processes", "the kernel", "devices", "other places", "addresses",
}

// kind is what kind of place a pattern names.
func (p *Places) kind(pattern *pathPattern, access rules.Access) string {
	dir := p.dirOf(pattern.variable)
	switch {
	case access&rules.Exec != 0:
		return "programs"
	case pattern.variable == "cwd":
		return "the working directory"
	case pattern.variable == "project":
		return "the project"
	case pattern.variable == "home":
		return "the home directory"
	case pattern.variable == "tmp":
		return "temporary files"
	}
	name := dir + "/" + first(pattern.parts)
	switch name {
	case "/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/opt":
		return "installed files"
	case "/etc":
		return "settings of the system"
	case "/proc":
		if len(pattern.parts) > 1 && (pattern.parts[1] == "self" || pattern.parts[1] == "**") {
			return "processes"
		}
		return "the kernel"
	case "/sys":
		return "the kernel"
	case "/dev":
		if len(pattern.parts) > 1 && pattern.parts[1] == "shm" {
			return "temporary files"
		}
		return "devices"
	case "/tmp":
		return "temporary files"
	}
	return "other places"
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// ruleName is what a person might call a rule.
func ruleName(access rules.Access, kind string) string {
	verb := "use"
	switch {
	case access == rules.Exec:
		verb = "run"
	case access == rules.Stat:
		verb = "look at"
	case access == rules.Read:
		verb = "read"
	case access&rules.Create != 0:
		verb = "change"
	case access&^(rules.Write|rules.Read) == 0:
		verb = "write"
	case access == rules.Remove:
		verb = "remove"
	case access == rules.Attr:
		verb = "set attributes of"
	}
	return verb + " " + kind
}

// rank is where a rule stands among those of one scope.
func (b *block) rank() int {
	if len(b.hosts) > 0 {
		return len(placeKinds)
	}
	for i, k := range placeKinds {
		if strings.HasSuffix(b.name, " "+k) {
			return i
		}
	}
	return slices.Index(placeKinds, "other places")
}
