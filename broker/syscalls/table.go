package syscalls

import (
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Call is a row of the table of mediated calls.
type Call struct {
	Name   string
	Number int
	// Access are the classes the call can ask for; which of them it does ask
	// for depends on its flags and on what exists.
	Access rules.Access
	// Effect says in words how the call is carried out.
	Effect string

	handle func(*Context) answer
}

const (
	openAccess   = rules.Read | rules.Write | rules.Create
	renameAccess = rules.Read | rules.Write | rules.Create | rules.Remove
	linkAccess   = rules.Read | rules.Create
)

const (
	opened    = "opened by the broker, descriptor injected"
	done      = "done by the broker on the judged object"
	continued = "judged, then done by the kernel"
	observed  = "noticed, then done by the kernel: only registers matter"
)

// table is the one list of mediated calls: the filter's plan, the dispatch
// and the documentation are made from it.
var table = []Call{
	{"open", unix.SYS_OPEN, openAccess, opened, doOpen},
	{"openat", unix.SYS_OPENAT, openAccess, opened, doOpenat},
	{"openat2", unix.SYS_OPENAT2, openAccess, opened, doOpenat2},
	{"creat", unix.SYS_CREAT, openAccess, opened, doCreat},

	{"mkdir", unix.SYS_MKDIR, rules.Create, done, doMkdir},
	{"mkdirat", unix.SYS_MKDIRAT, rules.Create, done, doMkdirat},
	{"mknod", unix.SYS_MKNOD, rules.Create, done, doMknod},
	{"mknodat", unix.SYS_MKNODAT, rules.Create, done, doMknodat},
	{"symlink", unix.SYS_SYMLINK, rules.Create, done, doSymlink},
	{"symlinkat", unix.SYS_SYMLINKAT, rules.Create, done, doSymlinkat},
	{"link", unix.SYS_LINK, linkAccess, done, doLink},
	{"linkat", unix.SYS_LINKAT, linkAccess, done, doLinkat},

	{"unlink", unix.SYS_UNLINK, rules.Remove, done, doUnlink},
	{"unlinkat", unix.SYS_UNLINKAT, rules.Remove, done, doUnlinkat},
	{"rmdir", unix.SYS_RMDIR, rules.Remove, done, doRmdir},
	{"rename", unix.SYS_RENAME, renameAccess, done, doRename},
	{"renameat", unix.SYS_RENAMEAT, renameAccess, done, doRenameat},
	{"renameat2", unix.SYS_RENAMEAT2, renameAccess, done, doRenameat2},

	{"truncate", unix.SYS_TRUNCATE, rules.Write, done, doTruncate},
	{"chmod", unix.SYS_CHMOD, rules.Attr, done, doChmod},
	{"fchmod", unix.SYS_FCHMOD, rules.Attr, done, doFchmod},
	{"fchmodat", unix.SYS_FCHMODAT, rules.Attr, done, doFchmodat},
	{"fchmodat2", unix.SYS_FCHMODAT2, rules.Attr, done, doFchmodat2},
	{"chown", unix.SYS_CHOWN, rules.Attr, done, doChown},
	{"lchown", unix.SYS_LCHOWN, rules.Attr, done, doLchown},
	{"fchown", unix.SYS_FCHOWN, rules.Attr, done, doFchown},
	{"fchownat", unix.SYS_FCHOWNAT, rules.Attr, done, doFchownat},
	{"utime", unix.SYS_UTIME, rules.Attr, done, doUtime},
	{"utimes", unix.SYS_UTIMES, rules.Attr, done, doUtimes},
	{"futimesat", unix.SYS_FUTIMESAT, rules.Attr, done, doFutimesat},
	{"utimensat", unix.SYS_UTIMENSAT, rules.Attr, done, doUtimensat},
	{"setxattr", unix.SYS_SETXATTR, rules.Attr, done, doSetxattr},
	{"lsetxattr", unix.SYS_LSETXATTR, rules.Attr, done, doLsetxattr},
	{"fsetxattr", unix.SYS_FSETXATTR, rules.Attr, done, doFsetxattr},
	{"removexattr", unix.SYS_REMOVEXATTR, rules.Attr, done, doRemovexattr},
	{"lremovexattr", unix.SYS_LREMOVEXATTR, rules.Attr, done, doLremovexattr},
	{"fremovexattr", unix.SYS_FREMOVEXATTR, rules.Attr, done, doFremovexattr},

	{"execve", unix.SYS_EXECVE, rules.Exec, continued, doExecve},
	{"execveat", unix.SYS_EXECVEAT, rules.Exec, continued, doExecveat},
}

// identityCalls change who a thread is. They are notified only where that is
// possible at all, and decided on registers: the broker has to know that
// identities differ from now on.
var identityCalls = []Call{
	{"setuid", unix.SYS_SETUID, 0, observed, doIdentity},
	{"setgid", unix.SYS_SETGID, 0, observed, doIdentity},
	{"setreuid", unix.SYS_SETREUID, 0, observed, doIdentity},
	{"setregid", unix.SYS_SETREGID, 0, observed, doIdentity},
	{"setresuid", unix.SYS_SETRESUID, 0, observed, doIdentity},
	{"setresgid", unix.SYS_SETRESGID, 0, observed, doIdentity},
	{"setfsuid", unix.SYS_SETFSUID, 0, observed, doIdentity},
	{"setfsgid", unix.SYS_SETFSGID, 0, observed, doIdentity},
	{"setgroups", unix.SYS_SETGROUPS, 0, observed, doIdentity},
	{"capset", unix.SYS_CAPSET, 0, observed, doIdentity},
}

// lastNumber bounds the dispatch table.
const lastNumber = 512

var byNumber = func() (rows [lastNumber]*Call) {
	for _, list := range [][]Call{table, identityCalls} {
		for i := range list {
			rows[list[i].Number] = &list[i]
		}
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

// Mediated is the union of the classes the table can ask for.
func Mediated() rules.Access {
	var all rules.Access
	for _, c := range table {
		all |= c.Access
	}
	return all
}

// lookup finds the row of a call number; nil when it is not in the table.
func lookup(number int32) *Call {
	if number < 0 || number >= lastNumber {
		return nil
	}
	return byNumber[number]
}
