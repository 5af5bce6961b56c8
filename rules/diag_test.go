package rules

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func goldenFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/diag/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal("no inputs: ", err)
	}
	return files
}

func goldenInputs(t testing.TB) []string {
	var texts []string
	for _, name := range goldenFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// TestDiagnostics renders what is wrong with each testdata/diag/*.hcl. Cut into
// small chunks the same is said of every file.
func TestDiagnostics(t *testing.T) {
	for _, size := range []int{chunkSize, 16} {
		old := chunkSize
		chunkSize = size
		for _, name := range goldenFiles(t) {
			o := testOptions(filepath.ToSlash(name))
			o.Env = func(name string) (string, bool) { return "/env/" + name, name == "SET" }
			o.Vars.Project = ""
			_, d := Load(o)
			got := render(t, d)
			golden := strings.TrimSuffix(name, ".hcl") + ".golden"
			if *update && size == old {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s, in chunks of %d (-want +got):\n%s", name, size, diff)
			}
		}
		chunkSize = old
	}
}
