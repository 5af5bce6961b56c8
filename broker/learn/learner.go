package learn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"seccomp-broker/broker/secrets"
	"seccomp-broker/rules"
)

// Programs says which executables get rules of their own.
type Programs string

// The ways. Auto gives a program block to what only one of several executables
// does outside the working directory, the directories for temporary files and
// what is installed; All to everything that only one does; None to nothing.
const (
	Auto Programs = "auto"
	All  Programs = "all"
	None Programs = "none"
)

// ParsePrograms reads the value of a flag.
func ParsePrograms(s string) (Programs, error) {
	switch p := Programs(s); p {
	case Auto, All, None:
		return p, nil
	}
	return "", fmt.Errorf("%q: write auto, all or none", s)
}

// Learner writes rules. Its fields do not change while it works.
type Learner struct {
	Places *Places
	// Load loads text as if it were the contents of the rules file name. An error
	// says what is wrong with it.
	Load func(name string, text []byte) (*rules.Policy, error)
	// Lint finds what is wrong with the sense of a text; nil finds nothing.
	Lint func(name string, text []byte) []Finding
	// Names is how many names of one directory make a pattern of it; at least 2.
	Names    int
	Programs Programs
	// Stat writes rules about the class stat too, after which nothing can be seen
	// that no rule shows.
	Stat bool
}

// Doubt is something that was done and is not allowed, because a person should
// be asked.
type Doubt struct {
	Use
	Why string
}

// Refusal is something that was done and that a rule which somebody wrote refuses
// or answers otherwise.
type Refusal struct {
	Use
	Rule *rules.Rule
}

// Result is what was learned.
type Result struct {
	// Text is the new contents of the file; the old ones where there was nothing
	// to add.
	Text []byte
	// Sets are the files and built-in sets that a new file extends.
	Sets []string
	// Blocks and Lines are how many rules were written, or made longer, and how
	// many paths and addresses stand in what was added.
	Blocks, Lines int
	// Uses is how many different things were done, Covered how many of them the
	// rules allowed already.
	Uses, Covered int
	// Kinds counts the patterns by what was made a wildcard.
	Kinds    map[string]int
	Doubts   []Doubt
	Refusals []Refusal
	// Policy is what the text says; never nil without an error.
	Policy *rules.Policy
}

// maxRounds bounds how often what is written is looked at again: a rule can make
// another one necessary, since a link must not widen what its target allows.
const maxRounds = 4

// Learn writes the rules for what c has seen. old is the file's text where it
// exists already, nil where it does not; extends is what a new one is to build on,
// empty for the built-in sets that cover enough.
func (l *Learner) Learn(c *Collector, name string, old []byte, extends []string) (*Result, error) {
	uses := c.Uses()
	r := &Result{Uses: len(uses), Kinds: map[string]int{}}
	text := old
	if old == nil {
		var err error
		if r.Sets, err = l.sets(name, uses, extends); err != nil {
			return nil, err
		}
		text = header(c.first, r.Sets)
	}
	policy, err := l.load(name, text)
	if err != nil {
		return nil, err
	}
	s := &sorter{l: l, c: c, r: r}
	needs := s.sort(policy, uses)
	r.Covered = len(uses) - len(s.open)
	for round := 0; ; round++ {
		d := l.draft(c, needs)
		r.Text, err = d.write(name, text, old == nil, r)
		if err != nil {
			return nil, err
		}
		if r.Policy, err = l.Load(name, r.Text); err != nil {
			return nil, fmt.Errorf("what was learned does not load: %w", err)
		}
		more := append(l.missing(r.Policy, needs), l.widened(c, r.Policy)...)
		if len(more) == 0 || round == maxRounds {
			if len(d.blocks) > 0 {
				r.Text = l.accept(name, r.Text)
			}
			return r, nil
		}
		needs = append(needs, more...)
	}
}

// load is Load for the question of what is allowed already. Where nothing shows
// anything yet, everything can be seen; a rule that shows nothing makes the
// default hold.
func (l *Learner) load(name string, text []byte) (*rules.Policy, error) {
	if l.Stat {
		text = append(slices.Clone(text), "\nallow \"learn: nothing is seen yet\" {\n  access = [\"stat\"]\n  path = [\"/nonexistent/broker\"]\n}\n"...)
	}
	return l.Load(name, text)
}

// sorter tells what is allowed already from what rules must be written for, what
// a rule refuses, and what a person should be asked about.
type sorter struct {
	l    *Learner
	c    *Collector
	r    *Result
	open map[int]bool // uses that are not allowed
}

