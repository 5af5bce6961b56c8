package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testClasses = All

// testOptions are those of an engine that mediates everything but stat,
// connect and bind, for user u in /proj.
func testOptions(files ...string) Options {
	return Options{
		Files:   files,
		Vars:    Vars{Home: "/home/u", Cwd: "/proj", Project: "/proj", Tmp: "/tmp", User: "u", UID: 1000},
		Classes: testClasses,
		KnownCall: func(name string) bool {
			return name == "@default" || name == "@debug" || name == "personality" || name == "kexec_load"
		},
		CallNames: func() []string { return []string{"@default", "@debug", "personality", "kexec_load"} },
	}
}

// writeFiles writes name, text pairs into a new folder and gives its path.
func writeFiles(t testing.TB, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		name := filepath.Join(dir, pairs[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(pairs[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// loadText loads one file with the given text.
func loadText(t testing.TB, text string, change ...func(*Options)) (*Policy, *Diagnostics) {
	t.Helper()
	o := testOptions(filepath.Join(writeFiles(t, "app.hcl", text), "app.hcl"))
	for _, f := range change {
		f(&o)
	}
	return Load(o)
}

func mustLoad(t testing.TB, text string, change ...func(*Options)) *Policy {
	t.Helper()
	p, d := loadText(t, text, change...)
	if d.HasErrors() {
		t.Fatalf("load: %v", d)
	}
	return p
}

func render(t testing.TB, d *Diagnostics) string {
	t.Helper()
	var b strings.Builder
	if err := d.Write(&b, 0, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
