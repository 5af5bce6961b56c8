package filter

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

type ins = unix.SockFilter

const (
	ldAbs = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	ldImm = unix.BPF_LD | unix.BPF_IMM
	ldMem = unix.BPF_LD | unix.BPF_MEM
	ldLen = unix.BPF_LD | unix.BPF_W | unix.BPF_LEN
	lxImm = unix.BPF_LDX | unix.BPF_IMM
	lxMem = unix.BPF_LDX | unix.BPF_MEM
	lxLen = unix.BPF_LDX | unix.BPF_W | unix.BPF_LEN
	st    = unix.BPF_ST
	stx   = unix.BPF_STX
	tax   = unix.BPF_MISC | unix.BPF_TAX
	txa   = unix.BPF_MISC | unix.BPF_TXA
	retA  = unix.BPF_RET | unix.BPF_A
	retK  = unix.BPF_RET | unix.BPF_K
	alu   = unix.BPF_ALU
	jmp   = unix.BPF_JMP
	byX   = unix.BPF_X
)

// errnoA returns the accumulator's low bits as an errno, up to 4095.
func errnoA(p ...ins) Program {
	return append(Program(p), ins{Code: alu | unix.BPF_AND, K: 0xfff}, ins{Code: alu | unix.BPF_OR, K: unix.SECCOMP_RET_ERRNO}, ins{Code: retA})
}

