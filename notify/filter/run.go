package filter

import "golang.org/x/sys/unix"

// Data is what a program sees of one call: struct seccomp_data of seccomp(2).
type Data struct {
	Nr   int32
	Arch uint32 // AUDIT_ARCH_*
	IP   uint64
	Args [6]uint64
}

// memoryWords is BPF_MEMWORDS.
const memoryWords = 16

// operation is an instruction without its operand's kind.
type operation uint8

const (
	opLoad operation = iota + 1
	opLoadLength
	opLoadMemory
	opLoadConstant
	opLoadXLength
	opLoadXMemory
	opLoadXConstant
	opStore
	opStoreX
	opTax
	opTxa
	opReturn
	opReturnA
	opAdd
	opSub
	opMul
	opDiv
	opAnd
	opOr
	opXor
	opLsh
	opRsh
	opNeg
	opJump
	opJeq
	opJgt
	opJge
	opJset
)

// operations are those that seccomp_check_filter in kernel/seccomp.c accepts.
var operations = map[uint16]operation{
	unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:   opLoad,
	unix.BPF_LD | unix.BPF_W | unix.BPF_LEN:   opLoadLength,
	unix.BPF_LD | unix.BPF_MEM:                opLoadMemory,
	unix.BPF_LD | unix.BPF_IMM:                opLoadConstant,
	unix.BPF_LDX | unix.BPF_W | unix.BPF_LEN:  opLoadXLength,
	unix.BPF_LDX | unix.BPF_MEM:               opLoadXMemory,
	unix.BPF_LDX | unix.BPF_IMM:               opLoadXConstant,
	unix.BPF_ST:                               opStore,
	unix.BPF_STX:                              opStoreX,
	unix.BPF_MISC | unix.BPF_TAX:              opTax,
	unix.BPF_MISC | unix.BPF_TXA:              opTxa,
	unix.BPF_RET | unix.BPF_K:                 opReturn,
	unix.BPF_RET | unix.BPF_A:                 opReturnA,
	unix.BPF_ALU | unix.BPF_ADD | unix.BPF_K:  opAdd,
	unix.BPF_ALU | unix.BPF_ADD | unix.BPF_X:  opAdd,
	unix.BPF_ALU | unix.BPF_SUB | unix.BPF_K:  opSub,
	unix.BPF_ALU | unix.BPF_SUB | unix.BPF_X:  opSub,
	unix.BPF_ALU | unix.BPF_MUL | unix.BPF_K:  opMul,
	unix.BPF_ALU | unix.BPF_MUL | unix.BPF_X:  opMul,
	unix.BPF_ALU | unix.BPF_DIV | unix.BPF_K:  opDiv,
	unix.BPF_ALU | unix.BPF_DIV | unix.BPF_X:  opDiv,
	unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:  opAnd,
	unix.BPF_ALU | unix.BPF_AND | unix.BPF_X:  opAnd,
	unix.BPF_ALU | unix.BPF_OR | unix.BPF_K:   opOr,
	unix.BPF_ALU | unix.BPF_OR | unix.BPF_X:   opOr,
	unix.BPF_ALU | unix.BPF_XOR | unix.BPF_K:  opXor,
	unix.BPF_ALU | unix.BPF_XOR | unix.BPF_X:  opXor,
	unix.BPF_ALU | unix.BPF_LSH | unix.BPF_K:  opLsh,
	unix.BPF_ALU | unix.BPF_LSH | unix.BPF_X:  opLsh,
	unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K:  opRsh,
	unix.BPF_ALU | unix.BPF_RSH | unix.BPF_X:  opRsh,
	unix.BPF_ALU | unix.BPF_NEG:               opNeg,
	unix.BPF_JMP | unix.BPF_JA:                opJump,
	unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:  opJeq,
	unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_X:  opJeq,
	unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:  opJgt,
	unix.BPF_JMP | unix.BPF_JGT | unix.BPF_X:  opJgt,
	unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:  opJge,
	unix.BPF_JMP | unix.BPF_JGE | unix.BPF_X:  opJge,
	unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K: opJset,
	unix.BPF_JMP | unix.BPF_JSET | unix.BPF_X: opJset,
}

// Run evaluates the program for one call. It terminates for every program and
// never panics: a program that [Program.Check] accepts answers as in the
// kernel, any other may answer [Invalid]. Safe for concurrent use.
func (p Program) Run(d Data) Action {
	a, _ := p.run(&d)
	return a
}

// run also counts the instructions it went through.
func (p Program) run(d *Data) (Action, int) {
	m := machine{data: d}
	steps := 0
	// Every jump goes forward, so each instruction is met at most once.
	for pc := 0; pc < len(p); {
		ins := p[pc]
		steps++
		op, ok := operations[ins.Code]
		if !ok {
			break
		}
		switch op {
		case opReturn:
			return actionOf(ins.K), steps
		case opReturnA:
			return actionOf(m.a), steps
		case opJump, opJeq, opJgt, opJge, opJset:
			pc += 1 + m.jump(op, ins)
			continue
		}
		if !m.step(op, ins) {
			break
		}
		if m.halted {
			return actionOf(0), steps
		}
		pc++
	}
	return Action{}, steps
}

// machine is the state of a program that runs.
type machine struct {
	data   *Data
	a, x   uint32
	memory [memoryWords]uint32
	halted bool
}

func (m *machine) operand(ins unix.SockFilter) uint32 {
	if isConstant(ins.Code) {
		return ins.K
	}
	return m.x
}

// jump gives the distance beyond the next instruction.
func (m *machine) jump(op operation, ins unix.SockFilter) int {
	if op == opJump {
		return int(ins.K)
	}
	v := m.operand(ins)
	var taken bool
	switch op {
	case opJeq:
		taken = m.a == v
	case opJgt:
		taken = m.a > v
	case opJge:
		taken = m.a >= v
	default:
		taken = m.a&v != 0
	}
	if taken {
		return int(ins.Jt)
	}
	return int(ins.Jf)
}
