package learn

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"seccomp-broker/broker/secrets"
	"seccomp-broker/rules"
)

// draft are the rules that are to be written.
type draft struct {
	l      *Learner
	blocks []block
}

// block is one rule.
type block struct {
	program string // pattern of the program block that it stands in, or ""
	name    string
	access  rules.Access
	paths   []pathPattern
	hosts   []addressPattern
	except  []string
	uses    []Use // that it is for
}

// made is what comes with the right to make a file: who makes it may also read,
// write and remove it, and set its mode and times.
const made = rules.Read | rules.Write | rules.Remove | rules.Attr

// draft groups what is needed into rules.
func (l *Learner) draft(c *Collector, needs []Use) *draft {
	d := &draft{l: l}
	byScope := map[string][]Use{}
	label := l.labels(c, needs)
	for _, u := range needs {
		byScope[label(&u)] = append(byScope[label(&u)], u)
	}
	for _, scope := range sortedKeys(byScope) {
		d.addPaths(c, scope, byScope[scope])
		d.addAddresses(c, scope, byScope[scope])
	}
	slices.SortStableFunc(d.blocks, func(a, b block) int {
		return cmp.Or(cmp.Compare(a.program, b.program), cmp.Compare(a.rank(), b.rank()))
	})
	return d
}

// labels gives the program block that a use belongs to.
func (l *Learner) labels(c *Collector, needs []Use) func(*Use) string {
	users := map[string]map[string]bool{}
	exes := map[string]bool{}
	for _, u := range c.Uses() {
		if users[u.Subject()] == nil {
			users[u.Subject()] = map[string]bool{}
		}
		users[u.Subject()][u.Exe] = true
		if u.Exe != "" {
			exes[u.Exe] = true
		}
	}
	return func(u *Use) string {
		switch {
		case l.Programs == None, u.Exe == "", len(exes) < 2, len(users[u.Subject()]) != 1, l.Places.temporary(u.Exe):
			return ""
		case l.Programs == Auto && !l.apart(u):
			return ""
		}
		return l.Places.program(u.Exe)
	}
}

// apart tells uses that others of the same tree need not have: of a person's
// files, of other services, of the network.
func (l *Learner) apart(u *Use) bool {
	if u.Address != "" {
		return true
	}
	if l.Places.own(u.Path) {
		return false
	}
	for _, dir := range []string{l.Places.Vars.Home, "/home", "/root", "/var", "/srv", "/run", "/mnt", "/media"} {
		if dir != "" && isBelow(u.Path, dir) {
			return true
		}
	}
	return false
}

// program is the name of a program block, which can hold no variable. The
// version in the name of an installed program will be another one after an update.
func (p *Places) program(exe string) string {
	installed := !p.writable(exe)
	var names []string
	for _, n := range parts(exe) {
		part := component(n)
		shape, kinds := shaped(n, false, func(int) bool { return false })
		if installed && len(kinds) == 1 && kinds[0] == kindVersion && strings.IndexByte(shape, '*') >= 2 {
			part = shape
		}
		names = append(names, part)
	}
	return "/" + strings.Join(names, "/")
}

// need is what is needed of one path.
type need struct {
	access      rules.Access
	brief       bool
	exact, deep bool
}

func (d *draft) addPaths(c *Collector, scope string, uses []Use) {
	needs := map[string]*need{}
	for _, u := range uses {
		if u.Path == "" {
			continue
		}
		n := needs[u.Path]
		if n == nil {
			n = &need{}
			needs[u.Path] = n
		}
		n.access |= u.Access
		n.brief = n.brief || u.Brief
		n.exact, n.deep = n.exact || u.exact, n.deep || u.deep
	}
	sets := map[rules.Access][]pathPattern{}
	for _, name := range sortedKeys(needs) {
		n := needs[name]
		rest := n.access &^ (rules.Exec | rules.Stat)
		if rest&rules.Create != 0 {
			rest |= made
		}
		for _, access := range []rules.Access{n.access & rules.Exec, n.access & rules.Stat, rest} {
			if access != 0 {
				sets[access] = append(sets[access], d.named(c, name, n, access))
			}
		}
	}
	found := d.fold(sets)
	for _, access := range sortedSets(found) {
		d.group(scope, access, found[access], uses)
	}
}

// named is the pattern for one path by itself.
func (d *draft) named(c *Collector, name string, n *need, access rules.Access) pathPattern {
	isPID := c.isPID
	if n.exact {
		isPID = func(int) bool { return false }
	}
	p := d.l.Places.pathPatternFor(name, n.brief, access, isPID)
	if n.exact {
		p = d.l.Places.exactly(name)
	}
	if n.deep {
		p.parts = append(p.parts, "**")
		p.finish()
	}
	return p
}

// exactly is the pattern that matches one path only.
func (p *Places) exactly(name string) pathPattern {
	out := pathPattern{from: []string{name}}
	var names []string
	out.variable, names = p.split(name)
	for _, n := range names {
		out.parts = append(out.parts, component(n))
	}
	out.finish()
	return out
}

