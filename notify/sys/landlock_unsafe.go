package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// LandlockRuleset is struct landlock_ruleset_attr. A kernel that does not
// know a later field wants a smaller size. landlock(7).
type LandlockRuleset struct {
	AccessFS, AccessNet, Scoped uint64
}

// Sizes of the structure at the ABI versions where it grew.
const (
	landlockSizeV1 = 8
	landlockSizeV6 = int(unsafe.Sizeof(LandlockRuleset{}))
)

// LandlockABI is the version the kernel speaks; 0 when it has no Landlock or
// has it switched off.
func LandlockABI() int {
	n, _, e := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e != 0 {
		return 0
	}
	return int(n)
}

// LandlockCreate makes a ruleset and returns its descriptor.
func LandlockCreate(r *LandlockRuleset) (int, Errno) {
	size := landlockSizeV6
	if r.Scoped == 0 && r.AccessNet == 0 {
		size = landlockSizeV1
	}
	fd, _, e := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(r)), uintptr(size), 0)
	return int(fd), e
}

// LandlockAllow lets access happen on what the O_PATH descriptor at refers to,
// and on everything below it.
func LandlockAllow(ruleset int, access uint64, at int) Errno {
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(at)}
	_, _, e := unix.RawSyscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset),
		unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	return e
}
