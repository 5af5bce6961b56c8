package filter

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The golden files show what a plan comes to, a line for each call, so that a
// change to the table shows in a review as a change of answers.
func TestGolden(t *testing.T) {
	for _, name := range []string{"default", "files", "network", "explicit"} {
		t.Run(name, func(t *testing.T) {
			plan, err := specs[name].resolve()
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for i, s := range table {
				d := plan.decide(i)
				fmt.Fprintf(&b, "%3d %-24s %s\n", s.Number, s.Name, d.otherwise)
				for _, br := range d.branches {
					fmt.Fprintf(&b, "%30s%s: %s\n", "", checkText(br.when), br.action)
				}
			}
			compareGolden(t, filepath.Join("testdata", name+".golden"), b.String())
		})
	}
}

func checkText(checks []check) string {
	var parts []string
	for _, c := range checks {
		text := fmt.Sprintf("arg%d&%#x == %#x", c.arg, c.mask, c.value)
		if c.any {
			text = fmt.Sprintf("arg%d&%#x != 0", c.arg, c.mask)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	old, now := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range min(len(old), len(now)) {
		if old[i] != now[i] {
			t.Fatalf("%s:%d: now %q, was %q; if that is meant, run go test -update", path, i+1, now[i], old[i])
		}
	}
	t.Fatalf("%s: now %d lines, was %d; if that is meant, run go test -update", path, len(now), len(old))
}