func TestEvaluator(t *testing.T) {
	data := Data{Nr: 257, Arch: 0x3e, IP: 0x1_0000_0002, Args: [6]uint64{0x3_0000_0004, 5, 6, 7, 8, 0x9_0000_000a}}
	for name, c := range map[string]struct {
		p    Program
		want int
	}{
		"number":            {errnoA(ins{Code: ldAbs}), 257},
		"architecture":      {errnoA(ins{Code: ldAbs, K: 4}), 0x3e},
		"instruction low":   {errnoA(ins{Code: ldAbs, K: 8}), 2},
		"instruction high":  {errnoA(ins{Code: ldAbs, K: 12}), 1},
		"first low":         {errnoA(ins{Code: ldAbs, K: 16}), 4},
		"first high":        {errnoA(ins{Code: ldAbs, K: 20}), 3},
		"third":             {errnoA(ins{Code: ldAbs, K: 32}), 6},
		"last low":          {errnoA(ins{Code: ldAbs, K: 56}), 10},
		"last high":         {errnoA(ins{Code: ldAbs, K: 60}), 9},
		"length":            {errnoA(ins{Code: ldLen}), 64},
		"length to x":       {errnoA(ins{Code: lxLen}, ins{Code: txa}), 64},
		"constant":          {errnoA(ins{Code: ldImm, K: 12}), 12},
		"x, tax, txa":       {errnoA(ins{Code: lxImm, K: 12}, ins{Code: txa}, ins{Code: alu | unix.BPF_ADD, K: 1}, ins{Code: tax}, ins{Code: ldImm}, ins{Code: txa}), 13},
		"store and load":    {errnoA(ins{Code: ldImm, K: 3}, ins{Code: st, K: 15}, ins{Code: ldImm}, ins{Code: ldMem, K: 15}), 3},
		"store x, load x":   {errnoA(ins{Code: lxImm, K: 4}, ins{Code: stx, K: 2}, ins{Code: lxImm}, ins{Code: lxMem, K: 2}, ins{Code: txa}), 4},
		"add":               {errnoA(ins{Code: ldImm, K: ^uint32(0)}, ins{Code: alu | unix.BPF_ADD, K: 5}), 4},
		"sub":               {errnoA(ins{Code: ldImm, K: 9}, ins{Code: lxImm, K: 4}, ins{Code: alu | unix.BPF_SUB | byX}), 5},
		"mul":               {errnoA(ins{Code: ldImm, K: 9}, ins{Code: alu | unix.BPF_MUL, K: 3}), 27},
		"div":               {errnoA(ins{Code: ldImm, K: 29}, ins{Code: alu | unix.BPF_DIV, K: 3}), 9},
		"and":               {errnoA(ins{Code: ldImm, K: 29}, ins{Code: alu | unix.BPF_AND, K: 6}), 4},
		"or":                {errnoA(ins{Code: ldImm, K: 8}, ins{Code: alu | unix.BPF_OR, K: 6}), 14},
		"xor":               {errnoA(ins{Code: ldImm, K: 12}, ins{Code: lxImm, K: 10}, ins{Code: alu | unix.BPF_XOR | byX}), 6},
		"lsh":               {errnoA(ins{Code: ldImm, K: 1}, ins{Code: alu | unix.BPF_LSH, K: 4}), 16},
		"rsh":               {errnoA(ins{Code: ldImm, K: 32}, ins{Code: alu | unix.BPF_RSH, K: 4}), 2},
		"shift by x over":   {errnoA(ins{Code: ldImm, K: 1}, ins{Code: lxImm, K: 33}, ins{Code: alu | unix.BPF_LSH | byX}), 2},
		"neg":               {errnoA(ins{Code: ldImm, K: 0xfffffff0}, ins{Code: alu | unix.BPF_NEG}), 16},
		"jump always":       {append(Program{{Code: jmp | unix.BPF_JA, K: 1}, {Code: retK}}, errnoA(ins{Code: ldImm, K: 7})...), 7},
		"jeq taken":         {branchOn(jmp|unix.BPF_JEQ, 5, 5), 1},
		"jeq not taken":     {branchOn(jmp|unix.BPF_JEQ, 5, 6), 2},
		"jgt is unsigned":   {branchOn(jmp|unix.BPF_JGT, 0x80000000, 5), 1},
		"jgt equal":         {branchOn(jmp|unix.BPF_JGT, 5, 5), 2},
		"jge equal":         {branchOn(jmp|unix.BPF_JGE, 5, 5), 1},
		"jge less":          {branchOn(jmp|unix.BPF_JGE, 4, 5), 2},
		"jset":              {branchOn(jmp|unix.BPF_JSET, 6, 2), 1},
		"jset none":         {branchOn(jmp|unix.BPF_JSET, 4, 2), 2},
		"jeq with x":        {errnoA(ins{Code: lxImm, K: 5}, ins{Code: ldImm, K: 5}, ins{Code: jmp | unix.BPF_JEQ | byX, Jt: 1}, ins{Code: ldImm, K: 99}), 5},
		"errno is cut down": {Program{{Code: retK, K: unix.SECCOMP_RET_ERRNO | 0xffff}}, maxErrno},
	} {
		if err := c.p.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := c.p.Run(data); got != (Action{Errno, c.want}) {
			t.Errorf("%s: %v, want errno %d", name, got, c.want)
		}
	}
	division := errnoA(ins{Code: ldImm, K: 7}, ins{Code: lxImm}, ins{Code: alu | unix.BPF_DIV | byX})
	if got := division.Run(data); got.Kind != KillThread {
		t.Errorf("division by zero: %v, the kernel returns 0", got)
	}
}

// branchOn answers 1 if the jump is taken and 2 if it is not.
func branchOn(code uint16, a, k uint32) Program {
	return Program{{Code: ldImm, K: a}, {Code: code, K: k, Jf: 1},
		ret(Action{Errno, 1}), ret(Action{Errno, 2})}
}

