package syscalls

import (
	"encoding/binary"
	"strconv"

	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Flag bits that the libraries spell differently from the kernel's headers:
// include/uapi/asm-generic/fcntl.h.
const (
	largeFile   = 0o100000   // O_LARGEFILE, which x/sys defines as 0 on 64-bit machines
	tmpFileBit  = 0o20000000 // __O_TMPFILE, without the O_DIRECTORY that belongs to it
	openHowSize = 24         // OPEN_HOW_SIZE_VER0
	pageSize    = 4096

	validFlags = unix.O_ACCMODE | unix.O_CREAT | unix.O_EXCL | unix.O_NOCTTY | unix.O_TRUNC |
		unix.O_APPEND | unix.O_NONBLOCK | unix.O_SYNC | unix.O_DSYNC | unix.O_ASYNC | unix.O_DIRECT |
		largeFile | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_NOATIME | unix.O_CLOEXEC |
		unix.O_PATH | unix.O_TMPFILE
	pathFlags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	modeBits  = 0o7777 // S_IALLUGO
)

// legacyHow is what the kernel makes of the arguments of open(2) and
// openat(2): unknown bits are dropped, O_PATH drops nearly all others, and a
// mode counts only where a file may be born. fs/open.c, build_open_how.
func legacyHow(flags, mode uint64) unix.OpenHow {
	flags &= validFlags
	if flags&unix.O_PATH != 0 {
		flags &= pathFlags
	}
	if flags&(unix.O_CREAT|tmpFileBit) == 0 {
		mode = 0
	}
	if flags&unix.O_PATH == 0 {
		flags |= largeFile
	}
	return unix.OpenHow{Flags: flags, Mode: mode & modeBits}
}

// readHow copies a struct open_how. openat2(2): a size from the future is
// fine as long as what this program does not know is zero.
func (c *Context) readHow(addr, size uint64) (unix.OpenHow, sys.Errno) {
	var how unix.OpenHow
	switch {
	case size < openHowSize:
		return how, unix.EINVAL
	case size > pageSize:
		return how, unix.E2BIG
	}
	buf, e := c.readStruct(addr, size, openHowSize)
	if e != 0 {
		return how, e
	}
	how.Flags = binary.NativeEndian.Uint64(buf[0:])
	how.Mode = binary.NativeEndian.Uint64(buf[8:])
	how.Resolve = binary.NativeEndian.Uint64(buf[16:])
	return how, 0
}

var probeName = []byte("x\x00")

// checkHow asks the kernel whether it would take these flags at all: with a
// directory descriptor that cannot exist, good ones end in EBADF and bad ones
// in EINVAL, so that the kernel's own table of combinations is used.
func checkHow(how *unix.OpenHow) sys.Errno {
	probe := *how
	if _, e := sys.Openat2(-1, probeName, &probe); e != unix.EBADF {
		return e
	}
	return 0
}

// needsCheck tells the combinations of legacy flags that the kernel refuses.
func needsCheck(flags uint64) bool {
	return flags&tmpFileBit != 0 || flags&(unix.O_CREAT|unix.O_DIRECTORY) == unix.O_CREAT|unix.O_DIRECTORY
}

// openClasses are the classes that opening needs whether or not the file
// exists. O_CREAT is not among them: an O_CREAT that creates nothing has no
// effect, and the broker knows which it is because it opens the file itself.
func openClasses(flags uint64) rules.Access {
	if flags&unix.O_PATH != 0 {
		return 0 // neither reads nor writes; what is opened through it is judged then
	}
	var a rules.Access
	switch flags & unix.O_ACCMODE {
	case unix.O_RDONLY:
		a = rules.Read
	case unix.O_WRONLY:
		a = rules.Write
	default: // 3 asks for both permissions: open(2)
		a = rules.Read | rules.Write
	}
	if flags&unix.O_TRUNC != 0 {
		a |= rules.Write
	}
	if flags&tmpFileBit != 0 {
		a |= rules.Create
	}
	return a
}

var flagNames = []struct {
	bit  uint64
	name string
}{
	{unix.O_CREAT, "O_CREAT"}, {unix.O_EXCL, "O_EXCL"}, {unix.O_NOCTTY, "O_NOCTTY"},
	{unix.O_TRUNC, "O_TRUNC"}, {unix.O_APPEND, "O_APPEND"}, {unix.O_NONBLOCK, "O_NONBLOCK"},
	{unix.O_SYNC, "O_SYNC"}, {unix.O_DSYNC, "O_DSYNC"}, {unix.O_ASYNC, "O_ASYNC"},
	{unix.O_DIRECT, "O_DIRECT"}, {unix.O_TMPFILE, "O_TMPFILE"}, {unix.O_DIRECTORY, "O_DIRECTORY"},
	{unix.O_NOFOLLOW, "O_NOFOLLOW"}, {unix.O_NOATIME, "O_NOATIME"}, {unix.O_CLOEXEC, "O_CLOEXEC"},
	{unix.O_PATH, "O_PATH"},
}

var accessModes = [4]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"}

// appendOpenFlags spells flags as a C program does.
func appendOpenFlags(buf []byte, flags uint64) []byte {
	buf = append(buf, accessModes[flags&unix.O_ACCMODE]...)
	rest := flags &^ (unix.O_ACCMODE | largeFile)
	for _, f := range flagNames {
		if rest&f.bit == f.bit {
			buf = append(append(buf, '|'), f.name...)
			rest &^= f.bit
		}
	}
	if rest != 0 {
		buf = strconv.AppendUint(append(buf, "|0x"...), rest, 16)
	}
	return buf
}
