package filter

import "golang.org/x/sys/unix"

// step runs an instruction that goes on to the next one. It answers false if
// its operand is out of range.
func (m *machine) step(op operation, ins unix.SockFilter) bool {
	switch op {
	case opLoad:
		v, ok := m.data.word(ins.K)
		m.a = v
		return ok
	case opLoadMemory, opLoadXMemory, opStore, opStoreX:
		return m.scratch(op, ins.K)
	case opLoadLength:
		m.a = dataSize
	case opLoadXLength:
		m.x = dataSize
	case opLoadConstant:
		m.a = ins.K
	case opLoadXConstant:
		m.x = ins.K
	case opTax:
		m.x = m.a
	case opTxa:
		m.a = m.x
	case opNeg:
		m.a = -m.a
	default:
		m.compute(op, m.operand(ins))
	}
	return true
}

func (m *machine) scratch(op operation, k uint32) bool {
	if k >= memoryWords {
		return false
	}
	switch op {
	case opLoadMemory:
		m.a = m.memory[k]
	case opLoadXMemory:
		m.x = m.memory[k]
	case opStore:
		m.memory[k] = m.a
	default:
		m.memory[k] = m.x
	}
	return true
}

func (m *machine) compute(op operation, v uint32) {
	switch op {
	case opAdd:
		m.a += v
	case opSub:
		m.a -= v
	case opMul:
		m.a *= v
	case opDiv:
		// bpf_convert_filter: a division by zero returns 0.
		if v == 0 {
			m.halted = true
			return
		}
		m.a /= v
	case opAnd:
		m.a &= v
	case opOr:
		m.a |= v
	case opXor:
		m.a ^= v
	case opLsh:
		m.a <<= v & 31
	case opRsh:
		m.a >>= v & 31
	}
}

// word reads a word as seccomp_data lies in memory, the lower half of a
// register first.
func (d *Data) word(offset uint32) (uint32, bool) {
	switch {
	case offset%4 != 0 || offset >= dataSize:
		return 0, false
	case offset == offsetNumber:
		return uint32(d.Nr), true
	case offset == offsetArch:
		return d.Arch, true
	case offset < offsetArgs:
		return uint32(d.IP >> (8 * (offset - offsetIP))), true
	default:
		arg := d.Args[(offset-offsetArgs)/8]
		return uint32(arg >> (8 * (offset % 8))), true
	}
}
