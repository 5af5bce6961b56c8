package learn

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"seccomp-broker/rules"
)

// uidMark stands for ${uid} in a component. No pattern holds it.
const uidMark = "\x01"

// pathPattern is one written path with the paths it stands for.
type pathPattern struct {
	variable string   // that it begins with, or ""
	parts    []string // patterns of components
	text     string   // all of it, for comparison
	kinds    []string // what in it was made a wildcard
	from     []string // the paths that were used
}

func (p *pathPattern) finish() {
	p.text = strings.Join(p.parts, "/")
	switch {
	case p.variable == "":
		p.text = "/" + p.text
	case p.text != "":
		p.text = "${" + p.variable + "}/" + p.text
	default:
		p.text = "${" + p.variable + "}"
	}
}

// pathPattern names one path: by a variable, and with wildcards for what will be
// different the next time. brief says that the file did not last.
func (p *Places) pathPattern(name string, brief bool, isPID func(int) bool) pathPattern {
	return p.pathPatternFor(name, brief, 0, isPID)
}

func (p *Places) pathPatternFor(name string, brief bool, access rules.Access, isPID func(int) bool) pathPattern {
	out := pathPattern{from: []string{name}}
	var names []string
	out.variable, names = p.split(name)
	dir := cmp.Or(p.dirOf(out.variable), "/")
	for i, n := range names {
		part, kinds := p.componentPattern(dir, n, brief && i == len(names)-1, access, isPID)
		if part == "**" && len(out.parts) > 0 && out.parts[len(out.parts)-1] == "**" {
			part = ""
		}
		if part != "" {
			out.parts = append(out.parts, part)
		}
		out.kinds = append(out.kinds, kinds...)
		dir = strings.TrimSuffix(dir, "/") + "/" + n
	}
	out.finish()
	return out
}

// harmless tells, among keys and tokens, a name that was made up and taken away
// again: what stands before the made-up part is no name of a secret's, and long
// enough to tell it from others. ssh(1) binds the socket of a shared connection so.
func (p *Places) harmless(dir, pattern string, kinds []string) bool {
	const enough = 4
	stem, rest, _ := strings.Cut(pattern, "*")
	made := len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return k != kindTemporary && k != kindHash && k != kindUUID })
	stem = strings.TrimRight(stem, "-_.")
	return made && rest == "" && len(stem) >= enough && p.suspicious(dir+"/"+stem, rules.All) == "" && p.suspicious(dir+"/"+stem+".x", rules.All) == ""
}

// componentPattern names one component.
func (p *Places) componentPattern(dir, name string, brief bool, access rules.Access, isPID func(int) bool) (string, []string) {
	if isBelow(dir, "/proc") {
		if n, err := strconv.Atoi(name); err == nil && isPID(n) {
			// Two stars do not reach processes outside the tree, one would:
			// rules.Query.Explicit.
			return "**", []string{kindPID}
		}
		return component(name), nil
	}
	if part, ok := p.variableName(dir, name); ok {
		return part, nil
	}
	if literal(dir) && dir != "/dev/shm" {
		return component(name), nil
	}
	part, kinds := shaped(name, brief || p.temporary(dir), isPID)
	if p.secretDir(dir) {
		if brief && p.harmless(dir, part, kinds) {
			return part, kinds
		}
		return component(name), nil
	}
	if len(kinds) == 0 || p.mayStar(dir, access) {
		return part, kinds
	}
	fits := len(kinds) == 1 && kinds[0] == kindVersion || isBelow(dir, "/run/user") && dir != "/run/user"
	if fits && strings.IndexByte(part, '*') >= 2 && !isBelow(dir, p.Vars.Home) {
		return part, kinds
	}
	return component(name), nil
}

// node is a directory or a file in the tree of what was used.
type node struct {
	dir      string // one of the directories that it stands for, with its own name
	children map[string]*node
	kinds    []string
	ends     []string // paths that end here
}

func (n *node) child(part, name string) *node {
	c := n.children[part]
	if c == nil {
		c = &node{dir: strings.TrimSuffix(n.dir, "/") + "/" + name}
		if n.children == nil {
			n.children = map[string]*node{}
		}
		n.children[part] = c
	}
	return c
}

// absorb adds everything of o to n.
func (n *node) absorb(o *node) {
	n.ends = append(n.ends, o.ends...)
	n.kinds = append(n.kinds, o.kinds...)
	for part, c := range o.children {
		if n.children == nil {
			n.children = map[string]*node{}
		}
		if have := n.children[part]; have != nil {
			have.absorb(c)
			continue
		}
		n.children[part] = c
	}
}

// all lists the paths at and below n.
func (n *node) all() []string {
	out := slices.Clone(n.ends)
	for _, part := range sortedKeys(n.children) {
		out = append(out, n.children[part].all()...)
	}
	return out
}

const kindDirectory = "whole directories"

// folder turns the names of a tree into patterns, where enough of one directory
// were used.
type folder struct {
	places *Places
	access rules.Access
	names  int // how many are enough
}

