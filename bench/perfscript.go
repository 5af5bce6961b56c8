package main

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
)

// frame is a function on a sampled stack.
type frame struct {
	name   string
	kernel bool
}

// stackSample is one stack, the innermost function first, and the case that it was
// taken in.
type stackSample struct {
	label  string
	frames []frame
}

// parseScript reads what `perf script -F comm,ip,sym,dso` prints: a line for each
// sample, one below it for each function,
//
//	broker
//		ffffffff8130f6d1 seccomp_notify_ioctl+0x1 ([kernel.kallsyms])
//		          48a1e0 seccomp-broker/notify.(*Receiver).Receive (/tmp/broker)
//
// and an empty one. Samples without a stack are left out.
func parseScript(out []byte, label string) []stackSample {
	var all []stackSample
	var frames []frame
	end := func() {
		if len(frames) > 0 {
			all = append(all, stackSample{label, frames})
		}
		frames = nil
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] != '\t' && line[0] != ' ' {
			end()
			continue
		}
		_, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		at := strings.LastIndex(rest, " (")
		if !ok || at < 0 {
			continue
		}
		frames = append(frames, frame{rest[:at], strings.HasPrefix(rest[at:], " ([")})
	}
	end()
	return all
}

// starters are how the runtime's own work begins; they do not say what it is.
var starters = []string{"runtime.mstart.abi0", "runtime.mstart0", "runtime.mstart1", "runtime.goexit.abi0", "runtime.mcall", "[unknown]"}

// owner is what a sample is put down to: the innermost function of the broker's
// own but for the wrappers of system calls, and the call that it makes. What
// the runtime does by itself is called by its outermost function.
func (s stackSample) owner() string {
	call := ""
	for _, f := range s.frames {
		if name, ok := strings.CutPrefix(f.name, "__x64_sys_"); ok && f.kernel {
			call = ": " + name
		}
		name, ok := strings.CutPrefix(f.name, "seccomp-broker/")
		if ok && !strings.HasPrefix(name, "notify/sys.") {
			return name + call
		}
	}
	for _, f := range slices.Backward(s.frames) {
		if !f.kernel && !slices.Contains(starters, f.name) {
			return f.name + call
		}
	}
	return "the kernel by itself"
}
