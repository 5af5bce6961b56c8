package probe_test

import (
	"testing"

	"seccomp-broker/notify/kerneltest"
)

func TestMain(m *testing.M) { kerneltest.Main(m) }

func TestOrdinaryUser(t *testing.T) { kerneltest.OrdinaryUser(t) }
