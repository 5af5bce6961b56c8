package filter

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// The layout of struct seccomp_data: seccomp(2).
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetIP     = 8
	offsetArgs   = 16
	dataSize     = 64
)

// mark stands in the tree for part i. No decision answers Trace, so the marks
// can not be mistaken; one that were left would refuse, since nobody traces.
func mark(i int) Action { return Action{Trace, i} }

// splice replaces each mark with a jump to the part it stands for, laid down
// once behind the tree. Jumps only go forward, as they must.
func splice(tree Program, parts []Program) (Program, error) {
	program := append(Program(nil), tree...)
	starts := make([]int, len(parts))
	for i, part := range parts {
		starts[i] = len(program)
		program = append(program, part...)
	}
	met := make([]bool, len(parts))
	for pc, ins := range tree {
		if ins.Code != unix.BPF_RET|unix.BPF_K {
			continue
		}
		a := actionOf(ins.K)
		if a.Kind != Trace {
			continue
		}
		if a.Errno >= len(parts) {
			return nil, fmt.Errorf("exported program returns unknown mark %d", a.Errno)
		}
		met[a.Errno] = true
		program[pc] = unix.SockFilter{
			Code: unix.BPF_JMP | unix.BPF_JA,
			K:    uint32(starts[a.Errno] - pc - 1),
		}
	}
	for i, ok := range met {
		if !ok {
			return nil, fmt.Errorf("exported program lost mark %d", i)
		}
	}
	return program, nil
}

// assembleRest lays down the answer to numbers that are not in the tree: those
// with a row are allowed there, since every other one was entered.
func assembleRest() Program {
	p := Program{load(offsetNumber)}
	for i := 0; i < len(table); {
		first := i
		for i++; i < len(table) && table[i].Number == table[i-1].Number+1; i++ {
		}
		p = append(p,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: uint32(table[first].Number), Jf: 2},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: uint32(table[i-1].Number), Jt: 1},
			ret(Action{Kind: Allow}),
		)
	}
	return append(p, ret(unknownCall))
}

// assemble lays a decision down as instructions that end by returning.
func (d decision) assemble() Program {
	var p Program
	for _, b := range d.branches {
		p = append(p, b.assemble()...)
	}
	return append(p, ret(d.otherwise))
}

// assemble lays a branch down: the checks, each jumping behind the branch if
// it does not hold, and the answer.
func (b branch) assemble() Program {
	var p Program
	var failing, passing []int // tests to be aimed once the length is known
	for _, c := range b.when {
		for _, half := range c.halves() {
			p = append(p, load(half.offset))
			if half.needsMask() {
				p = append(p, unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: half.mask})
			}
			failing = append(failing, len(p))
			p = append(p, half.test())
			if half.high != 0 {
				passing = append(passing, len(p))
				p = append(p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: half.high})
			}
		}
	}
	end := len(p)
	for _, pc := range failing {
		p[pc].Jf = uint8(end - pc) // behind the return at end
	}
	for _, pc := range passing { // that it is above the range is what fails
		p[pc].Jt = uint8(end - pc)
	}
	return append(p, ret(b.action))
}

// half is a check of 32 bits, as much as the machine handles at once.
type half struct {
	offset      uint32
	mask, value uint32
	any         bool
	high        uint32
}

// halves splits a check into those words that it looks at. A check for any bit
// and one for a range look at the lower word only.
func (c check) halves() []half {
	base := uint32(offsetArgs + 8*c.arg)
	list := []half{{base, uint32(c.mask), uint32(c.value), c.any, uint32(c.high)}}
	if upper := uint32(c.mask >> 32); upper != 0 {
		list = append(list, half{base + 4, upper, uint32(c.value >> 32), c.any, 0})
	}
	return list
}

func (h half) needsMask() bool { return !h.any && h.mask != ^uint32(0) }

func (h half) test() unix.SockFilter {
	if h.any {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: h.mask}
	}
	if h.high != 0 {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: h.value}
	}
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: h.value}
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func ret(a Action) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: a.code()}
}
