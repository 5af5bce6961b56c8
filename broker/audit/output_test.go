package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// record opens a log at path, records n events and closes it.
func record(t *testing.T, path string, n int) (stderr string, err error) {
	t.Helper()
	var buf bytes.Buffer
	log, err := New(Options{Format: JSON, Path: path, Stderr: &buf})
	if err != nil {
		return "", err
	}
	for i := range n {
		log.Record(openat(Denied, fmt.Sprint("/", i), nil))
	}
	err = log.Close()
	return buf.String(), err
}

func TestLogFile(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	for run := 1; run <= 2; run++ { // the second run appends
		if _, err := record(t, path, 2); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(events(t, data)); got != 2*run {
			t.Errorf("run %d: %d events", run, got)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestTextLogFileKeepsRepeats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	log := mustNew(t, Options{Path: path, Color: true})
	for range 2 {
		log.Record(openat(Denied, "/a", nil))
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	const line = "2026-01-02T03:04:05.006Z [WARN]  broker: denied read /a (openat by cat[1234]): no rule\n"
	if data, err := os.ReadFile(path); err != nil || string(data) != line+line {
		t.Errorf("%s %v", data, err)
	}
}

func TestLogFileRefused(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "bashrc")
	if err := os.WriteFile(victim, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.Symlink(victim, at("symlink")), os.Symlink(at("gone"), at("dangling")),
		os.Link(victim, at("hardlink")), syscall.Mkfifo(at("fifo"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ path, err string }{
		{dir, "is a directory"},
		{at("symlink"), "symbolic link"},
		{at("dangling"), "symbolic link"},
		{at("hardlink"), "2 names (hard links)"},
		{at("fifo"), "start its reader first"},
		{at("no/dir"), "its directory does not exist"},
		{at("bashrc/x"), "not a directory"},
		{at("new\x1b\n") + "/x", `new\x1b\n/x"`},
	} {
		_, err := record(t, tc.path, 1)
		if err == nil || !strings.Contains(err.Error(), tc.err) || strings.ContainsFunc(err.Error(), invisible) {
			t.Errorf("%q: error %v, want one with %q", tc.path, err, tc.err)
		}
	}
	if data, _ := os.ReadFile(victim); string(data) != "x" {
		t.Errorf("the victim was written: %q", data)
	}
	if _, err := os.Lstat(at("gone")); err == nil {
		t.Error("a file was created through a dangling link")
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := New(Options{Format: "xml", Stderr: io.Discard}); err == nil {
		t.Error("New took an unknown format")
	}
	for _, s := range []string{"text", "json"} {
		if f, err := ParseFormat(s); err != nil || string(f) != s {
			t.Errorf("ParseFormat(%s) = %q, %v", s, f, err)
		}
	}
	for _, s := range []string{"", "JSON", "\x1b"} {
		if _, err := ParseFormat(s); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("ParseFormat(%q): %v", s, err)
		}
	}
}

func TestFIFOWithReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	// More than a pipe holds: the writer has to wait for the reader.
	const n = 2000
	read := make(chan []byte)
	go func() {
		var all []byte
		for buf := make([]byte, 4096); bytes.Count(all, []byte("\n")) < n; {
			k, err := reader.Read(buf)
			if all = append(all, buf[:k]...); err != nil && err != io.EOF {
				break
			}
		}
		read <- all
	}()
	if _, err := record(t, path, n); err != nil {
		t.Fatal(err)
	}
	if got := len(events(t, <-read)); got != n {
		t.Errorf("%d events came through", got)
	}
}

func TestDescriptorName(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, dir := range []string{"/dev/fd", "/proc/self/fd"} {
		if _, err := record(t, fmt.Sprintf("%s/%d", dir, w.Fd()), 1); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if data, _ := io.ReadAll(r); len(events(t, data)) != 2 {
		t.Errorf("%q", data)
	}
}

func TestIsDescriptor(t *testing.T) {
	for path, want := range map[string]bool{
		"/dev/stdout": true, "/dev/stderr": true, "/dev/fd/3": true, "/proc/self/fd/12": true,
		"/dev/fd/": false, "/dev/fd/3x": false, "/dev/fd/../x": false, "/dev/shm/1": false, "/dev/null": false,
		"/proc/1/fd/2": false, "dev/fd/3": false, "/tmp/dev/fd/3": false,
	} {
		if got := isDescriptor(path); got != want {
			t.Errorf("isDescriptor(%s) = %t", path, got)
		}
	}
}

func TestStderrNames(t *testing.T) {
	for _, path := range []string{"", "-", "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"} {
		stderr, err := record(t, path, 1)
		if err != nil || len(events(t, []byte(stderr))) != 1 {
			t.Errorf("%s: %q, %v", path, stderr, err)
		}
	}
}

// /dev/full is a disk without room: reported once, counted, and no more.
func TestDiskFull(t *testing.T) {
	stderr, err := record(t, "/dev/full", 3)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close: %v", err)
	}
	const want = "broker: audit log /dev/full: write /dev/full: no space left on device: events are being lost, decisions go on\n" +
		"broker: audit log /dev/full: 3 events were not written\n"
	if stderr != want {
		t.Errorf("stderr: %q", stderr)
	}
}

// A pipe that nobody reads any more on descriptor 2 ends an ordinary Go
// program by SIGPIPE. The log must outlive it.
func TestBrokenStderr(t *testing.T) {
	if os.Getenv("AUDIT_TEST_BROKEN_STDERR") != "" {
		log, err := New(Options{})
		if err != nil {
			os.Exit(3)
		}
		log.Record(openat(Denied, "/x", nil))
		if err := log.Close(); !errors.Is(err, syscall.EPIPE) {
			os.Exit(4)
		}
		fmt.Println("survived")
		os.Exit(0)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBrokenStderr$")
	cmd.Env = append(os.Environ(), "AUDIT_TEST_BROKEN_STDERR=1")
	cmd.Stderr = w
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "survived") {
		t.Errorf("%v: %s", err, out)
	}
}

// nonblockingPipe is a pipe that somebody else made non-blocking: the runtime
// does not know.
func nonblockingPipe(t *testing.T) (r *os.File, w *rawWriter) {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	r, end := os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	t.Cleanup(func() { _ = r.Close(); _ = end.Close() })
	if err := syscall.SetNonblock(fds[1], true); err != nil {
		t.Fatal(err)
	}
	return r, Survive(end).(*rawWriter)
}

// The writer waits for room and loses nothing, however long it takes in all.
func TestNonblockingStderr(t *testing.T) {
	r, w := nonblockingPipe(t)
	want := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
	var got []byte
	var slept time.Duration
	w.sleep = func(d time.Duration) { // a reader that is slow, but reads
		if slept += d; d < 500*time.Millisecond {
			return
		}
		buf := make([]byte, 1<<16)
		n, err := r.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	n, err := w.Write(want)
	if err != nil || n != len(want) {
		t.Fatalf("wrote %d of %d: %v", n, len(want), err)
	}
	if slept < 2*maxWait {
		t.Errorf("slept only %v: the test shows nothing", slept)
	}
	if !bytes.HasPrefix(want, got) || len(got) < len(want)-1<<17 {
		t.Errorf("%d bytes came through", len(got))
	}
}

// A reader that does not read costs the line, not the program.
func TestNonblockingStderrGivesUp(t *testing.T) {
	_, w := nonblockingPipe(t)
	var slept time.Duration
	w.sleep = func(d time.Duration) { slept += d }
	n, err := w.Write(make([]byte, 1<<20))
	if !errors.Is(err, syscall.EAGAIN) || n == 0 || n == 1<<20 {
		t.Errorf("wrote %d: %v", n, err)
	}
	if slept < maxWait || slept > 2*maxWait {
		t.Errorf("slept %v", slept)
	}
}
