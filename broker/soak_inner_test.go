package broker

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"
)

// A soaked broker is this test binary once more, as a process that does nothing
// but supervise: what it holds can be counted from inside, and nothing of the
// tests is in the way.

// The variables that make this binary a broker to be soaked.
const (
	soakRules = "BROKER_SOAK_RULES"
	soakLog   = "BROKER_SOAK_LOG"
)

// usage is what a broker holds at one moment.
type usage struct {
	Calls       int64 // that were judged so far
	Goroutines  int
	Receivers   int // of the goroutines
	Threads     int
	Descriptors map[string]int // by what they refer to
	HeapObjects uint64
	HeapBytes   uint64
	RSS         int    // KiB
	Stacks      string // of all goroutines
}

// countingLog counts the calls that ask whether they are to be recorded.
type countingLog struct {
	*audit.Log
	calls atomic.Int64
}

func (l *countingLog) Wants(a audit.Action) bool {
	l.calls.Add(1)
	return l.Log.Wants(a)
}

func init() {
	if os.Getenv(soakRules) == "" {
		return
	}
	if err := soakedBroker(os.Getenv(soakRules), os.Getenv(soakLog), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "soaked broker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// soakedBroker runs a command under rules. It answers each line on descriptor
// 3 with what it holds, as JSON on descriptor 4, and the end of the run with
// two of those: what it held before and what it holds afterwards.
func soakedBroker(rulesFile, logFile string, args []string) error {
	asked, answers := os.NewFile(3, "asked"), os.NewFile(4, "answers")
	policy, diags := rules.Load(rules.Options{
		Files: []string{rulesFile}, Canonical: Canonical, Classes: syscalls.Mediated(), Vars: Vars(nil),
	})
	if diags.HasErrors() {
		return diags
	}
	plain, err := audit.New(audit.Options{Format: audit.JSON, Path: logFile})
	if err != nil {
		return err
	}
	log := &countingLog{Log: plain}
	before := measure(log)
	encoder := json.NewEncoder(answers)
	go func() {
		for lines := bufio.NewScanner(asked); lines.Scan(); {
			_ = encoder.Encode(measure(log))
		}
	}()
	var trouble []error
	result, err := Run(Config{
		Loaded: Loaded{Policy: policy}, Log: log, Path: args[0], Args: args, Env: []string{"PATH=/usr/bin:/bin"}, Grace: time.Minute,
		Notice: func(text string) { fmt.Fprintln(os.Stderr, "notice:", text) },
		Fail:   func(err error) { trouble = append(trouble, err) },
	})
	if result.Status != 0 {
		trouble = append(trouble, fmt.Errorf("the load ended with %#x", result.Status))
	}
	if err := errors.Join(append(trouble, err, result.NotStarted)...); err != nil {
		return err
	}
	after := measure(log)
	if err := plain.Close(); err != nil {
		return err
	}
	return errors.Join(encoder.Encode(before), encoder.Encode(after))
}

func measure(log *countingLog) usage {
	var stacks bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 2)
	u := usage{
		Calls: log.calls.Load(), Goroutines: runtime.NumGoroutine(), Stacks: stacks.String(), Descriptors: map[string]int{},
	}
	u.Receivers = strings.Count(u.Stacks, "broker.(*Engine).receive(")
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil { // not ReadDir's own
			u.Descriptors[withoutNumbers(to)]++
		}
	}
	tasks, _ := os.ReadDir("/proc/self/task")
	u.Threads = len(tasks)
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.HeapObjects, u.HeapBytes = m.HeapObjects, m.HeapAlloc
	u.RSS = residentKiB()
	return u
}

// withoutNumbers makes descriptors comparable that differ in an inode or a
// process id only.
func withoutNumbers(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, name)
}

// residentKiB is VmRSS: proc_pid_status(5).
func residentKiB() int {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.Atoi(fields[0])
	return kib
}
