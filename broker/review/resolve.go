package review

import (
	"os"
	"path"
	"strings"
)

// maxLinks is how many symlinks a path may lead through: path_resolution(7).
const maxLinks = 40

// Link is a symlink that a path led through.
type Link struct {
	Path   string // canonical but for its last component
	Target string // what it points to, as written in it
}

// Resolution is how a path becomes the canonical one that rules are asked about.
type Resolution struct {
	Given   string
	Path    string // canonical
	Links   []Link // that were followed, in order
	Missing string // the first place on the way that is not there, or ""
	Loop    bool   // too many links: the kernel answers ELOOP
}

// Resolve resolves an absolute path as the kernel would on this host, now, by
// looking at each component. What is not there is kept as written. Below /proc
// no link is followed: /proc/self is the asking process there, and rules spell it
// so. follow says that a symlink at the very end is followed.
func Resolve(given string, follow bool) Resolution {
	r := Resolution{Given: given}
	at := "/"
	rest := strings.Split(given, "/")
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, name)
		target, link := r.look(next)
		if !link || !follow && last(rest) {
			at = next
			continue
		}
		if len(r.Links) == maxLinks {
			r.Loop, r.Path = true, path.Join(next, path.Join(rest...))
			return r
		}
		r.Links = append(r.Links, Link{next, target})
		if strings.HasPrefix(target, "/") {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	r.Path = at
	return r
}

// look reads one component.
func (r *Resolution) look(name string) (target string, link bool) {
	if name == "/proc" || strings.HasPrefix(name, "/proc/") || r.Missing != "" {
		return "", false
	}
	info, err := os.Lstat(name)
	switch {
	case err != nil:
		r.Missing = name
		return "", false
	case info.Mode()&os.ModeSymlink == 0:
		return "", false
	}
	target, err = os.Readlink(name)
	return target, err == nil
}

// last says that nothing is left but slashes and dots.
func last(rest []string) bool {
	for _, name := range rest {
		if name != "" && name != "." {
			return false
		}
	}
	return true
}

// Canonical is the path that Resolve gives.
func Canonical(given string, follow bool) string { return Resolve(given, follow).Path }
