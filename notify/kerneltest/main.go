package kerneltest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// nobody is the ordinary user that tests run as when root starts them.
const nobody = 65534

// rerunEnv is set in a test binary that was started again as nobody.
const rerunEnv = "KERNELTEST_RERUN"

// Main runs the tests of a package and fails them if they leak a descriptor.
func Main(m *testing.M) {
	// Go's poller opens its descriptors at the first use and keeps them.
	if r, w, err := os.Pipe(); err == nil {
		_ = r.Close()
		_ = w.Close()
	}
	before := descriptors()
	status := m.Run()
	for fd, name := range descriptors() {
		if _, ok := before[fd]; !ok {
			fmt.Fprintf(os.Stderr, "leaked descriptor %s: %s\n", fd, name)
			status = max(status, 1)
		}
	}
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

// descriptors are the open ones of this process and what they refer to.
func descriptors() map[string]string {
	open := map[string]string{}
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range entries {
		name, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && !strings.HasSuffix(name, "/fd") {
			open[entry.Name()] = name
		}
	}
	return open
}

// OrdinaryUser runs all tests of the binary again as an ordinary user, if it
// is root who runs them; the long ones short ([testing.Short]).
func OrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 || os.Getenv(rerunEnv) != "" {
		return // this is the ordinary user's run
	}
	dir := Dir(t)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.v", "-test.short")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), rerunEnv+"=1", "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("as uid %d: %v", nobody, err)
	}
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "--- PASS") && !strings.HasPrefix(line, "=== ") {
			t.Log(strings.TrimSuffix(line, "\n"))
		}
	}
}
