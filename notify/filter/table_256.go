package filter

import "golang.org/x/sys/unix"

// rows256: numbers 256 to 336, where the per-architecture numbering ends; 337 to 423
// were never given out.
var rows256 = []row{
	// migrate_pages: acts on other processes
	{nr: 256, name: "migrate_pages", disp: Refused, groups: "@numa"},
	{nr: 257, name: "openat", disp: Mediated, groups: "@file"},
	{nr: 258, name: "mkdirat", disp: Mediated, groups: "@file"},
	{nr: 259, name: "mknodat", disp: Mediated, groups: "@file"},
	{nr: 260, name: "fchownat", disp: Mediated, groups: "@file"},
	{nr: 261, name: "futimesat", disp: Mediated, groups: "@file"},
	{nr: 262, name: "newfstatat", disp: Stat},
	{nr: 263, name: "unlinkat", disp: Mediated, groups: "@file"},
	{nr: 264, name: "renameat", disp: Mediated, groups: "@file"},
	{nr: 265, name: "linkat", disp: Mediated, groups: "@file"},
	{nr: 266, name: "symlinkat", disp: Mediated, groups: "@file"},
	{nr: 267, name: "readlinkat", disp: Stat},
	{nr: 268, name: "fchmodat", disp: Mediated, groups: "@file"},
	{nr: 269, name: "faccessat", disp: Stat},
	{nr: 270, name: "pselect6", disp: Default},
	{nr: 271, name: "ppoll", disp: Default},
	{nr: 272, name: "unshare", disp: Default}, // conditions: see guards.go
	{nr: 273, name: "set_robust_list", disp: Default},
	{nr: 274, name: "get_robust_list", disp: Default},
	{nr: 275, name: "splice", disp: Default},
	{nr: 276, name: "tee", disp: Default},
	{nr: 277, name: "sync_file_range", disp: Default},
	{nr: 278, name: "vmsplice", disp: Default},
	// move_pages: acts on other processes
	{nr: 279, name: "move_pages", disp: Refused, groups: "@numa"},
	{nr: 280, name: "utimensat", disp: Mediated, groups: "@file"},
	{nr: 281, name: "epoll_pwait", disp: Default},
	{nr: 282, name: "signalfd", disp: Default},
	{nr: 283, name: "timerfd_create", disp: Default},
	{nr: 284, name: "eventfd", disp: Default},
	{nr: 285, name: "fallocate", disp: Default},
	{nr: 286, name: "timerfd_settime", disp: Default},
	{nr: 287, name: "timerfd_gettime", disp: Default},
	{nr: 288, name: "accept4", disp: Default, groups: "@network"},
	{nr: 289, name: "signalfd4", disp: Default},
	{nr: 290, name: "eventfd2", disp: Default},
	{nr: 291, name: "epoll_create1", disp: Default},
	{nr: 292, name: "dup3", disp: Default},
	{nr: 293, name: "pipe2", disp: Default},
	{nr: 294, name: "inotify_init1", disp: Default},
	{nr: 295, name: "preadv", disp: Default},
	{nr: 296, name: "pwritev", disp: Default},
	{nr: 297, name: "rt_tgsigqueueinfo", disp: Default, groups: "@signal"},
	{nr: 298, name: "perf_event_open", disp: Refused, groups: "@debug"},
	{nr: 299, name: "recvmmsg", disp: Default},
	// fanotify_init: its events hand out open descriptors of files that no rule has seen
	{nr: 300, name: "fanotify_init", disp: Refused, groups: "@fanotify"},
	{nr: 301, name: "fanotify_mark", disp: Refused, groups: "@fanotify"},
	{nr: 302, name: "prlimit64", disp: Default}, // conditions: see guards.go
	// name_to_handle_at: harmless while open_by_handle_at is refused
	{nr: 303, name: "name_to_handle_at", disp: Stat},
	{nr: 304, name: "open_by_handle_at", disp: Never, errno: unix.EPERM, why: "it opens a file by handle, with no path that a rule could judge"},
	{nr: 305, name: "clock_adjtime", disp: Refused, groups: "@clock"},
	{nr: 306, name: "syncfs", disp: Default},
	{nr: 307, name: "sendmmsg", disp: Default, groups: "@network"}, // conditions: see guards_network.go
	{nr: 308, name: "setns", disp: Refused, groups: "@namespace"},
	{nr: 309, name: "getcpu", disp: Default},
	{nr: 310, name: "process_vm_readv", disp: Refused, groups: "@debug"},
	{nr: 311, name: "process_vm_writev", disp: Refused, groups: "@debug"},
	// kcmp: tells which files another process has open
	{nr: 312, name: "kcmp", disp: Refused, groups: "@debug"},
	{nr: 313, name: "finit_module", disp: Refused, groups: "@module"},
	{nr: 314, name: "sched_setattr", disp: Default},
	{nr: 315, name: "sched_getattr", disp: Default},
	{nr: 316, name: "renameat2", disp: Mediated, groups: "@file"},
	{nr: 317, name: "seccomp", disp: Default}, // conditions: see guards.go
	{nr: 318, name: "getrandom", disp: Default},
	// memfd_create: an anonymous file gives nothing that anonymous memory does not: reading and
	// mapping it opens no path, and executing it goes through execve, which judges "/memfd:…" like any
	// path
	{nr: 319, name: "memfd_create", disp: Default},
	{nr: 320, name: "kexec_file_load", disp: Refused, groups: "@kexec"},
	{nr: 321, name: "bpf", disp: Refused, groups: "@bpf"},
	{nr: 322, name: "execveat", disp: Mediated, groups: "@exec"},
	// userfaultfd: lets the target stall a reader of its memory, that is the supervisor
	{nr: 323, name: "userfaultfd", disp: Refused, groups: "@debug"},
	{nr: 324, name: "membarrier", disp: Default},
	{nr: 325, name: "mlock2", disp: Default},
	{nr: 326, name: "copy_file_range", disp: Default},
	{nr: 327, name: "preadv2", disp: Default},
	{nr: 328, name: "pwritev2", disp: Default},
	{nr: 329, name: "pkey_mprotect", disp: Default},
	{nr: 330, name: "pkey_alloc", disp: Default, errno: unix.ENOSYS},
	{nr: 331, name: "pkey_free", disp: Default},
	{nr: 332, name: "statx", disp: Stat, errno: unix.ENOSYS},
	{nr: 333, name: "io_pgetevents", disp: Default, groups: "@aio"},
	{nr: 334, name: "rseq", disp: Default, errno: unix.ENOSYS},
	// uretprobe: the return trampoline of a probed program; refusing it kills a program that an
	// administrator traces
	{nr: 335, name: "uretprobe", disp: Default},
	// uprobe: as uretprobe
	{nr: 336, name: "uprobe", disp: Default},
}
