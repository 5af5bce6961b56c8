package filter

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Program is a classic BPF program in the form that seccomp(2) takes.
type Program []unix.SockFilter

// maxInstructions is BPF_MAXINSNS.
const maxInstructions = 4096

// ErrProgram matches every error of [Program.Check].
var ErrProgram = errors.New("the kernel would not accept this filter")

// Check verifies what the kernel verifies when a program is installed
// (bpf_check_classic in net/core/filter.c, seccomp_check_filter in
// kernel/seccomp.c): length, known instructions, jumps inside the program,
// no use of scratch memory before it is written, a return at the end.
func (p Program) Check() error {
	if len(p) == 0 || len(p) > maxInstructions {
		return fmt.Errorf("%w: %d instructions, not 1 to %d", ErrProgram, len(p), maxInstructions)
	}
	for pc, ins := range p {
		if err := p.checkOne(pc, ins); err != nil {
			return fmt.Errorf("%w: instruction %d (code %#x, k %#x): %w", ErrProgram, pc, ins.Code, ins.K, err)
		}
	}
	if last := p[len(p)-1]; !isReturn(last.Code) {
		return fmt.Errorf("%w: it does not end in a return", ErrProgram)
	}
	return p.checkMemory()
}

func isReturn(code uint16) bool {
	return code == unix.BPF_RET|unix.BPF_K || code == unix.BPF_RET|unix.BPF_A
}

func (p Program) checkOne(pc int, ins unix.SockFilter) error {
	op, ok := operations[ins.Code]
	if !ok {
		return errors.New("not an instruction that a seccomp filter may have")
	}
	switch op {
	case opLoad:
		if ins.K%4 != 0 || ins.K >= dataSize {
			return errors.New("loads from outside the call's data")
		}
	case opLoadMemory, opLoadXMemory, opStore, opStoreX:
		if ins.K >= memoryWords {
			return errors.New("no such word of scratch memory")
		}
	case opDiv:
		if ins.K == 0 && isConstant(ins.Code) {
			return errors.New("divides by zero")
		}
	case opLsh, opRsh:
		if ins.K > 31 && isConstant(ins.Code) {
			return errors.New("shifts by more than 31")
		}
	case opJump, opJeq, opJgt, opJge, opJset:
		for _, target := range targets(pc, ins) {
			if target >= len(p) {
				return errors.New("jumps out of the program")
			}
		}
	}
	return nil
}

func isConstant(code uint16) bool { return code&unix.BPF_X == 0 }

// targets are the instructions that a jump may go to.
func targets(pc int, ins unix.SockFilter) []int {
	if ins.Code == unix.BPF_JMP|unix.BPF_JA {
		return []int{pc + 1 + int(ins.K)}
	}
	return []int{pc + 1 + int(ins.Jt), pc + 1 + int(ins.Jf)}
}

// checkMemory follows which words of scratch memory are written on all ways to
// an instruction. Jumps only go forward, so one pass is enough.
func (p Program) checkMemory() error {
	const all = 1<<memoryWords - 1
	atEntry := make([]uint32, len(p))
	for pc := range atEntry {
		atEntry[pc] = all
	}
	written := uint32(0)
	for pc, ins := range p {
		written &= atEntry[pc]
		switch op := operations[ins.Code]; op {
		case opStore, opStoreX:
			written |= 1 << ins.K
		case opLoadMemory, opLoadXMemory:
			if written&(1<<ins.K) == 0 {
				return fmt.Errorf("%w: instruction %d reads scratch memory that nothing wrote", ErrProgram, pc)
			}
		case opJump, opJeq, opJgt, opJge, opJset:
			for _, target := range targets(pc, ins) {
				atEntry[target] &= written
			}
			written = all
		}
	}
	return nil
}
