package tracee

import (
	"testing"

	"seccomp-broker/notify/kerneltest"
)

func TestMain(m *testing.M) { kerneltest.Main(m) }

func TestOrdinaryUser(t *testing.T) { kerneltest.OrdinaryUser(t) }

func openProc(t testing.TB) *Proc {
	t.Helper()
	p, err := OpenProc()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func walker(t testing.TB, p *Proc, fixedRoot bool) *Walker {
	t.Helper()
	w := NewWalker(p, fixedRoot)
	t.Cleanup(w.Release)
	return w
}
