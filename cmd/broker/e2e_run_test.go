package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const (
	victims  = "../../testdata/victims"
	policies = "../../testdata/policies"

	// e2eLimit only ends a program that hangs: nothing is concluded from time.
	e2eLimit = 5 * time.Minute
)

// workspace is where a program runs: a working directory, a home and a
// directory for temporary files. Every run gets a new one under the same
// name, so that the outputs of two runs can be compared.
type workspace struct {
	base, root, work, home, tmp string
	log                         string // the broker's, outside of what is compared
	who                         identity
	env                         []string
}

// newWorkspace returns a workspace for runs as who; reset makes it.
func newWorkspace(t testing.TB, who identity) *workspace {
	t.Helper()
	base, err := worldReadableTemp("broker-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeTree(base) })
	root := filepath.Join(base, "run")
	w := &workspace{
		base: base, root: root, log: filepath.Join(base, "log", "audit.jsonl"), who: who,
		work: filepath.Join(root, "work"), home: filepath.Join(root, "home"), tmp: filepath.Join(root, "tmp"),
	}
	w.env = []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + w.home, "TMPDIR=" + w.tmp,
		"LC_ALL=C.UTF-8", "TZ=UTC", "USER=" + who.name,
	}
	if err := os.Mkdir(filepath.Dir(w.log), 0o755); err != nil {
		t.Fatal(err)
	}
	w.own(t, filepath.Dir(w.log))
	return w
}

// removeTree removes what a target left, directories without permissions
// included.
func removeTree(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

// reset makes a new workspace whose working directory holds a copy of source,
// if there is one.
func (w *workspace) reset(t testing.TB, source string) {
	t.Helper()
	removeTree(w.root)
	for _, dir := range []string{w.root, w.work, w.home, w.tmp} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if source != "" {
		if err := os.CopyFS(w.work, os.DirFS(source)); err != nil {
			t.Fatal(err)
		}
	}
	w.own(t, w.root)
}

// own gives a tree to the user whom the targets run as.
func (w *workspace) own(t testing.TB, dir string) {
	t.Helper()
	if !w.who.switched {
		return
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, w.who.uid, w.who.gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// outcome is everything of a run that another run can be compared with.
type outcome struct {
	Stdout, Stderr string
	Status         int // as a shell has it: 128+n for a signal
	Tree           map[string]string
}

// command prepares a run of args in the workspace.
func (w *workspace) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = w.work, w.env
	// A group of its own: when the limit is reached the orphans go too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = e2eLimit
	if w.who.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(w.who.uid), Gid: uint32(w.who.gid)}
	}
	return cmd
}

// talkTo starts a command: what is written to in it reads, and what it writes
// comes out of lines.
func talkTo(t testing.TB, cmd *exec.Cmd) (in io.WriteCloser, lines *bufio.Reader) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return in, bufio.NewReader(out)
}

// run runs args to their end.
func (w *workspace) run(t testing.TB, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), e2eLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := w.command(ctx, args)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", args[0], err)
	}
	if ctx.Err() != nil {
		t.Fatalf("still running after %v:\n%s\nstderr:\n%s", e2eLimit, tail(stdout.String()), tail(stderr.String()))
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return outcome{Stdout: stdout.String(), Stderr: stderr.String(), Status: targetStatus(unix.WaitStatus(status))}
}

// underBroker puts the broker before args. Its words go to the log, so that
// the standard error of a run is the program's alone.
func (w *workspace) underBroker(t testing.TB, policy string, args ...string) []string {
	t.Helper()
	_ = os.Remove(w.log)
	line := []string{brokerBinary(t), "--rules", policy, "--quiet", "--log", w.log, "--log-format", "json", "--"}
	return append(line, args...)
}

// policyFile copies an example policy, and what it may extend, to where every
// user can read it.
func policyFile(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(builtDir(t), "policies")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(policies, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, name+".hcl")
}

// auditEvent is what the tests read of the broker's log.
type auditEvent struct {
	Syscall, Access, Path, Raw, Path2, Comm, Flags, Address string
	Action, Errno, Reason                                   string
	Rule                                                    *struct{ Name string }
	PID                                                     int
	OnPath2                                                 bool `json:"on_path2"`
}

func (e auditEvent) String() string {
	return fmt.Sprintf("%s %s %s %s %s (%s by %s) %s %s", e.Action, e.Access, e.Path+e.Address, e.Path2, e.Raw, e.Syscall, e.Comm, e.Errno, e.Reason)
}

// audit reads the broker's log.
func (w *workspace) audit(t testing.TB) []auditEvent {
	t.Helper()
	f, err := os.Open(w.log)
	if err != nil {
		t.Fatalf("no audit log: %v", err)
	}
	defer f.Close()
	var events []auditEvent
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e auditEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("audit line %q: %v", lines.Text(), err)
		}
		events = append(events, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

// checkNoRefusals reads the log: nothing but what is known to be harmless was
// refused.
func (w *workspace) checkNoRefusals(t testing.TB, harmless []*regexp.Regexp) {
	t.Helper()
events:
	for _, e := range w.audit(t) {
		for _, re := range harmless {
			if re.MatchString(e.String()) {
				continue events
			}
		}
		if e.Action != "allowed" {
			t.Errorf("audit: %s", e)
		}
	}
}

func compareOutcomes(t testing.TB, native, broker outcome) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(native.Stdout, "\n"), strings.Split(broker.Stdout, "\n")); diff != "" {
		t.Errorf("standard output (-native +broker):\n%s", diff)
	}
	if diff := cmp.Diff(strings.Split(native.Stderr, "\n"), strings.Split(broker.Stderr, "\n")); diff != "" {
		t.Errorf("standard error (-native +broker):\n%s", diff)
	}
	if native.Status != broker.Status {
		t.Errorf("exit status %d, natively %d", broker.Status, native.Status)
	}
	if diff := cmp.Diff(native.Tree, broker.Tree); diff != "" {
		t.Errorf("the tree that was left (-native +broker):\n%s", diff)
	}
}
