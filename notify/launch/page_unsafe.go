package launch

/*
#cgo CFLAGS: -O2 -Wall -Wextra
#include "stub.h"
*/
import "C"

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const stubArgv0 = C.STUB_ARGV0

type stubStep uint32

// stepNames says what the stub was doing when it failed.
var stepNames = map[stubStep]string{
	C.STUB_STEP_CLOSE:        "close inherited descriptors",
	C.STUB_STEP_DISPOSITIONS: "restore the signals",
	C.STUB_STEP_NO_NEW_PRIVS: "set no_new_privs",
	C.STUB_STEP_LANDLOCK:     "enter the Landlock domain",
	C.STUB_STEP_SECCOMP:      "install the seccomp filter",
	C.STUB_STEP_WAIT:         "wait for the launcher",
	C.STUB_STEP_EXEC:         "execute the command",
}

func (s stubStep) String() string { return stepNames[s] }

// page is the mapping shared with the stub.
type page struct {
	file *os.File
	mem  []byte
}

func newPage(program []unix.SockFilter, confined bool) (*page, error) {
	header := int(unsafe.Sizeof(C.struct_stub_page{}))
	size := header + len(program)*int(unsafe.Sizeof(unix.SockFilter{}))
	fd, err := unix.MemfdCreate("broker-stub", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create the stub's mapping: %w", err)
	}
	file := os.NewFile(uintptr(fd), "broker-stub")
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("size the stub's mapping: %w", err)
	}
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("map the stub's mapping: %w", err)
	}
	p := &page{file: file, mem: mem}
	h := p.header()
	h.magic = C.STUB_MAGIC
	h.instructions = C.uint32_t(len(program))
	h.ignored = C.broker_ignored_at_start()
	h.blocked = C.broker_blocked_at_start()
	if confined {
		h.want = C.STUB_CONFINE
	}
	for i, ins := range program {
		*(*unix.SockFilter)(unsafe.Pointer(&mem[header+i*int(unsafe.Sizeof(ins))])) = ins
	}
	return p, nil
}

// closedAtStart reports whether standard descriptor fd was closed when this
// process started.
func closedAtStart(fd int) bool { return C.broker_closed_at_start()&(1<<fd) != 0 }

// restoreSlack gives the calling thread its timer slack back.
func restoreSlack() error {
	if e := C.broker_restore_slack(); e != 0 {
		return fmt.Errorf("restore the timer slack: %w", unix.Errno(e))
	}
	return nil
}

func (p *page) header() *C.struct_stub_page {
	return (*C.struct_stub_page)(unsafe.Pointer(&p.mem[0]))
}

func (p *page) state() *uint32 { return (*uint32)(unsafe.Pointer(&p.header().state)) }

func (p *page) listening() bool { return atomic.LoadUint32(p.state()) == C.STUB_LISTENING }

func (p *page) failed() bool { return atomic.LoadUint32(p.state()) == C.STUB_FAILED }

func (p *page) release() { atomic.StoreUint32(p.state(), C.STUB_GO) }

// failure is valid once failed reports true.
func (p *page) failure() (stubStep, unix.Errno) {
	h := p.header()
	return stubStep(h.step), unix.Errno(h.error)
}

func (p *page) listener() int { return int(p.header().listener) }

func (p *page) waitKillable() bool { return p.header().have&C.STUB_WAIT_KILLABLE != 0 }

func (p *page) close() {
	if p.mem != nil {
		_ = unix.Munmap(p.mem)
		p.mem = nil
	}
	_ = p.file.Close()
}
