package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
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

func BenchmarkLoad100000(b *testing.B) {
	dir := writeFiles(b, "app.hcl", manyRules(100000))
	o := testOptions(filepath.Join(dir, "app.hcl"))
	for b.Loop() {
		if _, d := Load(o); d.HasErrors() {
			b.Fatal(d)
		}
	}
}

// TestLoadLarge shows what a very large policy costs, on request.
func TestLoadLarge(t *testing.T) {
	if os.Getenv("RULES_LARGE") == "" {
		t.Skip("set RULES_LARGE=1 to measure")
	}
	text := manyRules(100000)
	o := testOptions(filepath.Join(writeFiles(t, "app.hcl", text), "app.hcl"))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	p, d := Load(o)
	took := time.Since(start)
	if d.HasErrors() {
		t.Fatal(d)
	}
	runtime.ReadMemStats(&after)
	sys := after.Sys
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d MiB of rules: %v, %d MiB from the system, %d MiB kept", len(text)>>20, took, sys>>20, (after.HeapAlloc-before.HeapAlloc)>>20)
	runtime.KeepAlive(p)
}
