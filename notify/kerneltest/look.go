package kerneltest

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Object is what a path led the target to.
type Object struct {
	Errno    unix.Errno
	FD       int // in the target, open until its next look; -1 for none
	Dev, Ino uint64
	Mode     uint32
}

// Same reports whether two lookups led to the same object, or failed alike.
func (o Object) Same(other Object) bool {
	o.FD, other.FD = 0, 0
	return o == other
}

func (o Object) String() string {
	if o.Errno != 0 {
		return unix.ErrnoName(o.Errno)
	}
	return fmt.Sprintf("device %d inode %d mode %#o", o.Dev, o.Ino, o.Mode)
}

// NoResolve makes [Victim.Look] use openat(2) and not openat2(2).
const NoResolve = -1

// Look lets a thread of the target (0 is the main one) open a path.
func (v *Victim) Look(thread, dirfd int, path string, flags int, resolve int64) Object {
	v.t.Helper()
	prefix := ""
	if thread > 0 {
		prefix = fmt.Sprintf("@%d ", thread)
	}
	text := v.Do("%slook %d %s %d %d", prefix, dirfd, Hex(path), flags, resolve)
	var o Object
	var errno int
	if _, err := fmt.Sscanf(text, "%d %d %d %d %d", &errno, &o.FD, &o.Dev, &o.Ino, &o.Mode); err != nil {
		v.t.Fatalf("the target answered %q to look %q", text, path)
	}
	o.Errno = unix.Errno(errno)
	return o
}
