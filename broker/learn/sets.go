package learn

import (
	"path/filepath"
	"slices"
	"strings"

	"seccomp-broker/rules"
)

// A built-in set is worth its width when that many different things fall under
// it, and under that many of its own rules.
const (
	enoughUses  = 20
	enoughRules = 3
)

const baseSet = "builtin:base"

// never are sets that no new file extends by itself: workdir opens everything
// in the working directory and all programs, for who knows nothing of the program.
var never = []string{"base", "workdir"}

// sets chooses what a new file extends.
func (l *Learner) sets(name string, uses []Use, extends []string) ([]string, error) {
	if len(extends) > 0 {
		return relative(name, extends), nil
	}
	base, err := l.Load(name, extendsLine([]string{baseSet}))
	if err != nil {
		return nil, err
	}
	chosen := []string{baseSet}
	for _, set := range rules.Builtins() {
		if slices.Contains(never, set) {
			continue
		}
		ref := "builtin:" + set
		p, err := l.Load(name, extendsLine([]string{ref}))
		if err != nil {
			return nil, err
		}
		if l.worth(base, p, ref, uses) {
			chosen = append(chosen, ref)
		}
	}
	return chosen, nil
}

func (l *Learner) worth(base, p *rules.Policy, ref string, uses []Use) bool {
	n, used := 0, map[*rules.Rule]bool{}
	for i := range uses {
		u := &uses[i]
		left, _ := l.left(base, u)
		if left == 0 || u.Path != "" && l.Places.own(u.Path) {
			continue // where the work is done says nothing about the program
		}
		q := rules.Query{Access: left, Scope: p.Program([]byte(u.Exe))}
		if !u.query(&q) {
			continue
		}
		if d := p.Decide(&q); d.Verdict == rules.Allow && d.Rule != nil && d.Rule.File == ref {
			n++
			used[d.Rule] = true
		}
	}
	return n >= enoughUses && len(used) >= enoughRules
}

// relative writes names of files as the new file will name them.
func relative(name string, files []string) []string {
	var out []string
	for _, f := range files {
		if !strings.HasPrefix(f, "builtin:") {
			from, err1 := filepath.Abs(filepath.Dir(name))
			to, err2 := filepath.Abs(f)
			if rel, err := filepath.Rel(from, to); err == nil && err1 == nil && err2 == nil {
				f = rel
			}
		}
		out = append(out, f)
	}
	return out
}