func (s *sorter) sort(p *rules.Policy, uses []Use) (needs []Use) {
	s.open = map[int]bool{}
	for i, u := range uses {
		if s.l.Stat && u.Path != "" {
			u.Access |= rules.Stat
		}
		left, rule := s.l.left(p, &u)
		if left == 0 && rule == nil {
			continue
		}
		s.open[i] = true
		if rule != nil {
			s.r.Refusals = append(s.r.Refusals, Refusal{u, rule})
		}
		if left == 0 {
			continue
		}
		u.Access = left
		if why := s.l.why(&u); why != "" {
			rest := s.l.undoubted(&u)
			doubted := u
			doubted.Access &^= rest
			s.r.Doubts = append(s.r.Doubts, Doubt{doubted, why})
			if u.Access = rest; rest == 0 {
				continue
			}
		}
		needs = append(needs, u)
	}
	return needs
}

// why says why a person should be asked about a use.
func (l *Learner) why(u *Use) string {
	switch {
	case u.Address != "":
		return secrets.Address(u.Address)
	case u.Refused && isBelow(u.Path, "/proc"):
		return "it belongs to a process outside"
	}
	if why := l.Places.suspicious(u.Path, u.Access); why != "" {
		return why
	}
	if u.Refused {
		return "a device that only a rule with its whole path opens"
	}
	return ""
}

// undoubted are the classes of a doubtful use that nobody need be asked about: to read
// what only must not be written. What can only be seen stays with the rest.
func (l *Learner) undoubted(u *Use) (rest rules.Access) {
	for class := rules.Access(1); class <= rules.All; class <<= 1 {
		one := *u
		if one.Access &= class; one.Access != 0 && l.why(&one) == "" {
			rest |= class
		}
	}
	if rest&^rules.Stat == 0 {
		return 0
	}
	return rest
}

// left gives the classes of a use that no rule allows, and a rule that refuses
// one of them.
func (l *Learner) left(p *rules.Policy, u *Use) (left rules.Access, refusing *rules.Rule) {
	scope := p.Program([]byte(u.Exe))
	for class := rules.Access(1); class <= rules.All; class <<= 1 {
		if u.Access&class == 0 {
			continue
		}
		q := rules.Query{Access: class, Scope: scope}
		if !u.query(&q) {
			continue
		}
		switch d := p.Decide(&q); {
		case d.Verdict == rules.Allow && (!u.Refused || d.Rule != nil && !u.needsExplicit(p, q)):
		case d.Rule != nil && d.Verdict != rules.Allow:
			refusing = d.Rule
		default:
			left |= class
		}
	}
	return left, refusing
}

// needsExplicit reports whether only a rule that spells the place counts, and
// none does.
func (u *Use) needsExplicit(p *rules.Policy, q rules.Query) bool {
	const procDepth = 2
	q.Explicit = strings.Count(u.Path, "/")
	if isBelow(u.Path, "/proc") {
		q.Explicit = procDepth
	}
	return u.Path != "" && p.Decide(&q).Verdict != rules.Allow
}

// query asks about the use's subject; false where it cannot be asked about.
func (u *Use) query(q *rules.Query) bool {
	if u.Address == "" {
		q.Path = []byte(u.Path)
		return true
	}
	a, err := rules.ParseAddress(u.Address)
	q.Address = &a
	return err == nil
}

// missing gives what should be allowed and is not, whatever the reason: its
// names are then written out.
func (l *Learner) missing(p *rules.Policy, needs []Use) (more []Use) {
	for _, u := range needs {
		if left, rule := l.left(p, &u); left != 0 && rule == nil && !u.exact {
			u.Access, u.exact = left, true
			more = append(more, u)
		}
	}
	return more
}

// widened gives what must be allowed besides, so that links and moves of
// directories do not give a file more than it has where it stands.
func (l *Learner) widened(c *Collector, p *rules.Policy) (more []Use) {
	for _, m := range c.moved() {
		classes, inside := []rules.Access{rules.Write, rules.Attr, rules.Exec}, ""
		if !m.link {
			classes, inside = []rules.Access{rules.Read, rules.Write, rules.Exec}, "/\x01any"
		}
		scope := p.Program([]byte(m.exe))
		for _, class := range classes {
			at := func(path string) bool {
				return p.Decide(&rules.Query{Access: class, Path: []byte(path + inside), Scope: scope}).Verdict == rules.Allow
			}
			if at(m.to) && !at(m.from) {
				more = append(more, Use{Exe: m.exe, Path: m.from, Access: class, Count: 1, Call: "rename", deep: !m.link})
			}
		}
		if l.reaches(p, scope, m.to) && !l.reaches(p, scope, m.from) {
			more = append(more, Use{Exe: m.exe, Address: "unix:" + m.from, Access: rules.Connect, Count: 1, Call: "rename", Brief: true})
		}
	}
	slices.SortFunc(more, func(a, b Use) int { return cmp.Compare(a.Subject(), b.Subject()) })
	return more
}

// reaches reports whether a socket of that name may be connected to.
func (l *Learner) reaches(p *rules.Policy, scope *rules.Scope, name string) bool {
	a, err := rules.ParseAddress("unix:" + name)
	return err == nil && p.Decide(&rules.Query{Access: rules.Connect, Address: &a, Scope: scope}).Verdict == rules.Allow
}
