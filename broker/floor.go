package broker

import (
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seccomp-broker/rules"
)

// loaders are the dynamic loaders of x86-64 systems: the kernel executes them
// in place of every program that is linked dynamically.
var loaders = []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"}

// execFloor returns the places below which the rules let anything be executed,
// for Landlock: whatever a race makes of an approved path, nothing elsewhere
// runs. nil means that there is no such floor, because the rules may allow
// every place or refuse nothing. command is the executable to be started.
func execFloor(p *rules.Policy, command string) []string {
	if p.Mode() == rules.Monitor || p.Default() == rules.Allow {
		return nil
	}
	removable := p.Reach(rules.Remove)
	var places []string
	for _, prefix := range p.Reach(rules.Exec) {
		path := prefix.Path
		if prefix.Whole && standingLink(path, removable) {
			continue
		}
		if prefix.Whole {
			// The file itself may be replaced: Landlock knows inodes.
			path = filepath.Dir(path)
		}
		path = steady(path, removable)
		if path == "/" {
			return nil
		}
		places = append(places, path)
	}
	places = append(places, loaders...)
	if own := loaderOf(command); own != "" {
		places = append(places, own)
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// steady climbs from a place to one that exists and that the rules do not let
// the target replace by another, which Landlock would not know.
func steady(path string, removable []rules.Prefix) string {
	for path != "/" {
		parent := filepath.Dir(path)
		_, err := os.Lstat(path)
		if err == nil && (parent == "/" || !replaceable(path, removable)) {
			return path
		}
		path = parent
	}
	return path
}

// standingLink reports whether the path is a symlink that stays one: `/bin/**`
// is also about `/bin` itself, but what is executed is what a link leads to.
func standingLink(path string, removable []rules.Prefix) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&os.ModeSymlink != 0 && !replaceable(path, removable)
}

// replaceable reports whether the rules may let the target put something else in
// the place.
func replaceable(path string, removable []rules.Prefix) bool {
	return slices.ContainsFunc(removable, func(r rules.Prefix) bool { return below(path, r.Path) })
}

func below(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir+"/")
}

// loaderOf reads which loader an executable asks for; "" when it is no ELF
// file or needs none. A hostile file can only ask for a wider floor.
func loaderOf(path string) string {
	f, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	for _, segment := range f.Progs {
		if segment.Type != elf.PT_INTERP || segment.Filesz == 0 || segment.Filesz > 4096 {
			continue
		}
		name := make([]byte, segment.Filesz)
		if _, err := segment.ReadAt(name, 0); err != nil {
			return ""
		}
		return strings.TrimRight(string(name), "\x00")
	}
	return ""
}
