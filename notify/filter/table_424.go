package filter

import "golang.org/x/sys/unix"

const whyUring = "its operations run in the kernel without a system call, so no filter and no rule would see them"

// rows424: numbers 424 and up, common to all architectures. A refusal here is mostly
// ENOSYS, the answer of a kernel without the call: libraries fall back on it.
var rows424 = []row{
	{nr: 424, name: "pidfd_send_signal", disp: Default, groups: "@signal", errno: unix.ENOSYS},
	{nr: 425, name: "io_uring_setup", disp: Never, errno: unix.ENOSYS, why: whyUring},
	{nr: 426, name: "io_uring_enter", disp: Never, errno: unix.ENOSYS, why: whyUring},
	{nr: 427, name: "io_uring_register", disp: Never, errno: unix.ENOSYS, why: whyUring},
	// open_tree: without OPEN_TREE_CLONE it is an open(O_PATH)
	{nr: 428, name: "open_tree", disp: Refused, groups: "@mount"},
	{nr: 429, name: "move_mount", disp: Refused, groups: "@mount"},
	{nr: 430, name: "fsopen", disp: Refused, groups: "@mount"},
	{nr: 431, name: "fsconfig", disp: Refused, groups: "@mount"},
	{nr: 432, name: "fsmount", disp: Refused, groups: "@mount"},
	{nr: 433, name: "fspick", disp: Refused, groups: "@mount"},
	{nr: 434, name: "pidfd_open", disp: Default, errno: unix.ENOSYS},
	{nr: 435, name: "clone3", disp: Never, errno: unix.ENOSYS, why: "its flags are in memory, where a filter cannot read them; the C library falls back to clone"},
	{nr: 436, name: "close_range", disp: Default, errno: unix.ENOSYS},
	{nr: 437, name: "openat2", disp: Mediated, groups: "@file", errno: unix.ENOSYS},
	// pidfd_getfd: takes descriptors out of other processes
	{nr: 438, name: "pidfd_getfd", disp: Refused, groups: "@debug"},
	{nr: 439, name: "faccessat2", disp: Stat, errno: unix.ENOSYS},
	{nr: 440, name: "process_madvise", disp: Refused, groups: "@debug"},
	{nr: 441, name: "epoll_pwait2", disp: Default, errno: unix.ENOSYS},
	{nr: 442, name: "mount_setattr", disp: Refused, groups: "@mount"},
	{nr: 443, name: "quotactl_fd", disp: Refused, groups: "@quota"},
	// landlock_create_ruleset: a domain of the program's own would not hold for what is opened
	// in its place; programs that use Landlock know what to do where there is none
	{nr: 444, name: "landlock_create_ruleset", disp: Refused, groups: "@landlock", errno: unix.ENOSYS},
	{nr: 445, name: "landlock_add_rule", disp: Refused, groups: "@landlock", errno: unix.ENOSYS},
	{nr: 446, name: "landlock_restrict_self", disp: Refused, groups: "@landlock", errno: unix.ENOSYS},
	// memfd_secret: hides memory from the supervisor as well: an argument kept there cannot be read,
	// and an unreadable argument is refused
	{nr: 447, name: "memfd_secret", disp: Default, errno: unix.ENOSYS},
	{nr: 448, name: "process_mrelease", disp: Refused, groups: "@debug"},
	{nr: 449, name: "futex_waitv", disp: Default, errno: unix.ENOSYS},
	{nr: 450, name: "set_mempolicy_home_node", disp: Default, groups: "@numa", errno: unix.ENOSYS},
	{nr: 451, name: "cachestat", disp: Default, errno: unix.ENOSYS},
	{nr: 452, name: "fchmodat2", disp: Mediated, groups: "@file", errno: unix.ENOSYS},
	{nr: 453, name: "map_shadow_stack", disp: Default, errno: unix.ENOSYS},
	{nr: 454, name: "futex_wake", disp: Default, errno: unix.ENOSYS},
	{nr: 455, name: "futex_wait", disp: Default, errno: unix.ENOSYS},
	{nr: 456, name: "futex_requeue", disp: Default, errno: unix.ENOSYS},
	// statmount: libmount falls back to /proc/self/mountinfo, which is mediated
	{nr: 457, name: "statmount", disp: Refused, groups: "@mount", errno: unix.ENOSYS},
	{nr: 458, name: "listmount", disp: Refused, groups: "@mount", errno: unix.ENOSYS},
	{nr: 459, name: "lsm_get_self_attr", disp: Default, groups: "@lsm", errno: unix.ENOSYS},
	// lsm_set_self_attr: the same as writing /proc/self/attr/…, which is mediated and what libraries
	// fall back to
	{nr: 460, name: "lsm_set_self_attr", disp: Refused, groups: "@lsm", errno: unix.ENOSYS},
	{nr: 461, name: "lsm_list_modules", disp: Default, groups: "@lsm", errno: unix.ENOSYS},
	{nr: 462, name: "mseal", disp: Default, errno: unix.ENOSYS},
	{nr: 463, name: "setxattrat", disp: Mediated, groups: "@file", errno: unix.ENOSYS},
	{nr: 464, name: "getxattrat", disp: Stat, errno: unix.ENOSYS},
	{nr: 465, name: "listxattrat", disp: Stat, errno: unix.ENOSYS},
	{nr: 466, name: "removexattrat", disp: Mediated, groups: "@file", errno: unix.ENOSYS},
	{nr: 467, name: "open_tree_attr", disp: Refused, groups: "@mount"},
	{nr: 468, name: "file_getattr", disp: Stat, errno: unix.ENOSYS},
	{nr: 469, name: "file_setattr", disp: Mediated, groups: "@file", errno: unix.ENOSYS},
	{nr: 470, name: "listns", disp: Refused, groups: "@namespace", errno: unix.ENOSYS},
	{nr: 471, name: "rseq_slice_yield", disp: Default, errno: unix.ENOSYS},
}
