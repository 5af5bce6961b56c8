// Package filter turns a syscall plan into a seccomp BPF program: which calls
// the kernel lets pass, which it refuses or answers by killing the process,
// and which become notifications.
//
//	program, err := filter.Compile(filter.Spec{
//		Notify: []string{"@file", "@exec"},
//		Deny:   []filter.Denial{{Name: "personality"}},
//		Kill:   []string{"kexec_load"},
//	})
//
// The package only computes: it installs nothing. [Program] is what seccomp(2)
// takes, and [Program.Run] evaluates it as the kernel would, so that tests and
// explanations speak about the instructions that are really installed.
//
// # What is decided where
//
// [Table] has one [Syscall] for each number of the x86-64 table. Everything
// else is refused: a number without a row answers ENOSYS, a call through
// another ABI (int 0x80, the x32 numbers) kills the process.
//
// For one call the strictest statement of the plan holds, in this order: what
// can never be had, Kill, Deny, Notify, Allow, and last the row's own refusal.
// A few rows are split by their arguments (clone with a namespace flag, ioctl
// TIOCSTI); guards.go and guards_network.go list them.
//
// # Arguments
//
// A filter sees six 64-bit registers and no memory. Where the kernel takes an
// int, it ignores the upper half of the register, and so must the filter, or
// ioctl(fd, 0x100005412) is TIOCSTI for the kernel and nothing for the filter.
//
// # Limits
//
// The table is that of x86-64. Descriptors that a target has from its birth are
// not judged: without [Spec.Network], a datagram socket inherited as standard input
// can send anywhere, since sendmsg(2) hides its address in memory.
//
// Sources: seccomp(2), syscalls(2), arch/x86/entry/syscalls/syscall_64.tbl,
// kernel/seccomp.c, net/core/filter.c.
package filter
