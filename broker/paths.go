package broker

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Canonical resolves the symlinks in a path as far as it exists and leaves
// the rest as it is. Rules use it so that a pattern means what it says on a
// system where /lib is a symlink.
func Canonical(path string) string {
	rest := ""
	for at := path; ; {
		if resolved, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(resolved, rest)
		}
		if at == "/" || at == "." {
			return path
		}
		rest = filepath.Join(filepath.Base(at), rest)
		at = filepath.Dir(at)
	}
}

// Resolver is [Canonical] for many paths: it looks at each directory once, and
// therefore sees each as it was then. Not safe for concurrent use.
type Resolver struct {
	dirs map[string]place
}

// place is what a path has become.
type place struct {
	path  string
	whole bool // all of it exists
}

// NewResolver returns a Resolver that has seen nothing.
func NewResolver() *Resolver { return &Resolver{dirs: map[string]place{"/": {"/", true}}} }

// Canonical resolves an absolute path without "." and ".." as the function of
// that name does.
func (r *Resolver) Canonical(path string) string {
	if !filepath.IsAbs(path) || path == "/" {
		return Canonical(path)
	}
	if p, ok := r.dirs[path]; ok {
		return p.path
	}
	dir, name := filepath.Split(path)
	return child(r.dir(filepath.Clean(dir)), name).path
}

func (r *Resolver) dir(path string) place {
	if p, ok := r.dirs[path]; ok {
		return p
	}
	dir, name := filepath.Split(path)
	p := child(r.dir(filepath.Clean(dir)), name)
	if len(r.dirs) >= maxResolved {
		clear(r.dirs)
		r.dirs["/"] = place{"/", true}
	}
	r.dirs[path] = p
	return p
}

// maxResolved bounds what a Resolver remembers. Paths that belong together stand
// together in rules.
const maxResolved = 1024

// child is the place of a name in a directory.
func child(dir place, name string) place {
	at := place{path: filepath.Join(dir.path, name)}
	if !dir.whole {
		return at
	}
	var st unix.Stat_t
	if err := unix.Lstat(at.path, &st); err != nil {
		return at
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		at.whole = true
		return at
	}
	if to, err := filepath.EvalSymlinks(at.path); err == nil {
		return place{to, true}
	}
	return at
}

// Vars are the rule language's built-in variables for this process: where it
// is and who runs it, or who it is going to be where that is not nil. In a
// working directory that has been removed, cwd and project have no value:
// programs run there, and rules that need one do not load.
func Vars(as *Account) rules.Vars {
	v := rules.Vars{UID: os.Getuid(), Tmp: Canonical(os.TempDir())}
	if cwd, err := os.Getwd(); err == nil {
		v.Cwd = Canonical(cwd)
		v.Project = project(v.Cwd)
	}
	if as != nil {
		v.UID, v.User = int(as.UID), as.Name
	} else if u, err := user.Current(); err == nil {
		v.User, v.Home = u.Username, u.HomeDir
	}
	if home := os.Getenv("HOME"); strings.HasPrefix(home, "/") {
		v.Home = filepath.Clean(home)
	}
	if as != nil {
		v.Home = filepath.Clean(as.Home)
	}
	if v.Home == "" {
		v.Home = noHome
	}
	return v
}

// project is the nearest directory above cwd that holds a .git, else cwd.
func project(cwd string) string {
	for dir := cwd; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == "/" {
			return cwd
		}
	}
}
