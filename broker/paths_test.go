package broker

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Resolver answers as Canonical does, whatever links there are and however
// often it forgets.
func TestResolver(t *testing.T) {
	dir := Canonical(t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "d", "e"}
	some := func() string {
		parts := make([]string, 1+r.IntN(4))
		for i := range parts {
			parts[i] = names[r.IntN(len(names))]
		}
		return strings.Join(parts, "/")
	}
	for range 200 {
		path := filepath.Join(dir, some())
		switch r.IntN(4) {
		case 0:
			_ = os.MkdirAll(path, 0o755)
		case 1:
			_ = os.WriteFile(path, nil, 0o644)
		case 2: // links to what is there, to nothing, and in circles
			_ = os.Symlink(filepath.Join(dir, some()), path)
		case 3:
			_ = os.Symlink(strings.Repeat("../", r.IntN(3))+some(), path)
		}
	}
	links := 0
	resolver := NewResolver()
	for i := range 5000 {
		path := filepath.Join(dir, some())
		if i%50 == 0 {
			resolver.dir(fmt.Sprintf("/nowhere/%d", i))
		}
		if i%1000 == 999 {
			for n := range maxResolved {
				resolver.dir(fmt.Sprintf("/nowhere/%d", n))
			}
		}
		want := Canonical(path)
		if got := resolver.Canonical(path); got != want {
			t.Fatalf("%s: %s, Canonical says %s", path, got, want)
		}
		if want != path {
			links++
		}
	}
	if links < 100 || links > 4900 {
		t.Errorf("%d of 5000 paths lead through links: this tests little", links)
	}
	if n := len(resolver.dirs); n > maxResolved {
		t.Errorf("%d directories are remembered", n)
	}
	for _, path := range []string{"/", "relative", "."} {
		if got, want := resolver.Canonical(path), Canonical(path); got != want {
			t.Errorf("%s: %s, Canonical says %s", path, got, want)
		}
	}
}
