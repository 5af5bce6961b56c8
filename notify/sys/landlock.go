package sys

import "golang.org/x/sys/unix"

// LandlockABI asks the kernel which version of Landlock it has. EOPNOTSUPP
// means that it was not enabled at boot, ENOSYS that it was not built in.
// landlock_create_ruleset(2), LANDLOCK_CREATE_RULESET_VERSION.
func LandlockABI() (int, Errno) {
	v, _, e := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	return int(v), e
}
