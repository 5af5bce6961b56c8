package syscalls

import (
	"slices"

	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Call is a row of the table of mediated calls.
type Call struct {
	Name   string
	Number int
	// Signature has a word for the role of each argument, in order: "dir path
	// mode". The decoder and the tests read it.
	Signature string
	// Access are the classes the call can ask for; which of them it does ask
	// for depends on its flags and on what exists.
	Access rules.Access
	// Last is what a symlink at the end of the path means. A second path is
	// always a name to be made.
	Last last
	// Effect says in words how the call is carried out.
	Effect string

	handle func(*Context) answer
}

// mediated is a row made ready for the dispatch.
type mediated struct {
	Call
	at positions
}

// opens reports whether the call has the flags of open(2).
func (m *mediated) opens() bool { return m.Effect == opened }

const (
	openAccess   = rules.Read | rules.Write | rules.Create
	renameAccess = rules.Read | rules.Write | rules.Create | rules.Remove
	linkAccess   = rules.Read | rules.Create
)

const (
	opened    = "opened by the broker, descriptor injected"
	done      = "done by the broker on the judged object"
	looked    = "asked by the broker of the judged object"
	continued = "judged, then done by the kernel"
	socketed  = "done by the broker on its copy of the socket"
	observed  = "noticed, then done by the kernel: only registers matter"
)

// table is the one list of mediated calls: the filter's plan, the decoder, the
// dispatch, the documentation and the tests are made from it.
var table = []Call{
	{"open", unix.SYS_OPEN, "path flags mode", openAccess, byOpen, opened, doOpen},
	{"openat", unix.SYS_OPENAT, "dir path flags mode", openAccess, byOpen, opened, doOpen},
	{"openat2", unix.SYS_OPENAT2, "dir path how size", openAccess, byOpen, opened, doOpenat2},
	{"creat", unix.SYS_CREAT, "path mode", openAccess, byOpen, opened, doCreat},

	{"mkdir", unix.SYS_MKDIR, "path mode", rules.Create, entry, done, doMkdir},
	{"mkdirat", unix.SYS_MKDIRAT, "dir path mode", rules.Create, entry, done, doMkdir},
	{"mknod", unix.SYS_MKNOD, "path mode dev", rules.Create, entry, done, doMknod},
	{"mknodat", unix.SYS_MKNODAT, "dir path mode dev", rules.Create, entry, done, doMknod},
	{"symlink", unix.SYS_SYMLINK, "text path", rules.Create, entry, done, doSymlink},
	{"symlinkat", unix.SYS_SYMLINKAT, "text dir path", rules.Create, entry, done, doSymlink},
	{"link", unix.SYS_LINK, "path path2", linkAccess, nofollow, done, doLink},
	{"linkat", unix.SYS_LINKAT, "dir path dir2 path2 at", linkAccess, byFollow, done, doLink},

	{"unlink", unix.SYS_UNLINK, "path", rules.Remove, entry, done, doUnlink},
	{"unlinkat", unix.SYS_UNLINKAT, "dir path flags", rules.Remove, entry, done, doUnlinkat},
	{"rmdir", unix.SYS_RMDIR, "path", rules.Remove, entry, done, doRmdir},
	{"rename", unix.SYS_RENAME, "path path2", renameAccess, entry, done, doRename},
	{"renameat", unix.SYS_RENAMEAT, "dir path dir2 path2", renameAccess, entry, done, doRename},
	{"renameat2", unix.SYS_RENAMEAT2, "dir path dir2 path2 flags", renameAccess, entry, done, doRename},

	{"truncate", unix.SYS_TRUNCATE, "path length", rules.Write, follow, done, doTruncate},
	{"chmod", unix.SYS_CHMOD, "path mode", rules.Attr, follow, done, doChmod},
	{"fchmod", unix.SYS_FCHMOD, "fd mode", rules.Attr, noPath, done, doFchmod},
	{"fchmodat", unix.SYS_FCHMODAT, "dir path mode", rules.Attr, follow, done, doChmod},
	{"fchmodat2", unix.SYS_FCHMODAT2, "dir path mode at", rules.Attr, byAt, done, doChmod},
	{"chown", unix.SYS_CHOWN, "path uid gid", rules.Attr, follow, done, doChown},
	{"lchown", unix.SYS_LCHOWN, "path uid gid", rules.Attr, nofollow, done, doChown},
	{"fchown", unix.SYS_FCHOWN, "fd uid gid", rules.Attr, noPath, done, doFchown},
	{"fchownat", unix.SYS_FCHOWNAT, "dir path uid gid at", rules.Attr, byAt, done, doChown},
	{"utime", unix.SYS_UTIME, "path times", rules.Attr, follow, done, doUtime},
	{"utimes", unix.SYS_UTIMES, "path times", rules.Attr, follow, done, doUtimes},
	{"futimesat", unix.SYS_FUTIMESAT, "dir path times", rules.Attr, follow, done, doUtimes},
	{"utimensat", unix.SYS_UTIMENSAT, "dir path times at", rules.Attr, byAt, done, doUtimensat},
	{"setxattr", unix.SYS_SETXATTR, "path name value size flags", rules.Attr, follow, done, doSetxattr},
	{"lsetxattr", unix.SYS_LSETXATTR, "path name value size flags", rules.Attr, nofollow, done, doSetxattr},
	{"fsetxattr", unix.SYS_FSETXATTR, "fd name value size flags", rules.Attr, noPath, done, doFsetxattr},
	{"setxattrat", unix.SYS_SETXATTRAT, "dir path at name params size", rules.Attr, byAt, done, doSetxattrat},
	{"removexattr", unix.SYS_REMOVEXATTR, "path name", rules.Attr, follow, done, doRemovexattr},
	{"lremovexattr", unix.SYS_LREMOVEXATTR, "path name", rules.Attr, nofollow, done, doRemovexattr},
	{"fremovexattr", unix.SYS_FREMOVEXATTR, "fd name", rules.Attr, noPath, done, doFremovexattr},
	{"removexattrat", unix.SYS_REMOVEXATTRAT, "dir path at name", rules.Attr, byAt, done, doRemovexattr},
	{"file_setattr", unix.SYS_FILE_SETATTR, "dir path buf size at", rules.Attr, byAt, done, doFileSetattr},

	{"stat", unix.SYS_STAT, "path buf", rules.Stat, follow, looked, doStat},
	{"lstat", unix.SYS_LSTAT, "path buf", rules.Stat, nofollow, looked, doStat},
	{"newfstatat", unix.SYS_NEWFSTATAT, "dir path buf at", rules.Stat, byAt, looked, doStat},
	{"statx", unix.SYS_STATX, "dir path at mask buf", rules.Stat, byAt, looked, doStatx},
	{"access", unix.SYS_ACCESS, "path mode", rules.Stat, follow, looked, doAccess},
	{"faccessat", unix.SYS_FACCESSAT, "dir path mode", rules.Stat, follow, looked, doAccess},
	{"faccessat2", unix.SYS_FACCESSAT2, "dir path mode at", rules.Stat, byAt, looked, doAccess},
	{"readlink", unix.SYS_READLINK, "path buf size", rules.Stat, nofollow, looked, doReadlink},
	{"readlinkat", unix.SYS_READLINKAT, "dir path buf size", rules.Stat, nofollow, looked, doReadlink},
	{"statfs", unix.SYS_STATFS, "path buf", rules.Stat, follow, looked, doStatfs},
	{"getxattr", unix.SYS_GETXATTR, "path name buf size", rules.Stat, follow, looked, doGetxattr},
	{"lgetxattr", unix.SYS_LGETXATTR, "path name buf size", rules.Stat, nofollow, looked, doGetxattr},
	{"getxattrat", unix.SYS_GETXATTRAT, "dir path at name params size", rules.Stat, byAt, looked, doGetxattrat},
	{"listxattr", unix.SYS_LISTXATTR, "path buf size", rules.Stat, follow, looked, doListxattr},
	{"llistxattr", unix.SYS_LLISTXATTR, "path buf size", rules.Stat, nofollow, looked, doListxattr},
	{"listxattrat", unix.SYS_LISTXATTRAT, "dir path at buf size", rules.Stat, byAt, looked, doListxattr},
	{"file_getattr", unix.SYS_FILE_GETATTR, "dir path buf size at", rules.Stat, byAt, looked, doFileGetattr},
	{"name_to_handle_at", unix.SYS_NAME_TO_HANDLE_AT, "dir path handle mount at", rules.Stat, byFollow, looked, doHandle},
	{"inotify_add_watch", unix.SYS_INOTIFY_ADD_WATCH, "fd path mask", rules.Stat, follow, done, doWatch},
	{"chdir", unix.SYS_CHDIR, "path", rules.Stat, follow, continued, doChdir},

	{"connect", unix.SYS_CONNECT, "fd addr addrlen", rules.Connect, noPath, socketed, doConnect},
	{"sendto", unix.SYS_SENDTO, "fd data size flags addr addrlen", rules.Connect, noPath, socketed, doSendto},
	{"sendmsg", unix.SYS_SENDMSG, "fd message flags", rules.Connect, noPath, socketed, doSendmsg},
	{"sendmmsg", unix.SYS_SENDMMSG, "fd message count flags", rules.Connect, noPath, socketed, doSendmmsg},
	{"bind", unix.SYS_BIND, "fd addr addrlen", rules.Create | rules.Bind, noPath, socketed, doBind},
	{"listen", unix.SYS_LISTEN, "fd backlog", rules.Bind, noPath, socketed, doListen},

	{"execve", unix.SYS_EXECVE, "path argv envp", rules.Exec, follow, continued, doExecve},
	{"execveat", unix.SYS_EXECVEAT, "dir path argv envp at", rules.Exec, byAt, continued, doExecve},
}

// identityCalls change who a thread is. They are notified only where that is
// possible at all, and decided on registers: the broker has to know that
// identities differ from now on.
var identityCalls = []Call{
	{"setuid", unix.SYS_SETUID, "", 0, noPath, observed, doIdentity},
	{"setgid", unix.SYS_SETGID, "", 0, noPath, observed, doIdentity},
	{"setreuid", unix.SYS_SETREUID, "", 0, noPath, observed, doIdentity},
	{"setregid", unix.SYS_SETREGID, "", 0, noPath, observed, doIdentity},
	{"setresuid", unix.SYS_SETRESUID, "", 0, noPath, observed, doIdentity},
	{"setresgid", unix.SYS_SETRESGID, "", 0, noPath, observed, doIdentity},
	{"setfsuid", unix.SYS_SETFSUID, "", 0, noPath, observed, doIdentity},
	{"setfsgid", unix.SYS_SETFSGID, "", 0, noPath, observed, doIdentity},
	{"setgroups", unix.SYS_SETGROUPS, "", 0, noPath, observed, doIdentity},
	{"capset", unix.SYS_CAPSET, "", 0, noPath, observed, doIdentity},
}

// toldCalls are like identityCalls with some of their arguments only, which the
// filter picks out.
var toldCalls = []Call{{"prctl", unix.SYS_PRCTL, "", 0, noPath, observed, doIdentity}}

// optionCalls are notified only with arguments that reach the network without an
// address, and decided on these registers: notify/filter says which they are.
var optionCalls = []Call{
	{"setsockopt", unix.SYS_SETSOCKOPT, "", 0, noPath, observed, doOption},
	{"ioctl", unix.SYS_IOCTL, "", 0, noPath, observed, doOption},
}

// lastNumber bounds the dispatch table.
const lastNumber = 512

var byNumber = func() (rows [lastNumber]*mediated) {
	for _, call := range slices.Concat(table, identityCalls, toldCalls, optionCalls) {
		rows[call.Number] = &mediated{call, parseSignature(call.Signature)}
	}
	return rows
}()

// Table returns the mediated calls in the order of the documentation. With
// privileged, also those that change a thread's identity: a supervisor
// without capabilities has targets that cannot.
func Table(privileged bool) []Call {
	rows := append([]Call(nil), table...)
	if privileged {
		rows = append(rows, identityCalls...)
	}
	return rows
}

// IdentityCalls are the names of those that only change a thread's identity.
func IdentityCalls() []string {
	var names []string
	for _, call := range identityCalls {
		names = append(names, call.Name)
	}
	return names
}

// Optional are the classes that are mediated only where a rule names them:
// their calls are frequent, and harmless to all but what a rule wants hidden.
const Optional = rules.Stat

// sockets are the classes of addresses.
const sockets = rules.Connect | rules.Bind

// Wanted reports whether the call is mediated under rules that name these
// classes.
func (c *Call) Wanted(named rules.Access) bool {
	return c.Access == 0 || c.Access&^Optional != 0 || c.Access&named != 0
}

// Mediated is the union of the classes the table can ask for.
func Mediated() rules.Access {
	var all rules.Access
	for _, c := range table {
		all |= c.Access
	}
	return all
}

// lookup finds the row of a call number; nil when it is not in the table.
func lookup(number int32) *mediated {
	if number < 0 || number >= lastNumber {
		return nil
	}
	return byNumber[number]
}
