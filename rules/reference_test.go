package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// The reference evaluator: no trie, no tables, straight from the description of
// the language. Patterns have no braces here; those are expanded first.

func refMatch(p, path string) bool {
	return refComponents(refSplit(p), refSplit(path))
}

func refSplit(s string) []string {
	if s == "/" {
		return nil
	}
	return strings.Split(s[1:], "/")
}

func refComponents(pat, path []string) bool {
	if len(pat) == 0 {
		return len(path) == 0
	}
	if pat[0] == "**" {
		for i := 0; i <= len(path); i++ {
			if refComponents(pat[1:], path[i:]) {
				return true
			}
		}
		return false
	}
	return len(path) > 0 && refName(pat[0], path[0]) && refComponents(pat[1:], path[1:])
}

// refName compares one component; characters are valid UTF-8 sequences or
// single bytes.
func refName(pat, name string) bool {
	if pat == "" {
		return name == ""
	}
	switch pat[0] {
	case '*':
		for i := 0; ; {
			if refName(pat[1:], name[i:]) {
				return true
			}
			if i == len(name) {
				return false
			}
			_, w := utf8.DecodeRuneInString(name[i:])
			i += w
		}
	case '?':
		_, w := utf8.DecodeRuneInString(name)
		return name != "" && refName(pat[1:], name[w:])
	}
	_, w := utf8.DecodeRuneInString(pat)
	_, v := utf8.DecodeRuneInString(name)
	return name != "" && pat[:w] == name[:v] && refName(pat[w:], name[v:])
}

// refRule is a rule for the reference.
type refRule struct {
	Rule
	block int // of refPolicy.exes, or -1
}

type refPolicy struct {
	rules []refRule
	exes  []string
	deflt Verdict
}

func (p *refPolicy) decide(access Access, path, exe string, explicit int) (worst Verdict) {
	worst = Allow
	for c := Access(1); c <= All; c <<= 1 {
		if access&c == 0 {
			continue
		}
		v := p.deflt
		if c == Stat && (!p.shows() || p.leads(path, exe)) {
			v = Allow
		}
		if explicit > 0 || c&sockets != 0 { // the rules here name neither connect nor bind
			v = Deny
		}
		found := false
		for _, r := range p.rules {
			if r.Access&c == 0 || r.block >= 0 && !refMatch(p.exes[r.block], exe) || refAny(r.Except, path) {
				continue
			}
			patterns := r.Patterns
			if c == Stat && r.Verdict != Allow { // what lies below a hidden place
				for _, pat := range r.Patterns {
					patterns = append(patterns[:len(patterns):len(patterns)], strings.TrimSuffix(pat, "/")+"/**")
				}
			}
			for _, pat := range patterns {
				if !refMatch(pat, path) || r.Verdict != Deny && !refExplicit(pat, explicit) {
					continue
				}
				if !found || r.Verdict < v {
					v, found = r.Verdict, true
				}
			}
		}
		worst = min(worst, v)
	}
	return worst
}

// shows: some rule permits the class stat. Emulations are errnos here, which
// hide.
func (p *refPolicy) shows() bool {
	for _, r := range p.rules {
		if r.Verdict == Allow && r.Access&Stat != 0 {
			return true
		}
	}
	return false
}

// leads: some rule permits stat below path.
func (p *refPolicy) leads(path, exe string) bool {
	for _, r := range p.rules {
		if r.Verdict != Allow || r.Access&Stat == 0 || r.block >= 0 && !refMatch(p.exes[r.block], exe) {
			continue
		}
		for _, pat := range r.Patterns {
			if refBelow(refSplit(pat), refSplit(path)) {
				return true
			}
		}
	}
	return false
}

// refBelow: the pattern matches something strictly below the path.
func refBelow(pat, path []string) bool {
	switch {
	case len(pat) == 0:
		return false
	case len(path) == 0:
		return true // every component left can be filled in
	case pat[0] == "**":
		return len(pat) > 1 // else the path itself matches, unless it is excepted
	}
	return refName(pat[0], path[0]) && refBelow(pat[1:], path[1:])
}

func refAny(list []string, path string) bool {
	for _, p := range list {
		if refMatch(p, path) {
			return true
		}
	}
	return false
}

func refExplicit(pat string, n int) bool {
	for i, c := range refSplit(pat) {
		if c == "**" {
			return i >= n
		}
	}
	return true
}

// text writes the policy in the language.
func (p *refPolicy) text() string {
	var b strings.Builder
	if p.deflt == Allow {
		b.WriteString("default = \"allow\"\n")
	}
	block := func(r refRule, i int) string {
		var more []string
		if len(r.Except) > 0 {
			more = append(more, fmt.Sprintf("except = [\"%s\"]", strings.Join(r.Except, `", "`)))
		}
		if r.Verdict == Emulate {
			more = append(more, `errno = "EPERM"`)
		}
		return rule(r.Verdict.String(), fmt.Sprint("r", i), strings.ReplaceAll(r.Access.String(), ", ", ","), strings.Join(r.Patterns, ","), more...)
	}
	for i, r := range p.rules {
		if r.block < 0 {
			b.WriteString(block(r, i))
			continue
		}
		fmt.Fprintf(&b, "program \"%s\" {\n%s}\n", p.exes[r.block], block(r, i))
	}
	return b.String()
}

