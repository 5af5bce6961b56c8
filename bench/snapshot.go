package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// snapshot describes the world that a run has left: by name the kind, mode,
// owner, links, size, content or target, extended attributes, and the time of
// change where that was set to one before began. Of what matches vague only the
// kind, mode and owner count; what matches skip is left out.
func snapshot(root string, began time.Time, skip, vague *regexp.Regexp) (map[string]string, error) {
	tree := map[string]string{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		name, _ := strings.CutPrefix(path, root+"/")
		if err != nil || path == root || skip.MatchString(name) {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		tree[name] = fmt.Sprintf("%07o %d:%d", st.Mode, st.Uid, st.Gid)
		if vague.MatchString(name) {
			return nil
		}
		text, err := details(path, &st)
		if changed := time.Unix(st.Mtim.Unix()); changed.Before(began) {
			text += " of " + changed.UTC().Format(time.RFC3339Nano)
		}
		tree[name] += text
		return err
	})
	return tree, err
}

// details are what a name and a mode do not tell. The size and the links of a
// directory are left out: they depend on its past.
func details(path string, st *unix.Stat_t) (string, error) {
	text := attributes(path)
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		content, err := os.ReadFile(path)
		return fmt.Sprintf("%s links %d %d bytes %x", text, st.Nlink, len(content), sha256.Sum256(content)), err
	case syscall.S_IFLNK:
		to, err := os.Readlink(path)
		return text + " to " + to, err
	}
	return text, nil
}

// attributes are the extended ones, ACLs among them.
func attributes(path string) string {
	names, value := make([]byte, 4096), make([]byte, 4096)
	n, err := unix.Llistxattr(path, names)
	if err != nil || n == 0 {
		return ""
	}
	text := ""
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		if n, err := unix.Lgetxattr(path, name, value); err == nil {
			text += fmt.Sprintf(" %s=%x", name, value[:n])
		}
	}
	return text
}

// most is how many differences of one kind are shown.
const most = 10

// difference says where two trees differ; "" is nowhere.
func difference(native, other map[string]string) string {
	var lines []string
	names := maps.Clone(native)
	maps.Copy(names, other)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if native[name] != other[name] {
			lines = append(lines, fmt.Sprintf("  %s\n    natively: %s\n    here:     %s\n", name, native[name], other[name]))
		}
	}
	if n := len(lines); n > most {
		lines = append(lines[:most], fmt.Sprintf("  and %d more\n", n-most))
	}
	return strings.Join(lines, "")
}
