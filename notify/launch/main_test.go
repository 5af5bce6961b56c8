package launch_test

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/launch"

	"golang.org/x/sys/unix"
)

//go:embed testdata/report.c
var reportSource string

// superviseEnv holds the path of a command that this test binary is to
// launch and serve, instead of running tests.
const superviseEnv = "LAUNCH_TEST_SUPERVISE"

func TestMain(m *testing.M) {
	if path := os.Getenv(superviseEnv); path != "" {
		os.Exit(supervise(path))
	}
	kerneltest.Main(m)
}

func TestOrdinaryUser(t *testing.T) { kerneltest.OrdinaryUser(t) }

// supervise is the life of a supervisor, in a process of its own.
func supervise(path string) int {
	p, err := launch.Start(launch.Command{Path: path, Args: []string{path}, Program: kerneltest.Notify(unix.SYS_GETPPID)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	p.Release()
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(p.PID, &status, 0, nil); !errors.Is(err, unix.EINTR) {
			return status.ExitStatus()
		}
	}
}

// outcome is how a launched command ended.
type outcome struct {
	output string
	status unix.WaitStatus
	calls  int   // that were notified
	failed error // ExecError
	p      *launch.Process
}

// run launches a command, lets all its notified calls go on, and waits for
// its end.
func run(t *testing.T, c launch.Command) outcome {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if c.Files == nil {
		c.Files = []*os.File{os.Stdin, w, os.Stderr}
	}
	p, err := launch.Start(c)
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	served := kerneltest.Serve(t, p.Listener, kerneltest.Continue)
	p.Release()
	o := outcome{p: p}
	output, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	o.output = string(output)
	for {
		if _, err := unix.Wait4(p.PID, &o.status, 0, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	o.calls, o.failed = served(), p.ExecError()
	if err := p.Listener.Close(); err != nil {
		t.Error(err)
	}
	return o
}

// values are what the report says of one thing.
func (o outcome) values(what string) []string {
	var found []string
	for line := range strings.Lines(o.output) {
		if rest, ok := strings.CutPrefix(line, what); ok {
			found = append(found, strings.Join(strings.Fields(strings.TrimPrefix(rest, ":")), " "))
		}
	}
	return found
}

func (o outcome) value(what string) string { return strings.Join(o.values(what), "; ") }

// texts are values that are written in hexadecimal.
func (o outcome) texts(t *testing.T, what string) []string {
	t.Helper()
	var found []string
	for _, v := range o.values(what) {
		b, err := hex.DecodeString(v)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		found = append(found, string(b))
	}
	return found
}

func report(t *testing.T) string { return kerneltest.Build(t, "report", reportSource) }

func sameBytes(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !bytes.Equal([]byte(strings.Join(got, "\x00")), []byte(strings.Join(want, "\x00"))) || len(got) != len(want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
