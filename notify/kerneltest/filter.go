package kerneltest

import "golang.org/x/sys/unix"

// Notify is a filter that notifies the calls of these numbers and allows all
// others.
func Notify(numbers ...uint32) []unix.SockFilter {
	program := []unix.SockFilter{load(0)}
	for _, nr := range numbers {
		program = append(program, equal(nr, 1), answer(unix.SECCOMP_RET_USER_NOTIF))
	}
	return append(program, answer(unix.SECCOMP_RET_ALLOW))
}

// NotifyAll notifies every call.
func NotifyAll() []unix.SockFilter {
	return []unix.SockFilter{answer(unix.SECCOMP_RET_USER_NOTIF)}
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

// equal goes on with the next instruction if the accumulator is k, and else
// skips n.
func equal(k uint32, n uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: n}
}

func answer(action uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
}
