package learn

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"
)

// Bounds of what a trace can make its reader remember.
const (
	maxTraceLine = 1 << 20
	maxProcesses = 1 << 16
	maxFDs       = 4096 // of one process
	maxKnown     = maxUses
)

// Host tells what a trace leaves out: how things are on this machine.
type Host struct {
	// Cwd is where the traced program was started.
	Cwd string
	// Canonical resolves the symlinks of an absolute path.
	Canonical func(string) string
	// Interpreter is what a script's first line names; "" for what is none.
	Interpreter func(path string) string
}

// Trace says what became of a trace.
type Trace struct {
	Calls   uint64 // understood
	Strange uint64 // lines that are no calls as strace writes them
	Cut     bool   // the last line is not whole
	// Never are calls that were made and that the kernel's part of every policy
	// refuses unless rules lift them by name.
	Never []string
}

// String is the remark about it; empty when there is nothing to remark.
func (t Trace) String() string {
	var parts []string
	if t.Strange > 0 {
		parts = append(parts, fmt.Sprintf("lines that are no calls as strace writes them, and do not count: %d", t.Strange))
	}
	if t.Cut {
		parts = append(parts, "the last line is cut")
	}
	if len(t.Never) > 0 {
		parts = append(parts, "these calls stay refused unless syscalls { allow = […] } lifts them: "+strings.Join(t.Never, ", "))
	}
	return strings.Join(parts, "; ")
}

// ReadStrace takes over what a log of strace -f tells, with or without -y, -yy,
// -t and -o. The files need not exist any more; where links led is asked of
// host. Memory is bounded whatever the log's size. The error is one of reading.
func ReadStrace(r io.Reader, c *Collector, host Host) (Trace, error) {
	t := &tracer{c: c, host: host, processes: map[int]*process{}, known: map[string]bool{}, never: map[string]bool{}}
	lines := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := lines.ReadSlice('\n')
		if len(line) < maxTraceLine {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return t.trace, err
		}
		if text := strings.TrimRight(string(line), "\r\n"); text != "" {
			if ok := t.line(text); !ok && err != nil {
				t.trace.Cut = true
			} else if !ok {
				t.trace.Strange++
			}
		}
		line = line[:0]
		if err != nil {
			t.trace.Never = slices.Sorted(maps.Keys(t.never))
			return t.trace, nil
		}
	}
}

// tracer follows the processes of a trace.
type tracer struct {
	c         *Collector
	host      Host
	processes map[int]*process
	known     map[string]bool // paths that were there
	never     map[string]bool
	trace     Trace
}

// process is what a trace tells of one process. Threads share less here than
// they do in truth, which matters only to those that close or go elsewhere.
type process struct {
	cwd, exe string
	fds      map[int]string // a path, or "socket:" and its protocol
	begun    string         // of a call that is not finished
}

func (t *tracer) process(pid int) *process {
	p := t.processes[pid]
	if p == nil {
		if len(t.processes) >= maxProcesses {
			clear(t.processes)
		}
		p = &process{cwd: cmp.Or(t.host.Cwd, "/"), fds: map[int]string{}}
		t.processes[pid] = p
	}
	return p
}

// line reads one line; false where it is none that strace writes.
func (t *tracer) line(text string) bool {
	pid, text := cutPrefix(text)
	if strings.HasPrefix(text, "+++ ") || strings.HasPrefix(text, "--- ") {
		if strings.Contains(text, "exited with") || strings.Contains(text, "killed by") {
			delete(t.processes, pid)
		}
		return true
	}
	if strings.HasPrefix(text, "strace: ") {
		return true
	}
	p := t.process(pid)
	if rest, ok := strings.CutPrefix(text, "<... "); ok {
		_, rest, ok = strings.Cut(rest, " resumed>")
		if !ok {
			return false
		}
		text, p.begun = p.begun+strings.TrimPrefix(rest, " "), ""
	}
	if begun, ok := strings.CutSuffix(text, "<unfinished ...>"); ok {
		p.begun = strings.TrimRight(begun, " ")
		return true
	}
	call, ok := parseCall(text)
	if !ok {
		return false
	}
	t.trace.Calls++
	t.c.meetPID(pid)
	t.call(pid, p, &call)
	return true
}

