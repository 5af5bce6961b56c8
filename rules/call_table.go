package rules

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// mediatedCalls are the system calls that are judged by a path or an address,
// with the classes that they can ask for. A test of the engine holds this list
// against its own table.
var mediatedCalls = sync.OnceValue(func() map[string]Access {
	calls := make(map[string]Access)
	for _, group := range []struct {
		access Access
		names  string
	}{
		{Read | Write | Create, "open openat openat2 creat"},
		{Create, "mkdir mkdirat mknod mknodat symlink symlinkat"},
		{Read | Create, "link linkat"},
		{Remove, "unlink unlinkat rmdir"},
		{Read | Write | Create | Remove, "rename renameat renameat2"},
		{Write, "truncate"},
		{Attr, "chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utime utimes futimesat utimensat " +
			"setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr"},
		{Stat, "stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat statfs getxattr lgetxattr " +
			"getxattrat listxattr llistxattr listxattrat file_getattr name_to_handle_at inotify_add_watch chdir"},
		{Connect, "connect sendto sendmsg sendmmsg"},
		{Create | Bind, "bind"},
		{Bind, "listen"},
		{Exec, "execve execveat"},
	} {
		for _, name := range strings.Fields(group.names) {
			calls[name] = group.access
		}
	}
	return calls
})

// MediatedCalls gives a copy of the calls that are judged by a path or an
// address, and the classes that each can ask for.
func MediatedCalls() map[string]Access {
	return maps.Clone(mediatedCalls())
}

// opensFile tells the mediated calls whose result is a descriptor.
func opensFile(call string) bool {
	return mediatedCalls()[call]&^(Read|Write|Create) == 0 && strings.HasPrefix(call, "open") || call == "creat"
}

// descriptorCalls return descriptors: a number in place of one would name
// whatever else the program has open.
const descriptorCalls = `accept accept4 bpf dup dup2 dup3 epoll_create epoll_create1 eventfd eventfd2 fanotify_init
	fsmount fsopen fspick inotify_init inotify_init1 landlock_create_ruleset memfd_create memfd_secret mq_open
	open_tree open_tree_attr perf_event_open pidfd_getfd pidfd_open signalfd signalfd4 socket
	timerfd_create userfaultfd`

// vitalCalls are those without which no program goes on, or which end it: they
// do not return, or return twice, or the C library takes them for granted.
const vitalCalls = "clone clone3 exit exit_group fork restart_syscall rt_sigreturn vfork"

// isOneOf reports whether a call is among those of a list.
func isOneOf(call, list string) bool { return slices.Contains(strings.Fields(list), call) }

// argument is a scalar argument of a system call: a register and how much of it
// the kernel looks at.
type argument struct {
	name  string
	index int  // of the register
	long  bool // all 64 bits, else an int
}

// namedArguments are the scalar arguments that rules may call by name, as
// section 2 of the manual does. A word is one argument: "-" is a pointer, and a
// "+" marks a long; one that stands alone has no name of its own.
var namedArguments = map[string]string{
	"sched_setscheduler": "pid policy -", "sched_getscheduler": "pid", "sched_setparam": "pid -", "sched_getparam": "pid -",
	"sched_setaffinity": "pid cpusetsize -", "sched_getaffinity": "pid cpusetsize -", "sched_setattr": "pid - flags",
	"sched_get_priority_max": "policy", "sched_get_priority_min": "policy", "sched_rr_get_interval": "pid -",
	"setpriority": "which who prio", "getpriority": "which who",
	"ioprio_set": "which who ioprio", "ioprio_get": "which who",
	"prctl": "option + + + +", "arch_prctl": "op -", "personality": "persona",
	"socket": "domain type protocol", "socketpair": "domain type protocol -",
	"getsockopt": "sockfd level optname - -", "setsockopt": "sockfd level optname - optlen", "shutdown": "sockfd how",
	"ioctl": "fd op -", "fcntl": "fd op arg+", "flock": "fd op",
	"kill": "pid sig", "tkill": "tid sig", "tgkill": "tgid tid sig", "pidfd_send_signal": "pidfd sig - flags",
	"setuid": "uid", "setgid": "gid", "setreuid": "ruid euid", "setregid": "rgid egid",
	"setresuid": "ruid euid suid", "setresgid": "rgid egid sgid", "setfsuid": "fsuid", "setfsgid": "fsgid",
	"setpgid": "pid pgid", "getpgid": "pid", "getsid": "pid", "setgroups": "size -", "umask": "mask",
	"prlimit64": "pid resource - -", "setrlimit": "resource -", "getrlimit": "resource -", "getrusage": "who -",
	"mlock": "- len+", "mlock2": "- len+ flags", "mlockall": "flags", "madvise": "- length+ advice",
	"mprotect": "- len+ prot+", "membarrier": "cmd flags cpu_id", "memfd_create": "- flags", "getrandom": "- buflen+ flags",
	"unshare": "flags", "setns": "fd nstype", "seccomp": "operation flags -", "syslog": "type - len",
	"clock_settime": "clockid -", "clock_gettime": "clockid -", "clock_nanosleep": "clockid flags - -", "alarm": "seconds",
	"keyctl": "operation + + + +", "ptrace": "op pid - -", "fadvise64": "fd offset+ len+ advice",
	"chown": "- uid gid", "lchown": "- uid gid", "fchown": "fd uid gid", "fchownat": "dirfd - uid gid flags",
	"chmod": "- mode", "fchmod": "fd mode", "fchmodat": "dirfd - mode", "fchmodat2": "dirfd - mode flags",
	"mkdir": "- mode", "mkdirat": "dirfd - mode", "mknod": "- mode dev", "mknodat": "dirfd - mode dev",
	"unlinkat": "dirfd - flags", "renameat2": "olddirfd - newdirfd - flags", "truncate": "- length+", "listen": "sockfd backlog",
	"sync_file_range": "fd offset+ nbytes+ flags", "fallocate": "fd mode offset+ len+", "ftruncate": "fd length+",
}

// arguments gives the scalar arguments of a call; the name may be empty.
func arguments(call string) []argument {
	var list []argument
	for i, word := range strings.Fields(namedArguments[call]) {
		name, long := strings.CutSuffix(word, "+")
		if name != "-" {
			list = append(list, argument{name, i, long})
		}
	}
	return list
}
