package launch

import (
	"fmt"
	"os"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// Landlock versions that brought what is used here. landlock(7).
const (
	abiExec   = 1 // Linux 5.13
	abiSignal = 6 // Linux 6.12
)

// domain is the Landlock domain that a command will live in.
type domain struct {
	ruleset       *os.File // nil where there is nothing to confine
	signals, exec bool     // what it confines
}

// newDomain builds the domain a command asks for, as far as the kernel can.
// What it cannot is left out, and the caller tells by the flags.
func newDomain(c *Command) (domain, error) {
	abi := sys.LandlockABI()
	d := domain{
		signals: !c.AllowOutsideSignals && abi >= abiSignal,
		exec:    len(c.ExecBelow) > 0 && abi >= abiExec,
	}
	var attr sys.LandlockRuleset
	if d.signals {
		attr.Scoped = unix.LANDLOCK_SCOPE_SIGNAL
	}
	if d.exec {
		attr.AccessFS = unix.LANDLOCK_ACCESS_FS_EXECUTE
	}
	if attr == (sys.LandlockRuleset{}) {
		return d, nil
	}
	fd, e := sys.LandlockCreate(&attr)
	if e != 0 {
		return d, &Error{Step: "create a Landlock ruleset", Err: e}
	}
	d.ruleset = os.NewFile(uintptr(fd), "landlock")
	if !d.exec {
		return d, nil
	}
	for _, path := range c.ExecBelow {
		if err := d.allowExec(path); err != nil {
			d.close()
			return d, err
		}
	}
	return d, nil
}

// allowExec lets files at and below path be executed. What does not exist now
// is left out: it cannot be executed either.
func (d *domain) allowExec(path string) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT || err == unix.ENOTDIR || err == unix.EACCES {
		return nil
	}
	if err != nil {
		return &Error{Step: fmt.Sprintf("open %s for the Landlock ruleset", path), Err: err}
	}
	defer sys.Close(fd)
	if e := sys.LandlockAllow(int(d.ruleset.Fd()), unix.LANDLOCK_ACCESS_FS_EXECUTE, fd); e != 0 {
		return &Error{Step: fmt.Sprintf("add %s to the Landlock ruleset", path), Err: e}
	}
	return nil
}

func (d *domain) close() {
	if d.ruleset != nil {
		_ = d.ruleset.Close()
	}
}
