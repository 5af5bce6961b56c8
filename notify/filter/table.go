package filter

import (
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Disposition is what happens to a call that the plan does not mention.
type Disposition uint8

const (
	// Default calls are harmless to anybody but their caller. They are in the
	// group @default, which a Spec without Allow stands for.
	Default Disposition = iota
	// Stat calls look at files or move the working directory. They are allowed
	// like Default calls unless they are notified.
	Stat
	// Mediated calls act on a path or an address that only a supervisor can
	// judge: they are notified or refused, and can not be in Allow.
	Mediated
	// Refused calls are refused unless Allow names them or one of their groups.
	Refused
	// Never calls are refused whatever the plan says.
	Never
)

// String gives the disposition's name in lower case.
func (d Disposition) String() string {
	return [...]string{"default", "stat", "mediated", "refused", "never"}[d]
}

// Syscall is one row of the table.
type Syscall struct {
	Number int    // as in the x86-64 table
	Name   string // the kernel's, without sys_
	// Groups that hold the call, sorted, each with its @.
	Groups      []string
	Disposition Disposition
	// Errno answers the call when it is refused and no Denial says otherwise:
	// EPERM, or ENOSYS where libraries then fall back on an older call.
	Errno int
	// Conditional tells that arguments decide too: a part of the call is
	// refused although the rest is allowed.
	Conditional bool
	// Lift is the group that allows the refused part of a conditional call, or
	// empty. Naming the call itself in Allow lifts the condition as well.
	Lift string
	// Reason says why a Never call is refused, and what allowing a Refused one
	// gives away. Empty for the others.
	Reason string
}

// row is a Syscall as it is written down.
type row struct {
	nr     int
	name   string
	disp   Disposition
	groups string // beyond those implied by disp
	errno  syscall.Errno
	why    string
}

// losses say what a target gains when a group is allowed.
var losses = map[string]string{
	"@bpf":       "loads programs into the kernel",
	"@clock":     "changes the system's time",
	"@debug":     "reads or changes other processes, or watches the kernel",
	"@fanotify":  "its events hand out open descriptors of files that no rule has seen",
	"@host":      "changes the host's name or hangs up its terminals",
	"@kexec":     "replaces the running kernel",
	"@keyring":   "reaches keys shared with the whole session, the supervisor's included",
	"@landlock":  "a domain that the program makes for itself does not hold for what the supervisor opens for it",
	"@lsm":       "changes the security label without the check of /proc/self/attr",
	"@module":    "loads and removes kernel modules",
	"@mount":     "changes what a path means after it has been checked",
	"@namespace": "changes what a path, a process id or an address means after it has been checked",
	"@numa":      "moves the memory of other processes",
	"@obsolete":  "calls that no current program needs",
	"@quota":     "changes disk quotas, and names file systems by device",
	"@rawio":     "talks to the hardware past the kernel",
	"@reboot":    "stops or restarts the machine",
	"@swap":      "opens swap and accounting files by path, unmediated",
}

var (
	table  = buildTable() // ascending by number
	byName = indexNames()
	groups = indexGroups()
)

func buildTable() []Syscall {
	calls := make([]Syscall, 0, len(rows000)+len(rows133)+len(rows256)+len(rows424))
	for _, rows := range [...][]row{rows000, rows133, rows256, rows424} {
		for i := range rows {
			calls = append(calls, rows[i].syscall())
		}
	}
	return calls
}

func (r *row) syscall() Syscall {
	s := Syscall{Number: r.nr, Name: r.name, Disposition: r.disp, Errno: int(r.errno), Reason: r.why}
	s.Groups = groupLists[r.disp][r.groups]
	if s.Groups == nil {
		s.Groups = r.groupList()
		groupLists[r.disp][r.groups] = s.Groups
	}
	if r.disp == Refused {
		first, _, _ := strings.Cut(r.groups, " ")
		s.Reason = losses[first]
	}
	if r.errno == 0 {
		s.Errno = int(unix.EPERM)
	}
	if g, ok := guardOf(r.name); ok {
		s.Conditional, s.Lift = true, g.lift
	}
	return s
}

// groupLists are the lists made so far: most rows share theirs with others.
var groupLists = [...]map[string][]string{Default: {}, Stat: {}, Mediated: {}, Refused: {}, Never: {}}

func (r *row) groupList() []string {
	list := strings.Fields(r.groups)
	switch r.disp {
	case Default:
		list = append(list, "@default")
	case Stat:
		list = append(list, "@default", "@stat")
	}
	slices.Sort(list)
	return list
}

func indexNames() map[string]int {
	m := make(map[string]int, len(table))
	for i := range table {
		m[table[i].Name] = i
	}
	return m
}

// indexGroups maps a group to the table indices of its members.
func indexGroups() map[string][]int {
	m := make(map[string][]int)
	for i := range table {
		for _, g := range table[i].Groups {
			m[g] = append(m[g], i)
		}
	}
	return m
}

// Table returns every known call in the order of numbers. The caller owns it.
func Table() []Syscall {
	calls := slices.Clone(table)
	for i := range calls {
		calls[i].Groups = slices.Clone(calls[i].Groups)
	}
	return calls
}

// ByName finds a call by the kernel's name for it.
func ByName(name string) (Syscall, bool) {
	i, ok := byName[name]
	return copyOf(i, ok)
}

// ByNumber finds a call by its x86-64 number.
func ByNumber(nr int) (Syscall, bool) {
	i, ok := slices.BinarySearchFunc(table, nr, func(s Syscall, nr int) int { return s.Number - nr })
	return copyOf(i, ok)
}

func copyOf(i int, ok bool) (Syscall, bool) {
	if !ok {
		return Syscall{}, false
	}
	s := table[i]
	s.Groups = slices.Clone(s.Groups)
	return s, true
}

// Groups returns the names of all groups, sorted, each with its @.
func Groups() []string {
	names := make([]string, 0, len(groups))
	for g := range groups {
		names = append(names, g)
	}
	slices.Sort(names)
	return names
}

// Names returns the names of all calls, sorted.
func Names() []string {
	names := make([]string, 0, len(table))
	for _, s := range table {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names
}

// Known tells whether a Spec may hold this name or @group.
func Known(nameOrGroup string) bool {
	_, isName := byName[nameOrGroup]
	_, isGroup := groups[nameOrGroup]
	return isName || isGroup
}

// Loss says what a target gains when a group is allowed; "" for a group whose
// calls are allowed by default, and for what is no group.
func Loss(group string) string { return losses[group] }
