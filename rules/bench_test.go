package rules

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// manyRules is a policy of n rules of all kinds, as different from one another
// as real ones are, plus what every policy has.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString("allow \"usr\" {\n  access = [\"read\", \"exec\"]\n  path   = [\"/usr/**\"]\n}\n")
	b.WriteString("deny \"pem\" {\n  access = [\"read\"]\n  path   = [\"/**/*.pem\"]\n  except = [\"/usr/share/**\"]\n}\n")
	for i := 0; i < n-2; i++ {
		kind := [...]string{"allow", "deny", "allow"}[i%3]
		path := [...]string{
			"/srv/app%d/data/**", "/home/u/project%d/secret", "${home}/p%d/*.txt", "/**/cache%d/**", "/usr/share/x%d*",
		}[i%5]
		if i%5 == 3 && i > 50 { // patterns that begin alike, rather than one more `**` each
			path = "/opt/x/**/cache%d/**"
		}
		fmt.Fprintf(&b, "%s \"r%d\" {\n  access = [\"read\", \"write\"]\n  path   = [\"%s\"]\n}\n", kind, i, fmt.Sprintf(path, i))
	}
	return b.String()
}

func deepPath(depth int) []byte {
	return []byte("/usr" + strings.Repeat("/component", depth-2) + "/file.txt")
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 1000, 100000} {
		p := mustLoad(b, manyRules(n))
		for _, depth := range []int{2, 6, 20, 40} {
			q := &Query{Access: Read, Path: deepPath(depth)}
			b.Run(fmt.Sprintf("rules=%d/depth=%d", n, depth), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if p.Decide(q).Verdict != Allow {
						b.Fatal("not allowed")
					}
				}
			})
		}
	}
}

func BenchmarkProgram(b *testing.B) {
	p := mustLoad(b, `program "/usr/bin/git" { 
 allow "a" { 
 access = ["read"]
 path = ["/x"]
 } 
 }`)
	exe := []byte("/usr/bin/git")
	b.ReportAllocs()
	for b.Loop() {
		p.Program(exe)
	}
}

// BenchmarkLoad also gives what a policy takes at most while it loads, and what
// is kept of it, as if there were no symlinks.
func BenchmarkLoad(b *testing.B) {
	var one strings.Builder
	one.WriteString("allow \"all\" {\n  access = [\"read\"]\n  path = [\n")
	for i := range 10000 {
		fmt.Fprintf(&one, "    \"/srv/app%d/data/part%d/**\",\n", i%100, i)
	}
	one.WriteString("  ]\n}\n")
	dir := writeFiles(b, "10000.hcl", manyRules(10000), "100000.hcl", manyRules(100000), "one.hcl", one.String())
	for _, c := range []struct{ name, file string }{
		{"workdir", "builtin:workdir"},
		{"rules=10000", filepath.Join(dir, "10000.hcl")},
		{"rules=100000", filepath.Join(dir, "100000.hcl")},
		{"paths=10000", filepath.Join(dir, "one.hcl")},
	} {
		b.Run(c.name, func(b *testing.B) {
			o := testOptions(c.file)
			o.Canonical = filepath.Clean
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var p *Policy
			b.ReportAllocs()
			for b.Loop() {
				var d *Diagnostics
				if p, d = Load(o); d.HasErrors() {
					b.Fatal(d)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.Sys>>20), "MiB-system")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
			runtime.KeepAlive(p)
		})
	}
}

// TestRulesDoNotAddStates: what a decision walks depends on how patterns meet,
// not on how many there are.
func TestRulesDoNotAddStates(t *testing.T) {
	count := func(rules int, path []byte) int {
		var w walker
		m := mustLoad(t, manyRules(rules)).global
		if !m.walk(path, &w) {
			t.Fatalf("%s is not walked", path)
		}
		return len(w.all())
	}
	for _, depth := range []int{2, 6, 40} {
		if few, many := count(100, deepPath(depth)), count(5000, deepPath(depth)); few != many {
			t.Errorf("depth %d: %d states among 100 rules, %d among 5000", depth, few, many)
		}
	}
}
