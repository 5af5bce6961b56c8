package probe

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// What a feature is needed for.
const (
	Required    = "required"    // nothing can be supervised without it
	Recommended = "recommended" // supervision works, with less speed or safety
)

// Feature is something that the kernel must or should be able to do.
type Feature struct {
	Name   string
	Since  string // the first kernel that has it, "5.14"
	Need   string // [Required] or [Recommended]
	Remedy string // what to do where it is missing
}

// Result is the outcome of trying a feature.
type Result struct {
	Feature
	OK     bool
	Err    error  // why not; nil when OK
	Detail string // what else was found out, "ABI 7"
}

// The features, in the order of the results.
const (
	userNotif = iota
	selfTest
	addFD
	addFDSend
	pidfdGetfd
	readMemory
	resolve
	waitKillable
	syncWakeUp
	pidfdThread
	landlockScope
	features
)

const (
	newer      = "run a kernel of at least that version"
	containers = "; in a container, let its seccomp profile pass the call"
)

var table = [features]Feature{
	userNotif: {"seccomp user notification", "5.0", Required,
		newer + " built with CONFIG_SECCOMP_FILTER" + containers},
	selfTest: {"serving a notified call", "5.0", Required,
		"look into the audit log for a security module that refuses ioctl(2) on the listener"},
	addFD:     {"injecting a descriptor (ADDFD)", "5.9", Required, newer},
	addFDSend: {"injecting and answering at once (ADDFD_SEND)", "5.14", Required, newer},
	pidfdGetfd: {"fetching a child's descriptor (pidfd_getfd)", "5.6", Required,
		newer + containers + "; kernel.yama.ptrace_scope must be below 3"},
	readMemory: {"reading a child's memory (process_vm_readv)", "3.2", Required,
		"build the kernel with CONFIG_CROSS_MEMORY_ATTACH" + containers + "; kernel.yama.ptrace_scope must be below 3"},
	resolve: {"opening without symlinks (openat2)", "5.6", Required, newer + containers},
	waitKillable: {"calls that signals do not interrupt (WAIT_KILLABLE_RECV)", "5.19", Recommended,
		newer + "; without it a signal can make a call happen twice"},
	syncWakeUp: {"synchronous wake-ups (SYNC_WAKE_UP)", "6.6", Recommended,
		newer + "; without it each call costs several times as much"},
	pidfdThread: {"pidfds of threads (PIDFD_THREAD)", "6.9", Recommended,
		newer + "; without it calls of threads cost a look into /proc"},
	landlockScope: {"signals kept inside (Landlock signal scope)", "6.12", Recommended,
		newer + " with landlock among lsm= at boot; without it a program can signal other processes of its user"},
}

// ErrUntried is the error of a feature that could not be tried because
// another one is missing: its own remedy need not help.
var ErrUntried = errors.New("not tried: the child could not be served so far")

// timeLimit is for one step of the child. It needs microseconds; this is for
// a machine that is very busy.
const timeLimit = 10 * time.Second

var cache struct {
	sync.Mutex
	results []Result
}

// Probe tries every feature and returns a result for each, the required ones
// first. It takes some milliseconds. Conclusive results are kept for the life
// of the process; where something else was in the way (descriptors or memory
// had run out, a step took too long), all is tried again next time. It is safe
// for concurrent use, and starts and reaps a child.
func Probe() []Result {
	cache.Lock()
	defer cache.Unlock()
	if cache.results == nil {
		results := try()
		if !conclusive(results) {
			return results
		}
		cache.results = results
	}
	return append([]Result(nil), cache.results...)
}

func conclusive(results []Result) bool {
	for _, r := range results {
		for _, passing := range []error{
			unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN, unix.EINTR, unix.ENOSPC, errTimeout,
		} {
			if errors.Is(r.Err, passing) {
				return false
			}
		}
	}
	return true
}

// outcomes collects the results of one round.
type outcomes [features]Result

func try() []Result {
	var o outcomes
	for i, f := range table {
		o[i] = Result{Feature: f, Err: ErrUntried}
	}
	o.alone()
	o.withChild()
	return o[:]
}

// set records an outcome; a nil error means that the feature works.
func (o *outcomes) set(feature int, err error) {
	o[feature].OK, o[feature].Err = err == nil, err
}
