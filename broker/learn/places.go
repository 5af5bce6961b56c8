package learn

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"seccomp-broker/rules"
)

// Places knows what parts of the file system are: which variable names them,
// where a wildcard would open more than a directory of files. It does not
// change, and looks at no file.
type Places struct {
	Vars rules.Vars // canonical paths
	roots
}

// root is a directory that a variable names.
type root struct{ variable, path string }

type roots []root

// NewPlaces returns the places for these variables.
func NewPlaces(v rules.Vars) *Places {
	p := &Places{Vars: v}
	add := func(variable, dir string) {
		if strings.Count(dir, "/") >= 1 && dir != "/" && dir != "/nonexistent" &&
			!slices.ContainsFunc(p.roots, func(r root) bool { return r.path == dir }) {
			p.roots = append(p.roots, root{variable, dir})
		}
	}
	add("home", v.Home) // before cwd: who starts it at home means the home
	add("cwd", v.Cwd)
	add("project", v.Project)
	add("tmp", v.Tmp)
	// The deepest one names a path best.
	slices.SortStableFunc(p.roots, func(a, b root) int { return len(b.path) - len(a.path) })
	return p
}

// split names a path by a variable and the components after it; the variable
// is "" where none fits.
func (p *Places) split(name string) (variable string, components []string) {
	for _, r := range p.roots {
		if rest, ok := below(name, r.path); ok {
			return r.variable, parts(rest)
		}
	}
	return "", parts(name)
}

// dirOf is the path that a variable names; "" for none.
func (p *Places) dirOf(variable string) string {
	for _, r := range p.roots {
		if r.variable == variable {
			return r.path
		}
	}
	return ""
}

// below gives what of name is below dir: "" for dir itself.
func below(name, dir string) (rest string, ok bool) {
	if dir == "" || dir == "/nonexistent" {
		return "", false
	}
	if dir == "/" {
		return strings.TrimPrefix(name, "/"), true
	}
	rest, ok = strings.CutPrefix(name, dir)
	return strings.TrimPrefix(rest, "/"), ok && (rest == "" || rest[0] == '/')
}

func isBelow(name, dir string) bool { _, ok := below(name, dir); return ok }

func parts(name string) []string {
	name = strings.Trim(name, "/")
	if name == "" {
		return nil
	}
	return strings.Split(name, "/")
}

// temporary are directories whose names come and go. A working directory in one
// is none.
func (p *Places) temporary(name string) bool {
	for _, r := range p.roots {
		if isBelow(name, r.path) {
			return r.variable == "tmp"
		}
	}
	for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", "/run/user"} {
		if isBelow(name, dir) {
			return true
		}
	}
	return false
}

// own are the directories where the work is done.
func (p *Places) own(name string) bool {
	return p.temporary(name) || p.workplace(name)
}

// writable are directories in which a pattern for what may be executed would
// let a program run whatever it writes there.
func (p *Places) writable(name string) bool { return p.own(name) || isBelow(name, p.Vars.Home) }

func (p *Places) workplace(name string) bool {
	for _, dir := range []string{p.Vars.Cwd, p.Vars.Project} {
		if isBelow(name, dir) && !isBelow(p.Vars.Home, dir) {
			return true
		}
	}
	return false
}

// literal are the places whose names are written out, each by each: settings of
// the system and the kernel's own interfaces.
func literal(name string) bool {
	if isBelow(name, "/dev/shm") {
		return false
	}
	for _, dir := range []string{"/etc", "/proc", "/sys", "/dev", "/boot"} {
		if isBelow(name, dir) {
			return true
		}
	}
	return false
}

// crowded are directories in which lie things of many programs and people, so
// that no pattern may stand for what lies directly in them.
var crowded = []string{
	"/", "/home", "/root", "/usr", "/usr/local", "/usr/share", "/var", "/var/lib", "/var/log", "/var/spool",
	"/var/cache", "/var/mail", "/run", "/run/user", "/opt", "/srv", "/mnt", "/media", "/lib", "/usr/lib",
}

// inHome are crowded directories of the home directory.
var inHome = []string{"", ".config", ".local", ".local/share", ".local/state", ".cache", ".var", ".var/app", "snap"}

// programDirs hold executables of all kinds, among them such as gain by being
// started from somewhere else.
var programDirs = []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"}

// mayStar reports whether a pattern may stand for a name directly in dir.
func (p *Places) mayStar(dir string, access rules.Access) bool {
	switch {
	case literal(dir), slices.Contains(crowded, dir), p.secretDir(dir):
		return false
	case path.Dir(dir) == "/home", path.Dir(dir) == "/run/user":
		return false
	case slices.Contains(programDirs, dir), access&rules.Exec != 0 && path.Base(dir) == "bin":
		return false
	}
	if rest, ok := below(dir, p.Vars.Home); ok {
		return !slices.Contains(inHome, rest)
	}
	return !isBelow(p.Vars.Home, dir) || p.Vars.Home == ""
}

// mayDeep reports whether a pattern may stand for everything below dir.
func (p *Places) mayDeep(dir string, access rules.Access) bool {
	if !p.mayStar(dir, access) || len(parts(dir)) < 2 && !slices.Contains([]string{p.Vars.Tmp, p.Vars.Cwd, p.Vars.Project}, dir) {
		return false
	}
	if access&rules.Exec != 0 && p.temporary(dir) && slices.Contains([]string{p.Vars.Tmp, "/tmp", "/var/tmp", "/dev/shm"}, dir) {
		return false
	}
	for _, place := range []string{p.Vars.Home, "/home", "/root", "/etc", "/proc", "/sys", "/dev"} {
		if place != "" && isBelow(place, dir) {
			return false
		}
	}
	return true
}

// variableName writes the uid where it is a component of its own below
// /run/user, and in names of temporary places that end in it.
func (p *Places) variableName(dir, name string) (pattern string, ok bool) {
	if p.Vars.UID <= 0 {
		return "", false
	}
	uid := strconv.Itoa(p.Vars.UID)
	if dir == "/run/user" && name == uid {
		return uidMark, true
	}
	if stem, found := strings.CutSuffix(name, "-"+uid); found && p.temporary(dir) && stem != "" {
		return component(stem) + "-" + uidMark, true
	}
	return "", false
}
