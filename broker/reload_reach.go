package broker

import (
	"fmt"
	"path/filepath"

	"seccomp-broker/rules"
)

// check refuses rules that the program could have had a hand in, or would have.
func (r *reloader) check(next Loaded) error {
	if err := next.Links.made(r.now.Links, r.mayHaveMade); err != nil {
		return err
	}
	return CheckReload(next)
}

// mayHaveMade reports whether the program can have put something in a place.
func (r *reloader) mayHaveMade(path string) bool {
	if len(r.past) > maxPast {
		return true
	}
	for _, p := range r.past {
		if p.Mode() == rules.Monitor || mayReplace(p, path) {
			return true
		}
	}
	return false
}

// CheckReload refuses rules that let a program change the files that they are in:
// it would write its own. In monitor mode it can, and there is nothing that it
// could gain.
func CheckReload(l Loaded) error {
	if l.Policy.Mode() == rules.Monitor {
		return nil
	}
	for _, file := range absolute(l.Files) {
		links := NewLinks()
		paths := []string{filepath.Clean(file), links.Canonical(filepath.Clean(file))}
		for at := range links.followed {
			paths = append(paths, at)
		}
		for _, path := range paths {
			if mayReplace(l.Policy, path) {
				return fmt.Errorf("the rules let the program change %s, and with it the rules that are loaded anew: keep them elsewhere, or add deny \"rules\" { access = [\"write\", \"create\", \"remove\"] path = [%q] }", file, path)
			}
		}
	}
	return nil
}

// mayReplace reports whether the rules let any program have something else stand
// at a path: by writing to it or making it, or by moving a directory to where one
// of those above it was. They are canonical, or no rule lets anything be done.
func mayReplace(p *rules.Policy, path string) bool {
	if p.Anyone(rules.Write|rules.Create, []byte(path)) {
		return true
	}
	// What cannot be removed keeps every directory above it from being so, and a
	// rule that denies something keeps them from being moved away.
	stays := !p.Anyone(rules.Remove, []byte(path))
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		at := []byte(dir)
		if stays && p.MovesDenied(at, append([]byte(filepath.Dir(dir)), "/\x01any"...), nil) != nil {
			continue
		}
		if p.Anyone(rules.Create, at) && p.Anyone(rules.Remove, at) {
			return true
		}
	}
	return false
}
