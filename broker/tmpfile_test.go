package broker

import (
	"testing"
)

// The path that stands for an O_TMPFILE must survive the look-up of the
// program block that holds.
func TestTemporaryFileInProgramBlock(t *testing.T) {
	policy := loadRules(t, `
extends = ["builtin:base"]
allow "run" {
  access = ["read", "exec"]
  path   = ["/usr/**", "/bin/**"]
}
program "/usr/bin/python3*" {
  allow "temporary files" {
    access = ["read", "write", "create"]
    path   = ["/tmp/**"]
  }
}`)
	script := "import os; fd = os.open('/tmp', os.O_TMPFILE | os.O_RDWR, 0o600); os.write(fd, b'x')"
	if status := supervised(t, "", policy, refusalsOnly{t}, []string{"/usr/bin/python3", "-I", "-S", "-c", script}); status != 0 {
		t.Errorf("python ended with %#x", status)
	}
}