// patterns names many paths that are used alike.
func (f *folder) patterns(list []pathPattern) []pathPattern {
	trees := map[string]*node{}
	for _, p := range list {
		n := trees[p.variable]
		if n == nil {
			n = &node{dir: cmp.Or(f.places.dirOf(p.variable), "/")}
			trees[p.variable] = n
		}
		for _, part := range p.parts {
			n = n.child(part, part)
		}
		n.ends = append(n.ends, p.from...)
		n.kinds = append(n.kinds, p.kinds...)
	}
	var out []pathPattern
	for _, variable := range sortedKeys(trees) {
		f.fold(trees[variable])
		out = append(out, listed(variable, trees[variable], nil)...)
	}
	return out
}

// listed gives the patterns of a folded tree.
func listed(variable string, n *node, way []string) (out []pathPattern) {
	if len(n.ends) > 0 {
		p := pathPattern{variable: variable, parts: slices.Clone(way), kinds: n.kinds, from: n.ends}
		p.finish()
		out = append(out, p)
	}
	for _, part := range sortedKeys(n.children) {
		out = append(out, listed(variable, n.children[part], append(way, part))...)
	}
	return out
}

// fold replaces names below n by patterns, from the leaves upwards.
func (f *folder) fold(n *node) {
	for _, c := range n.children {
		f.fold(c)
	}
	if !f.places.mayStar(n.dir, f.access) || f.access&rules.Exec != 0 && f.places.writable(n.dir) {
		return
	}
	var files, dirs []string
	for _, part := range sortedKeys(n.children) {
		if len(n.children[part].children) == 0 {
			files = append(files, part)
		} else {
			dirs = append(dirs, part)
		}
	}
	if len(dirs) >= f.names && f.foldDirs(n, dirs) {
		return
	}
	f.foldFiles(n, files)
}

// foldDirs makes one of several directories: "*/name" where the same is used in
// each, else "**". It reports whether nothing is left beside it.
func (f *folder) foldDirs(n *node, dirs []string) bool {
	merged := &node{dir: n.children[dirs[0]].dir}
	for _, part := range dirs {
		c := *n.children[part]
		merged.absorb(c.copied())
	}
	f.fold(merged)
	if simple := len(merged.children) == 1 && len(listed("", merged, nil)) <= 2; simple || !f.places.mayDeep(n.dir, f.access) {
		for _, part := range dirs {
			delete(n.children, part)
		}
		merged.kinds = append(merged.kinds, kindDirectory)
		for _, c := range merged.children {
			c.kinds = append(c.kinds, kindDirectory)
		}
		n.put("*", merged)
		return false
	}
	all := n.all()
	n.ends, n.children = nil, nil
	n.put("**", &node{dir: n.dir, ends: all, kinds: []string{kindDirectory}})
	return true
}

func (n *node) put(part string, c *node) {
	if n.children == nil {
		n.children = map[string]*node{}
	}
	if have := n.children[part]; have != nil {
		have.absorb(c)
		return
	}
	n.children[part] = c
}

// copied is n with maps of its own.
func (n *node) copied() *node {
	c := &node{dir: n.dir, ends: slices.Clone(n.ends), kinds: slices.Clone(n.kinds)}
	for part, k := range n.children {
		c.put(part, k.copied())
	}
	return c
}

// foldFiles makes one pattern of several files, by their extension where that
// tells them apart. Names that are patterns already stay as they are: what they
// have in common is narrower than all names.
func (f *folder) foldFiles(n *node, files []string) {
	groups := map[string][]string{}
	for _, part := range files {
		if !strings.Contains(part, "*") {
			groups[extension(part)] = append(groups[extension(part)], part)
		}
	}
	var rest []string
	kinds := 0
	for _, ext := range sortedKeys(groups) {
		if ext == "" || len(groups[ext]) < max(2, f.names-1) {
			rest = append(rest, groups[ext]...)
			delete(groups, ext)
		} else {
			kinds++
		}
	}
	if len(rest) >= f.names || kinds > maxExtensions {
		for _, group := range groups {
			rest = append(rest, group...)
		}
		f.merge(n, rest, "*")
		return
	}
	for _, ext := range sortedKeys(groups) {
		f.merge(n, groups[ext], "*"+ext)
	}
}

// maxExtensions is how many kinds of files of one directory are told apart.
const maxExtensions = 3

// merge makes one pattern of several names.
func (f *folder) merge(n *node, parts []string, pattern string) {
	all := &node{dir: n.dir + "/" + pattern, kinds: []string{kindDirectory}}
	for _, part := range parts {
		all.ends = append(all.ends, n.children[part].all()...)
		delete(n.children, part)
	}
	n.put(pattern, all)
}

// extension is the end of a name that says what it holds, as a pattern; "" where
// there is none.
func extension(part string) string {
	i := strings.LastIndexByte(part, '.')
	if i <= 0 || strings.ContainsAny(part[i:], "*?{}\\"+uidMark) || len(part)-i > 8 || i == len(part)-1 {
		return ""
	}
	return part[i:]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
