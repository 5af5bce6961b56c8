package learn

import (
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"
)

// sockets are the classes of addresses.
const sockets = rules.Connect | rules.Bind

// telling reports whether an event shows something that the program needs. What
// failed as it would without rules is no need: a name that is not there, a file
// that its user may not open. A rule that refused or served something else has
// been written by somebody on purpose.
func telling(e *audit.Event) bool {
	switch e.Action {
	case audit.Allowed, audit.WouldDeny:
		switch e.Errno {
		case "ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG":
			return false
		case "EEXIST":
			return !makesEntry(e.Syscall)
		}
		return true
	case audit.Denied:
		return e.Rule == nil
	}
	return false
}

// makesEntry tells the calls that answer EEXIST before any rule is asked.
func makesEntry(call string) bool {
	for _, begin := range []string{"mkdir", "mknod", "symlink", "link"} {
		if strings.HasPrefix(call, begin) {
			return true
		}
	}
	return false
}

// partsOf splits an event into what was done to its path or address, and to its
// second path.
func partsOf(e *audit.Event) (parts [3]Use, n int) {
	first, second := classes(e.Classes), classes(e.Classes2)
	switch {
	case e.OnPath2 && second == 0:
		second = classes(e.Access)
	case !e.OnPath2 && e.Classes == "": // it may be narrower than the class that decided
		first = classes(e.Access)
	}
	if e.Action == audit.Denied {
		// What was not asked any more would be asked next time.
		if asked, err := syscalls.Asks(e.Syscall, e.Flags); err == nil {
			first |= asked.First
			second |= asked.Second
		}
	}
	add := func(u Use) {
		if u.Access != 0 && u.Subject() != "" {
			parts[n], n = u, n+1
		}
	}
	if strings.HasPrefix(e.Path, "/") {
		add(Use{Path: e.Path, Access: first &^ sockets})
	}
	switch {
	case e.Address != "":
		add(Use{Address: e.Address, Access: first & sockets})
	case first&sockets != 0 && strings.HasPrefix(e.Path, "/"): // a local socket's file
		add(Use{Address: "unix:" + e.Path, Access: first & sockets})
	}
	if strings.HasPrefix(e.Path2, "/") {
		add(Use{Path: e.Path2, Access: second &^ sockets})
	}
	return parts, n
}

// classes reads a list of classes as records have it; what it does not know is
// left out, since no rule could name it.
func classes(list string) (all rules.Access) {
	for list != "" {
		var word string
		word, list, _ = strings.Cut(list, ", ")
		class, _ := rules.ParseAccess(word)
		all |= class
	}
	return all
}
