package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Links is what paths in rules are resolved with where the rules may be loaded
// again while a program runs under them. It remembers the symlinks that it
// followed, because the program may have made one of them meanwhile, to have a
// rule about its own directory mean another place. Not safe for concurrent use.
type Links struct {
	dirs     map[string]place
	followed map[string]string // target by the link's own canonical path
	count    int               // of links, for one path
}

// NewLinks returns one that has followed nothing.
func NewLinks() *Links {
	return &Links{dirs: map[string]place{"/": {"/", true}}, followed: map[string]string{}}
}

// Canonical resolves a path as the function of that name does: the longest
// beginning that exists, and of a symlink that leads nowhere its own name.
func (l *Links) Canonical(path string) string {
	if !filepath.IsAbs(path) {
		return Canonical(path)
	}
	l.count = 0
	return l.place(filepath.Clean(path)).path
}

// maxLinks is how many symlinks the kernel follows: path_resolution(7).
const maxLinks = 40

func (l *Links) place(path string) place {
	if p, ok := l.dirs[path]; ok {
		return p
	}
	dir, name := filepath.Split(path)
	parent := l.place(filepath.Clean(dir))
	at := place{path: filepath.Join(parent.path, name)}
	if parent.whole {
		at = l.child(at.path)
	}
	if len(l.dirs) < maxResolved {
		l.dirs[path] = at
	}
	return at
}

// child is the place of a name whose directory is canonical. What it is and where
// it leads is one look, so that nothing else can be remembered than was followed.
func (l *Links) child(path string) place {
	target, err := os.Readlink(path)
	if err != nil {
		_, err = os.Lstat(path)
		return place{path, err == nil}
	}
	if l.count++; l.count > maxLinks {
		return place{path: path}
	}
	l.followed[path] = target
	at := place{"/", true}
	if !filepath.IsAbs(target) {
		at.path = filepath.Dir(path)
	}
	// Name by name: ".." behind a symlink is the parent of where that leads.
	for name := range strings.SplitSeq(target, "/") {
		switch {
		case name == "" || name == "." || !at.whole:
		case name == "..":
			at.path = filepath.Dir(at.path)
		default:
			at = l.child(filepath.Join(at.path, name))
		}
	}
	if at.whole {
		return at
	}
	return place{path: path}
}

// made finds a symlink that was followed now and not before, or leads elsewhere
// than it did, and stands where the program may make one. An error says which.
func (l *Links) made(before *Links, may func(path string) bool) error {
	for at, target := range l.followed {
		if before.followed[at] != target && may(at) {
			return fmt.Errorf("the rules name a path through the symlink %s, which the program may have made since they were loaded before: name the place that it leads to", at)
		}
	}
	return nil
}
