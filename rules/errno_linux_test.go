package rules

import (
	"syscall"
	"testing"
)

// TestErrnoAgainstKernel compares some of the table with the system's own.
func TestErrnoAgainstKernel(t *testing.T) {
	for name, n := range map[string]syscall.Errno{
		"EPERM": syscall.EPERM, "EACCES": syscall.EACCES, "EDEADLK": syscall.EDEADLK, "ENAMETOOLONG": syscall.ENAMETOOLONG,
		"ELOOP": syscall.ELOOP, "ENOTEMPTY": syscall.ENOTEMPTY, "EBADFD": syscall.EBADFD, "EOPNOTSUPP": syscall.EOPNOTSUPP,
		"ECONNREFUSED": syscall.ECONNREFUSED, "EDQUOT": syscall.EDQUOT, "ENOTRECOVERABLE": syscall.ENOTRECOVERABLE,
		"EKEYREJECTED": syscall.EKEYREJECTED, "ETIMEDOUT": syscall.ETIMEDOUT, "EBFONT": syscall.EBFONT,
	} {
		if got, _ := ErrnoByName(name); got != int(n) {
			t.Errorf("%s is %d here and %d in the kernel's header", name, got, int(n))
		}
	}
}
