package broker

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"seccomp-broker/rules"
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
