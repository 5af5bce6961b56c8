package launch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/launch"
	"seccomp-broker/notify/sys"
)

// Under a floor nothing elsewhere can be executed, whatever the filter lets
// pass.
func TestExecBelow(t *testing.T) {
	if sys.LandlockABI() < 1 {
		kerneltest.Missing(t, "Landlock (Linux 5.13)")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(dir, "elsewhere")
	if err := os.WriteFile(elsewhere, program, 0o755); err != nil {
		t.Fatal(err)
	}
	script := elsewhere + ` && echo ran elsewhere; /bin/true && echo ran below`
	c := launch.Command{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Program: few}
	if o := run(t, c); o.output != "ran elsewhere\nran below\n" {
		t.Fatalf("without a floor: output %q", o.output)
	}
	c.ExecBelow = []string{"/usr", "/lib64/ld-linux-x86-64.so.2", filepath.Join(dir, "not there")}
	o := run(t, c)
	if !o.p.ExecGuarded || strings.Contains(o.output, "elsewhere\n") || !strings.Contains(o.output, "ran below") {
		t.Errorf("with a floor: guarded %v, output %q", o.p.ExecGuarded, o.output)
	}
}
