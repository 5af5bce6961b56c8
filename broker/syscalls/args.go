package syscalls

import (
	"fmt"
	"strings"

	"seccomp-broker/notify/sys"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// arg is the role of an argument of a system call.
type arg uint8

const (
	argDir     arg = iota // directory descriptor that the path is relative to
	argPath               // the path, or the old one of two
	argDir2               // directory descriptor of the new path
	argPath2              // the new path
	argFD                 // descriptor that the call acts on
	argAt                 // AT_* flags
	argFlags              // the call's own flags
	argMode               // permissions, or what access(2) asks for
	argDev                // device number of a node
	argUID                // owner to be
	argGID                // group to be
	argTimes              // utimbuf, timevals or timespecs
	argName               // name of an extended attribute
	argValue              // its value
	argSize               // bytes at the pointer before it
	argLength             // of a file
	argHow                // struct open_how
	argText               // what a symlink points to
	argBuf                // where an answer goes
	argMask               // what is asked for, or watched
	argHandle             // struct file_handle
	argMount              // where the mount's id goes
	argParams             // struct xattr_args
	argArgv               // arguments of a program
	argEnvp               // its environment
	argAddr               // struct sockaddr
	argLen                // its length
	argData               // bytes to send
	argMessage            // struct msghdr, or several
	argCount              // how many messages
	argBacklog            // of listen(2)
	argRoles              // how many roles there are
)

// argNames are the words of a row's signature.
var argNames = [argRoles]string{
	"dir", "path", "dir2", "path2", "fd", "at", "flags", "mode", "dev", "uid", "gid", "times", "name",
	"value", "size", "length", "how", "text", "buf", "mask", "handle", "mount", "params", "argv", "envp",
	"addr", "addrlen", "data", "message", "count", "backlog",
}

// positions tells for each role which argument register has it, -1 for none.
type positions [argRoles]int8

// parseSignature reads the words of a row.
func parseSignature(signature string) positions {
	var at positions
	for i := range at {
		at[i] = -1
	}
	for i, word := range strings.Fields(signature) {
		role := -1
		for r, name := range argNames {
			if name == word {
				role = r
			}
		}
		if role < 0 || i > 5 || at[role] >= 0 {
			panic(fmt.Sprintf("signature %q: %q", signature, word))
		}
		at[role] = int8(i)
	}
	return at
}

// has reports whether the call has such an argument.
func (c *Context) has(role arg) bool { return c.call.at[role] >= 0 }

// arg is the register of a role; 0 for a role that the call does not have.
func (c *Context) arg(role arg) uint64 {
	if i := c.call.at[role]; i >= 0 {
		return c.n.Data.Args[i]
	}
	return 0
}

// int is an argument that the kernel declares as int: the upper half of the
// register does not count.
func (c *Context) int(role arg) int { return int(int32(c.arg(role))) }

// dirfd is the directory descriptor of a path: the working directory for calls
// that have none.
func (c *Context) dirfd(which int) int {
	role := [2]arg{argDir, argDir2}[which]
	if !c.has(role) {
		return unix.AT_FDCWD
	}
	return c.int(role)
}

// last is what a symlink at the end of a call's path means to it.
type last uint8

const (
	noPath   last = iota // the call has no path
	follow               // to what the link leads to
	nofollow             // to the link itself
	entry                // to the name, which the call makes or takes away
	byAt                 // AT_SYMLINK_NOFOLLOW tells; AT_EMPTY_PATH means the descriptor
	byFollow             // AT_SYMLINK_FOLLOW tells; AT_EMPTY_PATH means the descriptor
	byOpen               // O_NOFOLLOW, and O_CREAT with O_EXCL, tell
)

// String is the column of the documentation.
func (l last) String() string {
	return [...]string{"", "followed", "the link itself", "the name", "by `AT_SYMLINK_NOFOLLOW`",
		"by `AT_SYMLINK_FOLLOW`", "by `O_NOFOLLOW`"}[l]
}

// lastFlags translates the call's AT_* flags into those of the walk. A bit
// that is neither about the last component nor in others is EINVAL.
func (c *Context) lastFlags(others int) (tracee.Flags, sys.Errno) {
	at := c.int(argAt)
	var f tracee.Flags
	switch c.call.Last {
	case follow:
		return tracee.Follow, 0
	case entry:
		return tracee.Entry, 0
	case byAt:
		if at&unix.AT_SYMLINK_NOFOLLOW == 0 {
			f = tracee.Follow
		}
		others |= unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH
	case byFollow:
		if at&unix.AT_SYMLINK_FOLLOW != 0 {
			f = tracee.Follow
		}
		others |= unix.AT_SYMLINK_FOLLOW | unix.AT_EMPTY_PATH
	default:
		return 0, 0
	}
	if at&unix.AT_EMPTY_PATH != 0 {
		f |= tracee.Empty
	}
	if at&^others != 0 {
		return 0, unix.EINVAL
	}
	return f, 0
}
