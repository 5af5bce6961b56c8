package filter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

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
//
// Its time grows with the square of the number of calls, and most of them are
// simply allowed. Those stay out of the tree: what is not in it meets a mark too,
// and the instructions behind that tell known numbers from unknown ones.
func Compile(s Spec) (Program, error) {
	p, err := s.resolve()
	if err != nil {
		return nil, err
	}
	tree, parts, err := p.tree()
	if err != nil {
		return nil, fmt.Errorf("libseccomp: %w", err)
	}
	program, err := splice(tree, parts)
	if err != nil {
		return nil, err
	}
	return program, program.Check()
}

// tree has libseccomp lay out everything but the marked parts, which come
// beside it.
func (p *plan) tree() (tree Program, parts []Program, err error) {
	var entries []entry
	for i, call := range table {
		d := p.decide(i)
		switch {
		case len(d.branches) > 0:
			entries = append(entries, entry{call, mark(len(parts))})
			parts = append(parts, d.assemble())
		case d.otherwise.Kind != Allow:
			entries = append(entries, entry{call, d.otherwise})
		}
	}
	f, err := newTree(mark(len(parts)))
	if err != nil {
		return nil, nil, err
	}
	defer f.Release()
	parts = append(parts, assembleRest())
	// The library keeps a list sorted by number, and walks it from the least.
	for _, e := range slices.Backward(entries) {
		if err := f.AddRuleExact(seccomp.ScmpSyscall(e.call.Number), scmpAction(e.action)); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.call.Name, err)
		}
	}
	tree, err = export(f)
	return tree, parts, err
}

// entry is a call that stands in the tree, by number: the library need not know
// its name.
type entry struct {
	call   Syscall
	action Action
}

// newTree begins a tree that answers rest to what is not entered.
func newTree(rest Action) (*seccomp.ScmpFilter, error) {
	f, err := seccomp.NewFilter(scmpAction(rest))
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

// export goes through a file in memory: seccomp_export_bpf_mem(3) came with
// libseccomp 2.6, and a pipe may hold less than a program.
func export(f *seccomp.ScmpFilter) (Program, error) {
	fd, err := unix.MemfdCreate("filter", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create a file in memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "filter")
	defer file.Close() // only read
	if err := f.ExportBPF(file); err != nil {
		return nil, err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, size)
	if _, err := file.ReadAt(raw, 0); err != nil {
		return nil, err
	}
	return decode(raw)
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
