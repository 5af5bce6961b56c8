package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// snapshot describes the tree of a workspace: names, kinds, modes, owners,
// links, sizes, contents, extended attributes. Of files that match vague only
// the first three count: their content holds times or inode numbers. What
// matches skip is left out.
func (w *workspace) snapshot(t *testing.T, skip, vague *regexp.Regexp) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(w.root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, w.root+"/")
		if path == w.root {
			return nil
		}
		if skip != nil && skip.MatchString(name) {
			return nil
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		tree[name] = fmt.Sprintf("%s %o %d:%d", fileKind(st.Mode), st.Mode&0o7777, st.Uid, st.Gid)
		if vague == nil || !vague.MatchString(name) {
			tree[name] += details(t, path, &st)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func fileKind(mode uint32) string {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return "file"
	case syscall.S_IFDIR:
		return "directory"
	case syscall.S_IFLNK:
		return "symlink"
	case syscall.S_IFIFO:
		return "fifo"
	case syscall.S_IFSOCK:
		return "socket"
	}
	return "device"
}

// details are what a name and a mode do not tell. The size and the links of a
// directory are left out: they depend on its past.
func details(t *testing.T, path string, st *syscall.Stat_t) string {
	t.Helper()
	text := attributes(path)
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s links %d %d bytes %x %.60q", text, st.Nlink, len(content), sha256.Sum256(content), content)
	case syscall.S_IFLNK:
		to, err := os.Readlink(path)
		if err != nil {
			t.Fatal(err)
		}
		return text + " to " + to
	}
	return text
}

// attributes are the extended ones, ACLs among them.
func attributes(path string) string {
	names := make([]byte, 4096)
	n, err := unix.Llistxattr(path, names)
	if err != nil || n == 0 {
		return ""
	}
	text := ""
	for _, name := range strings.Split(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		value := make([]byte, 4096)
		n, err := unix.Lgetxattr(path, name, value)
		if err == nil {
			text += fmt.Sprintf(" %s=%x", name, value[:n])
		}
	}
	return text
}