func TestActions(t *testing.T) {
	for code, want := range map[uint32]string{
		unix.SECCOMP_RET_ALLOW:          "allow",
		unix.SECCOMP_RET_LOG:            "log",
		unix.SECCOMP_RET_USER_NOTIF:     "notify",
		unix.SECCOMP_RET_TRACE | 3:      "trace 3",
		unix.SECCOMP_RET_TRAP | 4:       "trap 4",
		unix.SECCOMP_RET_ERRNO:          "errno 0",
		unix.SECCOMP_RET_ERRNO | 13:     "errno EACCES",
		unix.SECCOMP_RET_KILL_THREAD:    "kill thread",
		unix.SECCOMP_RET_KILL_PROCESS:   "kill process",
		0x12340000:                      "kill process", // unknown
		unix.SECCOMP_RET_ALLOW | 0x1234: "allow",
	} {
		a := actionOf(code)
		if a.String() != want {
			t.Errorf("%#x: %q, want %q", code, a, want)
		}
		if again := actionOf(a.code()); again != a {
			t.Errorf("%v encodes as %v", a, again)
		}
	}
	if got := (Action{}).String(); got != "invalid" {
		t.Errorf("zero Action is %q", got)
	}
	if got := (Action{}).code(); got != unix.SECCOMP_RET_KILL_PROCESS {
		t.Errorf("zero Action encodes as %#x", got)
	}
	if got := Kind(99).String(); got != "kind(99)" {
		t.Errorf("Kind(99) is %q", got)
	}
}

func TestCheckRefusesWhatTheKernelRefuses(t *testing.T) {
	end := ret(allow)
	long := make(Program, maxInstructions+1)
	for i := range long {
		long[i] = end
	}
	for name, p := range map[string]Program{
		"empty":                    {},
		"too long":                 long,
		"no return":                {{Code: ldImm}},
		"unknown instruction":      {{Code: 0xffff}, end},
		"packet byte load":         {{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS}, end},
		"indirect load":            {{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_IND}, end},
		"modulo":                   {{Code: alu | unix.BPF_MOD, K: 3}, end},
		"unaligned load":           {{Code: ldAbs, K: 2}, end},
		"load behind the data":     {{Code: ldAbs, K: 64}, end},
		"load far behind the data": {{Code: ldAbs, K: 0xfffffffc}, end},
		"jump out":                 {{Code: jmp | unix.BPF_JA, K: 1}, end},
		"jump far out":             {{Code: jmp | unix.BPF_JA, K: 0xffffffff}, end},
		"branch out":               {{Code: jmp | unix.BPF_JEQ, Jt: 1}, end},
		"other branch out":         {{Code: jmp | unix.BPF_JEQ, Jf: 1}, end},
		"divide by zero":           {{Code: alu | unix.BPF_DIV}, end},
		"shift too far":            {{Code: alu | unix.BPF_LSH, K: 32}, end},
		"no such memory":           {{Code: st, K: 16}, end},
		"unwritten memory":         {{Code: ldMem, K: 3}, end},
		"memory written on one way": {
			{Code: ldImm}, {Code: jmp | unix.BPF_JEQ, Jt: 1}, {Code: st, K: 1}, {Code: ldMem, K: 1}, end},
	} {
		if err := p.Check(); !errors.Is(err, ErrProgram) {
			t.Errorf("%s: %v", name, err)
		}
		p.Run(Data{}) // must not panic
	}
	good := Program{{Code: ldImm}, {Code: st, K: 1}, {Code: jmp | unix.BPF_JEQ, Jt: 1}, {Code: ldImm}, {Code: ldMem, K: 1}, end}
	if err := good.Check(); err != nil {
		t.Errorf("memory written on both ways: %v", err)
	}
}

func TestRunOfBadProgramIsInvalid(t *testing.T) {
	for name, p := range map[string]Program{
		"empty": nil, "falls off": {{Code: ldImm}}, "unknown": {{Code: 0xffff}, ret(allow)},
		"jump out": {{Code: jmp | unix.BPF_JA, K: 0xffffffff}, ret(allow)},
		"bad load": {{Code: ldAbs, K: 66}, ret(allow)}, "bad memory": {{Code: ldMem, K: 16}, ret(allow)},
	} {
		if got := p.Run(Data{}); got.Kind != Invalid {
			t.Errorf("%s: %v", name, got)
		}
	}
}