// generator draws patterns and paths from few names, so that they meet often.
type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) pattern() string {
	n := g.IntN(5)
	var parts []string
	for range n {
		parts = append(parts, g.pick("a", "b", "ab", "é", "a", "b", "*", "**", "**", "?", "a*", "*b", "*a*", "?b", "*é", "a?", "x*y*z", "*??"))
	}
	return "/" + strings.Join(parts, "/")
}

func (g generator) path() string {
	n := g.IntN(6)
	var parts []string
	for range n {
		parts = append(parts, g.pick("a", "b", "ab", "é", "ba", "aab", "aé", "xyz", "xaybz", "."+g.pick("a", "b"), "\xff", "é\xffb"))
	}
	return "/" + strings.Join(parts, "/")
}

func (g generator) patterns(most int) []string {
	var list []string
	for range 1 + g.IntN(most) {
		list = append(list, g.pattern())
	}
	return list
}

func (g generator) policy() *refPolicy {
	p := &refPolicy{deflt: Verdict(g.IntN(2) * int(Allow))}
	for range g.IntN(4) {
		p.exes = append(p.exes, g.pattern())
	}
	for range 1 + g.IntN(12) {
		r := refRule{block: g.IntN(len(p.exes)+1) - 1}
		r.Verdict = []Verdict{Allow, Allow, Deny, Emulate}[g.IntN(4)]
		r.Access = Access(1+g.IntN(int(All))) & testClasses &^ sockets
		if r.Access == 0 {
			r.Access = Read
		}
		r.Patterns = g.patterns(3)
		if g.IntN(2) == 0 {
			r.Except = g.patterns(3)
		}
		p.rules = append(p.rules, r)
	}
	return p
}

func compareWithReference(t *testing.T, seed uint64) {
	t.Helper()
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	ref := g.policy()
	p := mustLoad(t, ref.text())
	for range 60 {
		exe, path := g.path(), g.path()
		q := &Query{
			Access: Access(1 + g.IntN(int(All))), Path: []byte(path),
			Scope: p.Program([]byte(exe)), Explicit: g.IntN(4),
		}
		if g.IntN(2) == 0 {
			q.Access = 1 << g.IntN(classCount)
		}
		want := ref.decide(q.Access, path, exe, q.Explicit)
		got := p.Decide(q)
		if got.Verdict != want {
			t.Fatalf("seed %d: %v of %q by %q, explicit %d: %v by %+v, reference says %v\n%s",
				seed, q.Access, path, exe, q.Explicit, got.Verdict, got.Rule, want, ref.text())
		}
		checkExplain(t, p, q, got)
	}
}

// checkExplain: what Explain says agrees with the decision, class by class.
func checkExplain(t *testing.T, p *Policy, q *Query, got Decision) {
	t.Helper()
	list := p.Explain(q)
	best := Decision{Verdict: 255}
	for c := Access(1); c <= All; c <<= 1 {
		if q.Access&c == 0 {
			continue
		}
		one := *q
		one.Access = c
		d := Decision{p.Decide(&one).Verdict, c, nil}
		for _, x := range list {
			if x.Access == c {
				d = x
				break
			}
		}
		if d.Verdict < best.Verdict || d.Verdict == best.Verdict && best.Rule == nil && d.Rule != nil {
			best = d
		}
	}
	if best != got {
		t.Fatalf("%v of %q: Decide says %+v, Explain %+v", q.Access, q.Path, got, best)
	}
}

func TestAgainstReference(t *testing.T) {
	for seed := range uint64(400) {
		compareWithReference(t, seed)
	}
}

func FuzzReference(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed + 1000)
	}
	f.Fuzz(compareWithReference)
}

// TestManyStates: more patterns under way at once than the stack arrays hold,
// in paths and inside names, give the same answers.
func TestManyStates(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(7, 7))}
	ref := &refPolicy{}
	names := "abcdefgh"
	for i := range 200 {
		var parts []string
		for range 3 {
			parts = append(parts, g.pick("a", "b", "*", "?", "a*", "*b*"), "**")
		}
		r := refRule{block: -1}
		r.Verdict, r.Access = []Verdict{Allow, Deny, Allow}[i%3], Read
		r.Patterns = []string{"/" + strings.Join(parts, "/") + "/" + names[i%8:i%8+1]}
		r.Except = []string{"/**/" + g.pick("a", "b", "*") + "/**/" + g.pick("a", "c*", "*d")}
		ref.rules = append(ref.rules, r)
		// Leaves that stay, and wildcards of one name.
		r.Verdict, r.Except = Allow, nil
		r.Patterns = []string{"/**/" + strings.Repeat("*"+names[i%8:i%8+1], 1+i%40) + "*/**"}
		ref.rules = append(ref.rules, r)
	}
	p := mustLoad(t, ref.text())
	most := 0
	for range 300 {
		path := ""
		for range 1 + g.IntN(9) {
			path += "/" + g.pick("a", "b", "c", "d", "ab", "ba", strings.Repeat(names, 1+g.IntN(5)))
		}
		q := &Query{Access: Read, Path: []byte(path)}
		if got, want := p.Decide(q).Verdict, ref.decide(Read, path, "/", 0); got != want {
			t.Fatalf("%s: %v, reference says %v", path, got, want)
		}
		var w walker
		p.global.walk(q.Path, &w)
		most = max(most, len(w.all()))
	}
	if most <= 2*activeMax {
		t.Errorf("at most %d states at once: the overflow was not tried", most)
	}
}
