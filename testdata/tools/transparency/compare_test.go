package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// compared is a comparison of one round with a finding of each kind.
func compared(t *testing.T) *comparison {
	t.Helper()
	known, err := list(t, "difference \"go/os\" {\ntests = [\"Known\"]\nreason = \"the kernel | decides\"\n}")
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{task: task{suite{name: "go/os"}, account{name: "root"}}}
	c.native = []outcomes{
		{"Same": passed, "Known": passed, "New": passed, "Flaky": passed, "Unsteady": passed},
		{"Same": passed, "Known": passed, "New": passed, "Flaky": failed, "Unsteady": passed},
	}
	c.broker = []outcomes{
		{"Same": passed, "Known": failed, "New": skipped, "Flaky": passed, "Unsteady": passed},
		{"Same": passed, "Known": failed, "New": skipped, "Flaky": passed, "Unsteady": failed},
	}
	if c.judge(known) {
		t.Error("judge says that nothing is open, with a new difference")
	}
	return c
}

func TestEvents(t *testing.T) {
	var out strings.Builder
	(&events{out: &out, on: true}).comparison(compared(t))
	want := `{"Action":"output","Package":"transparency/root/go/os","Test":"Flaky","Output":"no steady outcome natively: Flaky: natively pass, fail, under the broker pass\n"}
{"Action":"skip","Package":"transparency/root/go/os","Test":"Flaky"}
{"Action":"output","Package":"transparency/root/go/os","Test":"Known","Output":"known difference: the kernel | decides\n"}
{"Action":"skip","Package":"transparency/root/go/os","Test":"Known"}
{"Action":"output","Package":"transparency/root/go/os","Test":"New","Output":"New: natively pass, under the broker skip\n"}
{"Action":"fail","Package":"transparency/root/go/os","Test":"New"}
{"Action":"pass","Package":"transparency/root/go/os","Test":"Same"}
{"Action":"output","Package":"transparency/root/go/os","Test":"Unsteady","Output":"no steady outcome under the broker: Unsteady: natively pass, under the broker pass, fail\n"}
{"Action":"skip","Package":"transparency/root/go/os","Test":"Unsteady"}
{"Action":"fail","Package":"transparency/root/go/os"}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestJudgeKnown(t *testing.T) {
	c := compared(t)
	for _, runs := range [][]outcomes{c.native, c.broker} {
		for _, r := range runs {
			delete(r, "New")
			delete(r, "Flaky")
			delete(r, "Unsteady")
		}
	}
	known, err := list(t, "difference \"go/os\" {\ntests = [\"Known\"]\nreason = \"x\"\n}")
	if err != nil {
		t.Fatal(err)
	}
	if !c.judge(known) {
		t.Errorf("judge wants more runs though all is known: %s", c)
	}
}

func TestMarkdown(t *testing.T) {
	text := markdown([]*comparison{compared(t)})
	for _, want := range []string{
		"| go/os | root | 5 | 5 | 3 | 2 | 2 |",
		"the kernel | decides:\n\n- `go/os` as root, `Known`: natively pass, under the broker fail\n",
		"Not explained:\n\n- `go/os` as root, `New`: natively pass, under the broker skip\n",
		"| **all** | | 5 | 5 | 3 | 2 | 2 |",
		"- `go/os` as root, `Flaky`: natively pass, fail, under the broker pass\n",
		"- `go/os` as root, `Unsteady`: natively pass, under the broker pass, fail\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

// TestExecuteEnds starts what will not end by itself, in sessions of its own
// too, and sees that nothing of it is left.
func TestExecuteEnds(t *testing.T) {
	f := folder{path: t.TempDir()}
	for _, name := range []string{"home", "tmp"} {
		if err := os.Mkdir(f.join(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script := `echo $$ >pids; setsid sh -c 'echo $$ >>pids; echo ready; exec sleep 1000'`
	c := command{dir: f.join("tmp"), argv: []string{"/bin/sh", "-c", script}}
	log, clean, err := execute(t.Context(), c, f, time.Second)
	if err != nil || clean {
		t.Errorf("execute: clean %v, %v, want a run that was ended", clean, err)
	}
	if string(log) != "ready\n" {
		t.Errorf("output %q, want ready", log)
	}
	pids, err := os.ReadFile(f.join("tmp/pids"))
	if err != nil {
		t.Fatal(err)
	}
	for pid := range strings.FieldsSeq(string(pids)) {
		line, err := os.ReadFile("/proc/" + pid + "/cmdline")
		if err == nil && len(line) > 0 {
			t.Errorf("process %s is still there: %q", pid, line)
		}
	}
}

// TestExecuteLeadsNothing: a suite must not be the leader of its session.
func TestExecuteLeadsNothing(t *testing.T) {
	f := folder{path: t.TempDir()}
	c := command{dir: f.path, argv: []string{"/bin/sh", "-c", `read -r _ _ _ _ _ session _ </proc/self/stat; test $$ != $session && echo follows`}}
	log, clean, err := execute(t.Context(), c, f, limit)
	if err != nil || !clean || string(log) != "follows\n" {
		t.Errorf("execute: clean %v, %v, output %q, want follows", clean, err, log)
	}
	c.argv = []string{"/bin/sh", "-c", "kill -9 $$"}
	if _, clean, err = execute(t.Context(), c, f, limit); clean || err != nil {
		t.Errorf("execute of what dies of signal %d: clean %v, %v", syscall.SIGKILL, clean, err)
	}
}

// TestRemoveMounts: what a test has mounted must not keep its folder, nor be
// emptied with it.
func TestRemoveMounts(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: it mounts")
	}
	outside := t.TempDir()
	kept := filepath.Join(outside, "kept")
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.MkdirAll(filepath.Join(dir, "tmp", "mnt"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(outside, filepath.Join(dir, "tmp", "mnt"), "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := remove(dir); err != nil {
		t.Errorf("remove: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is still there", dir)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("outside: %v", err)
	}
}
