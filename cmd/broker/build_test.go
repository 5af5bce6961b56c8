package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// built is what one run of the test binary builds once: it outlives every
// single test, so no t.TempDir can hold it.
var built struct {
	dirOnce, brokerOnce sync.Once
	dir, broker         string
	dirErr, brokerErr   error
	brokerOutput        []byte
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// builtDir returns a directory, removed at the end of the run, that every
// user may enter: tests run what is in it under another uid too.
func builtDir(t testing.TB) string {
	t.Helper()
	built.dirOnce.Do(func() {
		built.dir, built.dirErr = worldReadableTemp("broker-built-")
	})
	if built.dirErr != nil {
		t.Fatal(built.dirErr)
	}
	return built.dir
}

// binaryVariable names a broker that is built already: a run as a user who
// has neither the modules nor a build cache needs one.
const binaryVariable = "BROKER_TEST_BINARY"

// brokerBinary builds this command once and returns its path, which every
// user may execute. It is safe for parallel tests.
func brokerBinary(t testing.TB) string {
	t.Helper()
	dir := builtDir(t)
	built.brokerOnce.Do(func() {
		if built.broker = os.Getenv(binaryVariable); built.broker != "" {
			return
		}
		built.broker = filepath.Join(dir, "broker")
		built.brokerOutput, built.brokerErr = exec.Command("go", "build", "-o", built.broker, ".").CombinedOutput()
	})
	if built.brokerErr != nil {
		t.Fatalf("go build: %v\n%s", built.brokerErr, strings.TrimSpace(string(built.brokerOutput)))
	}
	return built.broker
}

// worldReadableTemp makes a temporary directory that other users may enter,
// under its canonical name: rules are matched on canonical paths.
func worldReadableTemp(prefix string) (string, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}
