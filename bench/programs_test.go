package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// brokerVariable names a broker that is built already: a run as a user who has
// neither the modules nor a build cache needs one.
const brokerVariable = "BROKER_TEST_BINARY"

// memoryDir is a directory on a tmpfs that holds extended attributes, which
// it does since Linux 6.6, or "" if there is none: shm_overview(7).
func memoryDir() string {
	const shm = "/dev/shm"
	probe, err := os.CreateTemp(shm, "broker-bench-")
	if err != nil {
		return ""
	}
	defer func() {
		_ = probe.Close()
		_ = os.Remove(probe.Name())
	}()
	if unix.Fsetxattr(int(probe.Fd()), "user.probe", nil, 0) != nil {
		return ""
	}
	return shm
}

func testStage(t *testing.T) (*stage, string) {
	t.Helper()
	base, err := os.MkdirTemp(memoryDir(), "broker-bench-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	s, err := newStage("..", base)
	if err != nil {
		t.Fatal(err)
	}
	if broker := os.Getenv(brokerVariable); broker != "" {
		return s, broker
	}
	broker, err := buildBroker("..", base)
	if err != nil {
		t.Fatal(err)
	}
	return s, broker
}

// TestShowcases runs the showcases natively, under the least that they need and
// under a policy that allows everything. Nothing that they print or leave
// behind may differ.
func TestShowcases(t *testing.T) {
	s, broker := testStage(t)
	all, _ := ways(s, broker)
	p := programsRun{stage: s, ways: all[:3]}
	for _, c := range showcases {
		if c.long {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if err := p.prepare(c); err != nil {
				t.Fatal(err)
			}
			r := row{showcase: c, failed: make([]string, len(p.ways))}
			if err := p.compare(&r); err != nil {
				t.Error(err)
			}
			if os.Geteuid() == 0 && r.peak < 1000 {
				t.Errorf("the broker's memory was measured as %d KiB", r.peak)
			}
		})
	}
}

// A difference in anything that is compared is found.
func TestComparisonBites(t *testing.T) {
	s, _ := testStage(t)
	script := `mkdir d; echo a >d/f; ln -s f d/l; chmod 640 d/f; touch -h -d 2001-01-01 d/f d/l; setfattr -n user.a -v 1 d/f; `
	runs := []string{
		"echo out", "echo other", "echo out; echo err >&2", "echo out; exit 3", "kill -9 $$",
		"echo out; echo b >d/f; touch -d 2001-01-01 d/f", "echo out; chmod 600 d/f", "echo out; rm d/f", "echo out; ln -sf g d/l; touch -h -d 2001-01-01 d/l",
		"echo out; touch -d 2001-01-02 d/f", "echo out; setfattr -n user.a -v 2 d/f", "echo out; ln d/f d/g", "echo out; rm d/l; mkfifo d/l",
	}
	var outcomes []outcome
	var trees []map[string]string
	for _, end := range runs {
		if err := os.RemoveAll(s.root); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(s.dir("work"), 0o755); err != nil {
			t.Fatal(err)
		}
		began := time.Now().Add(-time.Hour)
		o, err := s.start(t.Context(), []string{"/bin/sh", "-c", script + end}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := snapshot(s.root, began, optional(""), optional(""))
		if err != nil {
			t.Fatal(err)
		}
		outcomes, trees = append(outcomes, o), append(trees, tree)
	}
	for i, end := range runs {
		differs := outcomes[0].difference(outcomes[i]) + difference(trees[0], trees[i])
		if (differs == "") != (i == 0) {
			t.Errorf("%q against %q: %q", runs[0], end, differs)
		}
	}
}

// Every folder of testdata/showcases is in the table, and the other way round.
func TestShowcaseFolders(t *testing.T) {
	files, err := filepath.Glob("../testdata/showcases/*/run.sh")
	if err != nil {
		t.Fatal(err)
	}
	var folders, listed []string
	for _, file := range files {
		folders = append(folders, filepath.Base(filepath.Dir(file)))
	}
	for _, c := range showcases {
		listed = append(listed, c.name)
	}
	slices.Sort(listed)
	if !slices.Equal(folders, listed) {
		t.Errorf("folders %v, listed %v", folders, listed)
	}
}

func TestSpread(t *testing.T) {
	if got, want := spread([]float64{3, 1, 2}), "2.00 (1.00 to 3.00)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUnknownShowcase(t *testing.T) {
	if _, _, err := choose("tar,nothing"); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("an unknown name: %v", err)
	}
}
