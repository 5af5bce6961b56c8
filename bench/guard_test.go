package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// guarded are the cases of these tests: short ones, and different in kind.
const guarded = "open,stat,deny"

func guardedCases(t *testing.T) []callCase {
	t.Helper()
	cases, err := chooseCases(guarded)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func repositoryBudget(t *testing.T) *budget {
	t.Helper()
	b, err := readBudget("budget.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// testLab is a lab for a broker, the one of the source if it is "".
func testLab(t *testing.T, broker string) *lab {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLab("..", dir, broker)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// injection is the source of the broker with something added to the handling of
// every notification: what the go command's -overlay takes.
func injection(t *testing.T, declarations, statement string) string {
	t.Helper()
	const name = "../broker/syscalls/context.go"
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const handle = "\tc.begin(n)\n"
	if strings.Count(string(source), handle) != 1 {
		t.Fatalf("%s does not say %q once: where does handling a notification begin?", name, handle)
	}
	changed := strings.Replace(string(source), handle, handle+"\t"+statement+"\n", 1) + declarations
	original, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replacement, overlay := filepath.Join(dir, "context.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: replacement}})
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{replacement: []byte(changed), overlay: list} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}

// selfVariable makes this test binary a bench.
const selfVariable = "BENCH_ITSELF"

func TestMain(m *testing.M) {
	if os.Getenv(selfVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// What `make bench-guard` says of this tree: no call costs more than it may.
func TestBudget(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: a file system in memory, or the disk is what is measured")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "guard", "-broker", os.Getenv(brokerVariable))
	cmd.Dir, cmd.Env = "..", append(os.Environ(), selfVariable+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("bench guard: %v", err)
	}
}

// A broker that needs 20 µs longer for every call is over budget.
func TestGuardNoticesDelay(t *testing.T) {
	overlay := injection(t, "", "for began := time.Now(); time.Since(began) < 20*time.Microsecond; {\n\t}")
	slow := filepath.Join(t.TempDir(), "broker")
	if err := do("..", []string{"go", "build", "-overlay", overlay, "-o", slow, "./cmd/broker"}); err != nil {
		t.Fatal(err)
	}
	found, err := testLab(t, slow).guard(guardedCases(t), repositoryBudget(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range found {
		t.Logf("%s: %.2f, budget %.2f", b.name, b.ratio(), b.limit)
		if b.within() {
			t.Errorf("%s is within its budget", b.name)
		}
	}
}

// A broker that allocates once a call is over budget.
func TestGuardNoticesAllocation(t *testing.T) {
	overlay := injection(t, "\nvar injected *[64]byte\n", "injected = new([64]byte)")
	cases, err := chooseCases("open,stat")
	if err != nil {
		t.Fatal(err)
	}
	allocs, err := allocations("..", cases, overlay)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if n, allowed := allocs[c.name], repositoryBudget(t).of(c.name).Allocs; n <= allowed {
			t.Errorf("%s: %v allocations, and %v are allowed", c.name, n, allowed)
		}
	}
}

// The broker as it is stays within its budget while the machine is busy.
func TestGuardUnderLoad(t *testing.T) {
	for range 2 {
		busy := exec.Command("/bin/sh", "-c", "while :; do :; done")
		if err := busy.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = busy.Process.Kill()
			_ = busy.Wait()
		}()
	}
	found, err := testLab(t, os.Getenv(brokerVariable)).guard(guardedCases(t), repositoryBudget(t), guardPasses)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range found {
		t.Logf("%s: %.2f after %d rounds, budget %.2f", b.name, b.ratio(), b.rounds, b.limit)
		if !b.within() {
			t.Errorf("%s is over its budget", b.name)
		}
	}
}

// What is over its limit is said to be, and makes the guard fail.
func TestReport(t *testing.T) {
	free := 2.0
	b := &budget{Cases: []allowance{{Name: "open", Pinned: 1.5, Free: &free}, {Name: "stat", Pinned: 1.2}}}
	for _, tc := range []struct {
		name             string
		pinned, unpinned float64
		stat             float64
		allocs           float64
		over             int
	}{
		{"all within", 1.5, 2, 1.2, 0, 0},
		{"pinned", 1.51, 2, 1.2, 0, 1},
		{"not pinned", 1.5, 2.01, 1.2, 0, 1},
		{"two", 1.6, 2, 1.3, 0, 2},
		{"allocations, in both rows of the case", 1.5, 2, 1.2, 1, 2},
		{"nothing measured", math.NaN(), 2, 1.2, 0, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cases, err := chooseCases("open,stat")
			if err != nil {
				t.Fatal(err)
			}
			list := bounds(cases, b, []string{"taskset"}, true)
			for i, ratio := range []float64{tc.pinned, tc.unpinned, tc.stat} {
				list[i].best[brokered], list[i].best[list[i].base] = ratio*100, 100
			}
			var out strings.Builder
			over := report(&out, list, map[string]float64{"open": tc.allocs})
			if got := strings.Count(out.String(), "| over |"); got != tc.over || over != (tc.over > 0) {
				t.Errorf("%d rows are over, want %d; failed: %v\n%s", got, tc.over, over, &out)
			}
		})
	}
}

func TestReadBudget(t *testing.T) {
	whole, err := os.ReadFile("budget.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"a case that is none": {string(whole) + "case \"fly\" {\n pinned = 1\n allocs = 0\n}\n", `no case "fly"`},
		"twice":               {string(whole) + "case \"open\" {\n pinned = 1\n allocs = 0\n}\n", "open stands there twice"},
		"none":                {"", "what may open cost?"},
		"no ratio":            {strings.Replace(string(whole), "\n  pinned ", "\n  # pinned ", 1), `"pinned" is required`},
		"a ratio of zero":     {"case \"open\" {\n pinned = 0\n allocs = 0\n}\n", "must be above 0"},
		"not HCL":             {"case {", "budget.hcl:1"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "budget.hcl")
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readBudget(file); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// Lines of go test, with and without the number of processors in the name.
func TestParseAllocations(t *testing.T) {
	const out = `goos: linux
BenchmarkCall/open-symlink-2         	    5000	     20000 ns/op	       0 B/op	       3 allocs/op
BenchmarkCall/open          	    5000	     20000 ns/op	     120 B/op	       7 allocs/op
BenchmarkOther/deny-2          	    5000	     20000 ns/op	     120 B/op	       9 allocs/op
BenchmarkCall/deny-2          	    5000	     20000 ns/op
PASS`
	got := parseAllocations([]byte(out))
	if len(got) != 2 || got["open-symlink"] != 3 || got["open"] != 7 {
		t.Errorf("%v", got)
	}
}