// fold makes patterns of directories, and takes out what others cover.
func (d *draft) fold(sets map[rules.Access][]pathPattern) map[rules.Access][]pathPattern {
	byText := map[string]*pathPattern{}
	access := map[string]rules.Access{}
	for _, a := range sortedSets(sets) {
		f := folder{places: d.l.Places, access: a, names: max(d.l.Names, 2)}
		for _, p := range f.patterns(sets[a]) {
			key := p.text
			if a&(rules.Exec|rules.Stat) != 0 { // in rules of their own
				key += "\x00" + a.String()
			}
			if have := byText[key]; have != nil {
				have.from = append(have.from, p.from...)
				have.kinds = append(have.kinds, p.kinds...)
			} else {
				byText[key] = &p
			}
			access[key] |= a
		}
	}
	// The narrow ones first: of two that cover each other the wide one stays.
	keys := sortedKeys(byText)
	slices.SortStableFunc(keys, func(a, b string) int {
		p, q := byText[a], byText[b]
		return cmp.Or(cmp.Compare(min(len(p.kinds), 1), min(len(q.kinds), 1)), cmp.Compare(len(p.from), len(q.from)))
	})
	for _, key := range keys {
		if d.covered(key, byText, access) {
			delete(byText, key)
		}
	}
	out := map[rules.Access][]pathPattern{}
	for _, key := range sortedKeys(byText) {
		out[access[key]] = append(out[access[key]], *byText[key])
	}
	return out
}

// covered reports whether every path that a pattern is for is matched by others
// that allow as much.
func (d *draft) covered(key string, byText map[string]*pathPattern, access map[string]rules.Access) bool {
	for _, name := range byText[key].from {
		var have rules.Access
		for other, p := range byText {
			if other != key && p.matches(d.l.Places, name) {
				have |= access[other]
			}
		}
		if access[key]&^have != 0 {
			return false
		}
	}
	return true
}

// matches says whether the pattern stands for a path.
func (p *pathPattern) matches(places *Places, name string) bool {
	rest, ok := name, true
	if p.variable != "" {
		rest, ok = below(name, places.dirOf(p.variable))
	}
	return ok && matchParts(p.parts, parts(rest))
}

func matchParts(pattern, names []string) bool {
	switch {
	case len(pattern) == 0:
		return len(names) == 0
	case pattern[0] == "**":
		for i := 0; i <= len(names); i++ {
			if matchParts(pattern[1:], names[i:]) {
				return true
			}
		}
		return false
	case len(names) == 0:
		return false
	}
	ok, _ := path.Match(pattern[0], names[0]) // the same but for brackets, which a pattern here has not
	return ok && matchParts(pattern[1:], names[1:])
}

// group makes rules of patterns with the same classes, one for each kind of
// place.
func (d *draft) group(scope string, access rules.Access, patterns []pathPattern, uses []Use) {
	kinds := map[string][]pathPattern{}
	for _, p := range patterns {
		k := d.l.Places.kind(&p, access)
		kinds[k] = append(kinds[k], p)
	}
	for _, k := range sortedKeys(kinds) {
		b := block{program: scope, name: ruleName(access, k), access: access, paths: kinds[k]}
		from := map[string]bool{}
		for _, p := range b.paths {
			for _, f := range p.from {
				from[f] = true
			}
		}
		for _, u := range uses {
			if u.Path != "" && from[u.Path] && (u.Access&access != 0 || access&rules.Create != 0) {
				b.uses = append(b.uses, u)
			}
		}
		d.guardHooks(&b)
		d.blocks = append(d.blocks, b)
	}
}

// guardHooks takes the hooks of git out of a pattern for a whole project, unless
// they were used: git runs them outside the broker.
func (d *draft) guardHooks(b *block) {
	if b.access&secrets.Changes == 0 {
		return
	}
	for _, p := range b.paths {
		if p.variable == "" || p.variable == "tmp" || len(p.parts) != 1 || p.parts[0] != "**" {
			continue
		}
		hooks := d.l.Places.dirOf(p.variable) + "/.git/hooks"
		if !slices.ContainsFunc(p.from, func(f string) bool { return isBelow(f, hooks) }) {
			b.except = append(b.except, "\"${"+p.variable+"}/.git/hooks/**\"")
		}
	}
}

func (d *draft) addAddresses(c *Collector, scope string, uses []Use) {
	access, brief := map[string]rules.Access{}, map[string]bool{}
	for _, u := range uses {
		if u.Address != "" {
			access[u.Address] |= u.Access
			brief[u.Address] = brief[u.Address] || u.Brief
		}
	}
	sets := map[rules.Access][]string{}
	for _, a := range sortedKeys(access) {
		for _, class := range []rules.Access{access[a] & rules.Connect, access[a] & rules.Bind} {
			if class != 0 {
				sets[class] = append(sets[class], a)
			}
		}
	}
	for _, class := range sortedSets(sets) {
		b := block{program: scope, access: class, name: class.String(), hosts: d.l.Places.addressPatterns(sets[class], brief, c.isPID)}
		for _, u := range uses {
			if u.Address != "" && u.Access&class != 0 {
				b.uses = append(b.uses, u)
			}
		}
		d.blocks = append(d.blocks, b)
	}
}

func sortedSets[V any](m map[rules.Access]V) []rules.Access {
	keys := make([]rules.Access, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
