package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// escapeLimit only ends a program that hangs: nothing is concluded from time.
const escapeLimit = 3 * time.Minute

// inheritedFD is where the programs that look for inherited descriptors find
// the secret.
const inheritedFD = 9

type escapeOutput struct {
	stdout, stderr string
	status         int  // as a shell has it: 128+n for a signal
	killed         bool // the process that was started died by SIGKILL
}

func (o escapeOutput) String() string {
	return fmt.Sprintf("%s\nstderr:\n%s\nexit status %d", tail(o.stdout), tail(o.stderr), o.status)
}

// tail keeps a log of thousands of lines readable.
func tail(text string) string {
	const keep = 4 << 10
	if len(text) <= keep {
		return text
	}
	return fmt.Sprintf("[%d bytes before]…%s", len(text)-keep, text[len(text)-keep:])
}

// verdict is a program's last line: whether it got out, or, of one that only
// says what it met, that it is done.
type verdict struct {
	word           string
	escaped        bool
	wins, attempts int
}

func (v verdict) String() string {
	if v.word == "DONE" {
		return fmt.Sprintf("%s %d", v.word, v.attempts)
	}
	return fmt.Sprintf("%s %d/%d", v.word, v.wins, v.attempts)
}

var verdictLine = regexp.MustCompile(`(?:^|\n)(ESCAPED|HELD|DONE) (?:(\d+)/)?(\d+)\n$`)

// verdict reads the last line. A program that could not set itself up has
// proved nothing, whatever a child of it printed after.
func (o escapeOutput) verdict(t *testing.T) verdict {
	t.Helper()
	if at := strings.Index(o.stdout, "SETUP "); at >= 0 {
		t.Fatalf("could not even try: %s\n%s", strings.SplitN(o.stdout[at:], "\n", 2)[0], o)
	}
	m := verdictLine.FindStringSubmatch(o.stdout)
	if m == nil {
		t.Fatalf("no verdict in the last line:\n%s", o)
	}
	wins, _ := strconv.Atoi(m[2]) // digits, by the expression
	attempts, _ := strconv.Atoi(m[3])
	return verdict{word: m[1], escaped: m[1] == "ESCAPED", wins: wins, attempts: attempts}
}

// checkSecretKept looks for what no held program can print.
func (o escapeOutput) checkSecretKept(t *testing.T, tree *escapeTree) {
	t.Helper()
	for _, text := range []string{tree.token, "EVIL RAN", "ESCAPED "} {
		if strings.Contains(o.stdout, text) {
			t.Errorf("the program printed %q", text)
		}
	}
}

// endedByForce says whether the broker ended the target before its verdict,
// in the two cases in which it may: an exec that slipped to another image,
// and its own death.
func (c escape) endedByForce(o escapeOutput) bool {
	if verdictLine.MatchString(o.stdout) || strings.Contains(o.stdout, "SETUP ") {
		return false
	}
	switch {
	case c.mayBeKilled:
		return o.status == 128+int(syscall.SIGKILL)
	case c.killsSupervisor:
		return o.killed && strings.Contains(o.stdout, "killing the supervisor\n")
	}
	return false
}

func (c escape) command(t *testing.T, tree *escapeTree) []string {
	args := []string{escapeProgram(t, c.program), filepath.Join(tree.root, "hide/target"), filepath.Join(tree.root, "data")}
	if c.subcase != "" {
		args = append(args, c.subcase)
	}
	return args
}

// runEscape runs a program, or a broker that runs it. Races are run for least
// attempts.
func runEscape(t *testing.T, c escape, tree *escapeTree, who identity, args []string, least int) escapeOutput {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), escapeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var stderr bytes.Buffer
	stdout := watcher{plea: "please kill the supervisor\n", heard: func() { _ = cmd.Process.Kill() }}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + tree.root, "LC_ALL=C"}
	if c.supervised {
		cmd.Env = append(cmd.Env, "ESCAPE_SUPERVISED=1")
	}
	if least > 0 {
		cmd.Env = append(cmd.Env, "ESCAPE_ATTEMPTS="+strconv.Itoa(least))
	}
	// A group of its own: when the limit is reached the orphans go too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = escapeLimit
	if who.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(who.uid), Gid: uint32(who.gid)}
	}
	c.descriptors(t, cmd, tree)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", args[0], err)
	}
	if ctx.Err() != nil {
		t.Fatalf("still running after %v:\n%s\nstderr:\n%s", escapeLimit, &stdout.text, &stderr)
	}
	out := escapeOutput{stdout: stdout.text.String(), stderr: stderr.String()}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	out.status = status.ExitStatus()
	if status.Signaled() {
		out.status = 128 + int(status.Signal())
		out.killed = status.Signal() == syscall.SIGKILL
	}
	return out
}

// watcher collects an output and acts once when a line comes by.
//
// The buffer is not embedded: its ReadFrom would be preferred to Write.
type watcher struct {
	text  bytes.Buffer
	plea  string
	heard func()
	done  bool
}

func (w *watcher) Write(p []byte) (int, error) {
	n, err := w.text.Write(p)
	if !w.done && bytes.Contains(w.text.Bytes(), []byte(w.plea)) {
		w.done = true
		w.heard()
	}
	return n, err
}

// descriptors hands the target what the case wants it to start with.
func (c escape) descriptors(t *testing.T, cmd *exec.Cmd, tree *escapeTree) {
	t.Helper()
	secret := filepath.Join(tree.root, "hide/target")
	open := func(flags int) *os.File {
		fd, err := unix.Open(secret, flags|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		f := os.NewFile(uintptr(fd), secret)
		t.Cleanup(func() { f.Close() })
		return f
	}
	if c.secretAtStdin {
		cmd.Stdin = open(unix.O_PATH)
	}
	if c.secretInherited {
		cmd.ExtraFiles = make([]*os.File, inheritedFD-2)
		cmd.ExtraFiles[inheritedFD-3] = open(unix.O_RDONLY)
	}
}
