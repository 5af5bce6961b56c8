package kerneltest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Tree makes what the entries say below dir, in their order:
//
//	name/           a directory
//	name            a file whose content is its name
//	name -> text    a symlink
//	name|           a FIFO
//
// $ in the text of a symlink stands for dir.
func Tree(t testing.TB, dir string, entries ...string) {
	t.Helper()
	for _, entry := range entries {
		if err := plant(dir, entry); err != nil {
			t.Fatalf("tree entry %q: %v", entry, err)
		}
	}
}

func plant(dir, entry string) error {
	at := func(name string) string { return dir + "/" + name }
	if name, text, ok := strings.Cut(entry, " -> "); ok {
		return os.Symlink(strings.ReplaceAll(text, "$", dir), at(name))
	}
	switch entry[len(entry)-1] {
	case '/':
		return os.MkdirAll(at(strings.TrimSuffix(entry, "/")), 0o755)
	case '|':
		return unix.Mkfifo(at(strings.TrimSuffix(entry, "|")), 0o644)
	}
	if err := os.MkdirAll(filepath.Dir(at(entry)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(at(entry), []byte(entry), 0o644)
}
