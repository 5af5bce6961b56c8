package filter

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// encode is the reverse of decode.
func encode(p Program) []byte {
	var raw []byte
	for _, i := range p {
		raw = binary.NativeEndian.AppendUint16(raw, i.Code)
		raw = append(raw, i.Jt, i.Jf)
		raw = binary.NativeEndian.AppendUint32(raw, i.K)
	}
	return raw
}

// Any program must end within its length, and one that Check accepts must end
// by returning.
func FuzzRun(f *testing.F) {
	f.Add(encode(branchOn(jmp|unix.BPF_JEQ, 5, 5)), int32(0), uint32(0), uint64(0))
	f.Add(encode(errnoA(ins{Code: ldAbs, K: 20})), int32(257), uint32(unix.AUDIT_ARCH_X86_64), uint64(high))
	f.Add(encode(errnoA(ins{Code: lxImm}, ins{Code: alu | unix.BPF_DIV | byX})), int32(1), uint32(1), uint64(1))
	f.Fuzz(func(t *testing.T, raw []byte, nr int32, arch uint32, arg uint64) {
		p, err := decode(raw)
		if err != nil {
			return
		}
		valid := p.Check() == nil
		a, steps := p.run(&Data{Nr: nr, Arch: arch, IP: arg, Args: [6]uint64{arg, arg, arg, arg, arg, arg}})
		if steps > len(p) {
			t.Fatalf("%d steps in %d instructions", steps, len(p))
		}
		if valid && a.Kind == Invalid {
			t.Fatal("accepted, but does not return")
		}
	})
}

// Any plan is an error or a program in which what is never never is.
func FuzzCompile(f *testing.F) {
	f.Add("openat", "@default", "personality", 13, "kexec_load", false)
	f.Add("connect", "socket", "@network", 0, "@namespace", true)
	f.Add("@default", "@namespace", "clone", 38, "ioctl", false)
	f.Fuzz(func(t *testing.T, notify, allow, deny string, errno int, kill string, network bool) {
		p, err := Compile(Spec{
			Notify: []string{notify}, Allow: []string{allow}, Deny: []Denial{{deny, errno}}, Kill: []string{kill}, Network: network,
		})
		if err != nil {
			return
		}
		checkCases(t, p, neverCases)
	})
}