// call follows what a call means for the process, and takes over what it asks
// of the rules.
func (t *tracer) call(pid int, p *process, c *call) {
	if slices.Contains(neverAllowed, c.name) {
		t.never[c.name] = true
	}
	switch c.name {
	case "clone", "clone3", "fork", "vfork":
		if child := c.number(); child > 0 {
			one := t.process(child)
			one.cwd, one.exe, one.fds = p.cwd, p.exe, maps.Clone(p.fds)
		}
	case "chdir":
		if c.errno == "" && len(c.args) > 0 {
			if s, ok := unquote(c.args[0]); ok {
				p.cwd = t.resolve(p, p.cwd, s, true)
			}
		}
	case "fchdir":
		if dir := t.directory(p, first(c.args)); c.errno == "" && dir != "" {
			p.cwd = dir
		}
	case "close":
		delete(p.fds, leadingNumber(first(c.args)))
	case "dup", "dup2", "dup3", "fcntl":
		if fd := c.number(); c.errno == "" && fd >= 0 && (c.name != "fcntl" || len(c.args) > 1 && strings.HasPrefix(c.args[1], "F_DUPFD")) {
			p.remember(fd, t.descriptor(p, first(c.args)))
		}
	case "socket":
		if fd := c.number(); fd >= 0 && len(c.args) == 3 {
			p.remember(fd, "socket:"+c.args[2])
		}
	default:
		t.mediated(pid, p, c)
	}
}

func (p *process) remember(fd int, what string) {
	if len(p.fds) < maxFDs {
		p.fds[fd] = what
	}
}

// mediated takes over a call that rules decide.
func (t *tracer) mediated(pid int, p *process, c *call) {
	roles, ok := signatures()[c.name]
	if !ok {
		return
	}
	asked, ok := asks(c, roles)
	if !ok || asked.Address {
		t.network(p, c, asked)
		return
	}
	if failsAnyway(c) {
		return
	}
	name, name2 := t.paths(pid, p, c, roles, asked)
	if name == "" {
		return
	}
	if asked.Temporary {
		name = path.Join(name, syscalls.TemporaryName)
	}
	access := asked.First
	if asked.Missing != 0 && !t.known[name] {
		access |= asked.Missing
	}
	add := func(u Use) {
		if u.Access != 0 {
			u.Exe, u.Count, u.Call = p.exe, 1, c.name
			t.c.Add(u)
		}
	}
	add(Use{Path: name, Access: access})
	if name2 != "" {
		add(Use{Path: name2, Access: asked.Second | asked.Replaced})
		t.c.addPair(p.exe, name, name2, strings.HasPrefix(c.name, "link"))
		t.learnAbout(name2, true)
	}
	t.learnAbout(name, asked.First&rules.Remove == 0)
	if fd := c.number(); fd >= 0 && (strings.HasPrefix(c.name, "open") || c.name == "creat") {
		p.remember(fd, name)
	}
	if asked.First == rules.Exec && c.errno == "" {
		t.executed(p, c, name)
	}
}

// executed follows a process into what it executes now.
func (t *tracer) executed(p *process, c *call, name string) {
	before := p.exe
	p.exe = name
	const maxInterpreters = 5
	for range maxInterpreters {
		if t.host.Interpreter == nil {
			return
		}
		interpreter := t.host.Interpreter(p.exe)
		if interpreter == "" {
			return
		}
		p.exe = t.canonical(interpreter)
		t.c.Add(Use{Exe: before, Path: p.exe, Access: rules.Exec, Count: 1, Call: c.name})
	}
}

// learnAbout remembers whether a path is there.
func (t *tracer) learnAbout(name string, there bool) {
	if !there {
		delete(t.known, name)
		return
	}
	if len(t.known) < maxKnown {
		t.known[name] = true
	}
}

// failsAnyway tells calls that need nothing, as [telling] does for events.
func failsAnyway(c *call) bool {
	switch c.errno {
	case "ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG", "EFAULT", "EBADF", "EINVAL":
		return true
	case "EEXIST":
		return makesEntry(c.name)
	}
	return false
}

// neverAllowed are calls that no profile of a container lets pass.
var neverAllowed = []string{
	"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "mount", "umount2", "pivot_root", "chroot", "setns", "bpf",
	"io_uring_setup", "perf_event_open", "userfaultfd", "open_by_handle_at", "init_module", "finit_module", "kexec_load",
	"add_key", "request_key", "keyctl", "fanotify_init",
}
