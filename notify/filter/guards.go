package filter

import "golang.org/x/sys/unix"

const (
	// newNamespaces are the CLONE_NEW* flags of clone(2). CLONE_NEWTIME (0x80)
	// is not among them: clone takes its low byte for the exit signal, and only
	// clone3 and unshare can ask for a time namespace.
	newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS |
		unix.CLONE_NEWIPC | unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

	setModeFilter = 1      // SECCOMP_SET_MODE_FILTER
	newListener   = 1 << 3 // SECCOMP_FILTER_FLAG_NEW_LISTENER

	personaQuery = 0xffffffff
)

// guards are the calls that arguments split, whatever the network does. Widths
// are those of the kernel's SYSCALL_DEFINEs: unsigned long only where null is.
var guards = map[string]guard{
	// clone(unsigned long flags, …): the kernel takes the lower 32 bits.
	"clone": {
		clauses: []clause{when(lifted, anyOf(0, newNamespaces))},
		lift:    "@namespace",
	},
	// unshare(unsigned long flags): the kernel refuses upper bits by itself.
	"unshare": {
		clauses: []clause{when(lifted, anyOf(0, newNamespaces|unix.CLONE_NEWTIME))},
		lift:    "@namespace",
	},
	// personality(unsigned int): Linux, PER_LINUX32 and their UNAME26 forms, and
	// the query. Others weaken memory protection (READ_IMPLIES_EXEC,
	// ADDR_NO_RANDOMIZE) or change what paths mean.
	"personality": {
		clauses: []clause{
			when(pass, is(0, 0)), when(pass, is(0, 0x8)), when(pass, is(0, 0x20000)),
			when(pass, is(0, 0x20008)), when(pass, is(0, personaQuery)),
		},
		otherwise: lifted,
	},
	// prlimit64(pid_t pid, unsigned int, new *, old *): the caller's own limits,
	// or reading. A limit set on the supervisor (RLIMIT_CPU, RLIMIT_NOFILE)
	// would end it. The caller's own id instead of 0 is refused: a filter does
	// not know it.
	"prlimit64": {
		clauses:   []clause{when(pass, is(0, 0)), when(pass, null(2))},
		otherwise: lifted,
	},
	// prctl(int option, unsigned long …).
	"prctl": {clauses: []clause{
		// A process that is not dumpable can not be read by a supervisor of the
		// same user. It is told that it is; any other value is the kernel's.
		when(never(0), is(0, unix.PR_SET_DUMPABLE), null(1)),
		// Moves the marks behind /proc/PID/exe and cmdline: identity.
		when(never(unix.EPERM), is(0, unix.PR_SET_MM)),
		// Changes what the next exec leaves of the capabilities, and no file of
		// /proc tells: capabilities(7). Last, for where it is as any other.
		when(outcome{effect: told}, is(0, unix.PR_SET_SECUREBITS)),
	}},
	// seccomp(unsigned int operation, unsigned int flags, void *): after the
	// supervisor's death a second listener would answer the target's calls.
	// EBUSY is what the kernel says while the first one lives.
	"seccomp": {clauses: []clause{
		when(never(unix.EBUSY), is(0, setModeFilter), anyOf(1, newListener)),
	}},
	// ioctl(unsigned int fd, unsigned int cmd, unsigned long).
	"ioctl": {clauses: ioctlClauses()},
}

// ioctlClauses put the terminal first: most ioctls are for terminals.
func ioctlClauses() []clause {
	clauses := []clause{
		// TIOCSTI types into the terminal and TIOCLINUX pastes into it. EPERM is
		// ioctl_tty(2)'s answer for lack of permission; EIO, which a kernel with
		// dev.tty.legacy_tiocsti = 0 gives, would read as a broken terminal.
		when(never(unix.EPERM), is(1, unix.TIOCSTI)),
		when(never(unix.EPERM), is(1, unix.TIOCLINUX)),
		when(pass, bits(1, 0xff00, 'T'<<8)),
	}
	for _, cmd := range fileAttributes {
		clauses = append(clauses, when(lifted, is(1, cmd)))
	}
	for _, cmd := range cloneRanges {
		clauses = append(clauses, when(pass, is(1, cmd)))
	}
	return append(clauses, when(lifted, bits(1, 0xff00, btrfsMagic<<8)))
}

// fileAttributes change a file that is only open for reading, as file_setattr
// does, which is mediated: the open has not judged it.
var fileAttributes = []uint32{
	0x40086602, // FS_IOC_SETFLAGS
	0x40087602, // FS_IOC_SETVERSION
	0x40086604, // EXT4_IOC_SETVERSION
	0x401c5820, // FS_IOC_FSSETXATTR
	0x800c6613, // FS_IOC_SET_ENCRYPTION_POLICY
	0x40806685, // FS_IOC_ENABLE_VERITY
}

// btrfsMagic is the type byte of btrfs's ioctls. With a directory open for
// reading they create, snapshot and remove subvolumes: mkdir, copy and rmdir
// that no rule sees.
const btrfsMagic = 0x94

// cloneRanges share the type byte but are for every file system, and need a
// descriptor open for writing (ioctl_ficlone(2), ioctl_fideduperange(2)).
var cloneRanges = []uint32{
	unix.FICLONE,
	unix.FICLONERANGE,
	unix.FIDEDUPERANGE,
}
