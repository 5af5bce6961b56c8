package syscalls

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Asked is what a call asks of the rules. The engine derives its questions from
// the same functions.
type Asked struct {
	// First are the classes asked of the first path, or of the address; Second
	// those of the second path.
	First, Second rules.Access
	// Missing are asked of the first path besides where nothing is there, and
	// Replaced of the second where something is.
	Missing, Replaced rules.Access
	// File are asked besides of the path of a local socket's address.
	File rules.Access
	// Address says that the call is about an address.
	Address bool
	// Temporary says that what is asked about is TemporaryName below the path.
	Temporary bool
	// Follow says that a symlink at the end of the first path is followed.
	Follow bool
}

// Asks tells what a mediated call asks of the rules with these flags, which are
// names and numbers joined by "|" as in audit records. An error says what to
// write instead.
func Asks(call, flags string) (Asked, error) {
	i := slices.IndexFunc(table, func(c Call) bool { return c.Name == call })
	if i < 0 {
		return Asked{}, fmt.Errorf("%q is no call that rules decide; the page about calls lists those", call)
	}
	c := &table[i]
	known := flagsOf(c)
	if c.Name == "creat" && flags == "" { // it always has these
		return Asked{First: rules.Write, Missing: rules.Create, Follow: true}, nil
	}
	bits, err := parseFlags(flags, known)
	if err != nil {
		return Asked{}, fmt.Errorf("%s: %w", call, err)
	}
	a := Asked{First: c.Access, Follow: c.follows(bits)}
	switch {
	case c.Effect == opened:
		a.First = openClasses(bits)
		a.Temporary = bits&tmpFileBit != 0
		if bits&unix.O_CREAT != 0 {
			a.Missing = rules.Create
		}
	case c.Access == renameAccess:
		a.First, a.Second, a.Replaced = renameClasses(uint32(bits))
	case c.Access == linkAccess:
		a.First, a.Second = rules.Read, rules.Create
	case c.Access&sockets != 0:
		a.Address = true
		a.First &= sockets
		a.File = c.Access &^ sockets
	}
	return a, nil
}

// follows reports whether the call follows a symlink at the end of its path.
func (c *Call) follows(bits uint64) bool {
	switch c.Last {
	case byOpen:
		const makes = unix.O_CREAT | unix.O_EXCL
		return bits&unix.O_NOFOLLOW == 0 && bits&makes != makes
	case byAt:
		return bits&unix.AT_SYMLINK_NOFOLLOW == 0
	case byFollow:
		return bits&unix.AT_SYMLINK_FOLLOW != 0
	}
	return c.Last == follow
}

// renameClasses are those of rename's source, of its destination, and of a
// destination that exists besides.
func renameClasses(flags uint32) (source, destination, replaced rules.Access) {
	source, destination = rules.Remove|rules.Read, rules.Create
	if flags&(unix.RENAME_EXCHANGE|unix.RENAME_WHITEOUT) != 0 {
		source |= rules.Create
	}
	if flags&unix.RENAME_EXCHANGE != 0 {
		destination |= rules.Remove | rules.Read
	}
	return source, destination, rules.Write
}

// flagName is a flag with its name.
type flagName = struct {
	bit  uint64
	name string
}

var renameFlags = []flagName{
	{unix.RENAME_NOREPLACE, "RENAME_NOREPLACE"}, {unix.RENAME_EXCHANGE, "RENAME_EXCHANGE"}, {unix.RENAME_WHITEOUT, "RENAME_WHITEOUT"},
}

var atFlags = []flagName{
	{unix.AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"}, {unix.AT_SYMLINK_FOLLOW, "AT_SYMLINK_FOLLOW"},
	{unix.AT_EMPTY_PATH, "AT_EMPTY_PATH"}, {atExecveCheck, "AT_EXECVE_CHECK"},
}

// flagsOf are the flags that matter to what a call asks.
func flagsOf(c *Call) []flagName {
	switch {
	case c.Effect == opened && c.Name != "creat":
		all := slices.Clone(flagNames)
		for i, name := range accessModes {
			all = append(all, flagName{uint64(i), name})
		}
		return all
	case c.Name == "renameat2":
		return renameFlags
	case c.Last == byAt || c.Last == byFollow:
		return atFlags
	}
	return nil
}

// parseFlags reads what [appendOpenFlags] writes, and the names of others.
func parseFlags(text string, known []flagName) (bits uint64, err error) {
	if text == "" {
		return 0, nil
	}
	var names []string
	for _, f := range known {
		names = append(names, f.name)
	}
	for word := range strings.SplitSeq(text, "|") {
		word = strings.TrimSpace(word)
		if i := slices.Index(names, word); i >= 0 {
			bits |= known[i].bit
			continue
		}
		n, err := strconv.ParseUint(word, 0, 64)
		switch {
		case err == nil && len(known) > 0:
			bits |= n
		case len(known) == 0:
			return 0, fmt.Errorf("it has no flags that matter to rules; leave %q out", text)
		default:
			return 0, fmt.Errorf("there is no flag %q; there are %s", word, strings.Join(names, ", "))
		}
	}
	return bits, nil
}
