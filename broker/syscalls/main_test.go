package syscalls

import (
	"testing"

	"seccomp-broker/notify/kerneltest"
)

// TestMain removes what kerneltest has built.
func TestMain(m *testing.M) { kerneltest.Main(m) }
