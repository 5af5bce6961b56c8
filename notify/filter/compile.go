package filter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	seccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// binaryTree makes libseccomp order calls in a tree by number: the cost of a
// call does not depend on its place in a list. seccomp_attr_set(3).
const binaryTree = 2

// Compile turns a plan into a program for x86-64. All errors of the plan are
// reported at once, each with the entry that it is about.
//
// libseccomp lays out the program: the guard against foreign ABIs and the tree
// of numbers. It can not express the arguments: it has no "not equal" under a
// mask, refuses two tests of one argument in a rule, and drops the rules for
// some arguments of a call without a word when the rule for all others joins
// them (2.5.4). So a call that its arguments split gets a mark, which is
// replaced afterwards by a jump to instructions of our own.
func Compile(s Spec) (Program, error) {
	p, err := s.resolve()
	if err != nil {
		return nil, err
	}
	f, err := newTree()
	if err != nil {
		return nil, fmt.Errorf("libseccomp: %w", err)
	}
	defer f.Release()
	var marked []decision
	for i, call := range table {
		d := p.decide(i)
		action := d.otherwise
		if len(d.branches) > 0 {
			action = mark(len(marked))
			marked = append(marked, d)
		}
		if err := add(f, call.Number, action); err != nil {
			return nil, fmt.Errorf("libseccomp: %s: %w", call.Name, err)
		}
	}
	tree, err := export(f)
	if err != nil {
		return nil, fmt.Errorf("libseccomp: %w", err)
	}
	program, err := splice(tree, marked)
	if err != nil {
		return nil, err
	}
	return program, program.Check()
}

func newTree() (*seccomp.ScmpFilter, error) {
	f, err := seccomp.NewFilter(scmpAction(unknownCall))
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		// Without the x32 architecture, its numbers count as foreign too.
		f.SetBadArchAction(seccomp.ActKillProcess),
		f.SetOptimize(binaryTree),
	)
	if err != nil {
		f.Release()
		return nil, err
	}
	return f, nil
}

// add enters one call by number: the library need not know its name.
func add(f *seccomp.ScmpFilter, nr int, a Action) error {
	if a == unknownCall {
		return nil // the tree's own default; the library refuses to hear it twice
	}
	return f.AddRuleExact(seccomp.ScmpSyscall(nr), scmpAction(a))
}

func scmpAction(a Action) seccomp.ScmpAction {
	switch a.Kind {
	case Allow:
		return seccomp.ActAllow
	case Notify:
		return seccomp.ActNotify
	case Errno:
		return seccomp.ActErrno.SetReturnCode(int16(a.Errno))
	case Trace:
		return seccomp.ActTrace.SetReturnCode(int16(a.Errno))
	default:
		return seccomp.ActKillProcess
	}
}

// export goes through a pipe: seccomp_export_bpf_mem(3) came with libseccomp
// 2.6. It is read meanwhile, for a pipe may hold less than a program.
func export(f *seccomp.ScmpFilter) (Program, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	type result struct {
		raw []byte
		err error
	}
	read := make(chan result, 1)
	go func() {
		raw, err := io.ReadAll(r)
		read <- result{raw, err}
	}()
	err = errors.Join(f.ExportBPF(w), w.Close())
	got := <-read
	if err := errors.Join(err, got.err); err != nil {
		return nil, err
	}
	return decode(got.raw)
}

// instructionSize is that of struct sock_filter.
const instructionSize = 8

// decode reads struct sock_filter in the machine's byte order.
func decode(raw []byte) (Program, error) {
	if len(raw) == 0 || len(raw)%instructionSize != 0 {
		return nil, fmt.Errorf("exported program has %d bytes, not a multiple of %d", len(raw), instructionSize)
	}
	p := make(Program, 0, len(raw)/instructionSize)
	for ; len(raw) > 0; raw = raw[instructionSize:] {
		p = append(p, unix.SockFilter{
			Code: binary.NativeEndian.Uint16(raw),
			Jt:   raw[2],
			Jf:   raw[3],
			K:    binary.NativeEndian.Uint32(raw[4:]),
		})
	}
	return p, nil
}
