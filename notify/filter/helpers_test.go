package filter

import (
	"testing"

	"golang.org/x/sys/unix"
)

const (
	high    = 1 << 32    // a bit that the kernel does not see in an int
	x32     = 0x40000000 // __X32_SYSCALL_BIT
	armArch = 0x40000028 // AUDIT_ARCH_ARM
)

var (
	allow  = Action{Kind: Allow}
	notify = Action{Kind: Notify}
	kill   = Action{Kind: KillProcess}
)

func fails(errno unix.Errno) Action { return Action{Errno, int(errno)} }

func mustCompile(t testing.TB, s Spec) Program {
	t.Helper()
	p, err := Compile(s)
	if err != nil {
		t.Fatalf("Compile(%+v): %v", s, err)
	}
	return p
}

func number(t testing.TB, name string) int32 {
	t.Helper()
	s, ok := ByName(name)
	if !ok {
		t.Fatalf("no system call %q", name)
	}
	return int32(s.Number)
}

// ask runs a program for a native call.
func ask(t testing.TB, p Program, name string, args ...uint64) Action {
	t.Helper()
	d := Data{Nr: number(t, name), Arch: unix.AUDIT_ARCH_X86_64}
	copy(d.Args[:], args)
	return p.Run(d)
}
