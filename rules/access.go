package rules

import (
	"strings"
	"sync"
)

// Access is a set of access classes: what a system call does to the object it
// names. The zero value is the empty set.
type Access uint16

// The access classes, by the name rules use for them in lower case.
const (
	Read    Access = 1 << iota // open for reading, list a directory
	Write                      // open for writing, truncate
	Create                     // make a new name: open with O_CREAT, mkdir, link, rename to
	Remove                     // take a name away: unlink, rmdir, rename from
	Attr                       // change mode, owner, times, extended attributes
	Stat                       // ask for attributes or existence
	Exec                       // execute
	Connect                    // connect a socket
	Bind                       // bind a socket

	// All is every class.
	All Access = 1<<iota - 1
)

const classCount = 9

var classNames = [classCount]string{
	"read", "write", "create", "remove", "attr", "stat", "exec", "connect", "bind",
}

// String lists the classes by name: "read, write"; "none" for the empty set.
func (a Access) String() string { return accessNames()[a&All] }

// accessNames are the names of all sets: a refusal spells one.
var accessNames = sync.OnceValue(func() *[All + 1]string {
	var all [All + 1]string
	all[0] = "none"
	for a := Access(1); a <= All; a++ {
		var names []string
		for i, n := range classNames {
			if a&(1<<i) != 0 {
				names = append(names, n)
			}
		}
		all[a] = strings.Join(names, ", ")
	}
	return &all
})

// ParseAccess gives the one class called name.
func ParseAccess(name string) (Access, bool) {
	for i, n := range classNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Verdict is what a rule says of an access. The order is that of strictness:
// the smaller verdict wins, and the zero value is the strictest.
type Verdict uint8

// The verdicts, strictest first.
const (
	Deny Verdict = iota
	Ask
	Emulate
	Allow
)

// String gives the word that rules use.
func (v Verdict) String() string {
	switch v {
	case Deny:
		return "deny"
	case Ask:
		return "ask"
	case Emulate:
		return "emulate"
	case Allow:
		return "allow"
	}
	return "invalid"
}

// Mode says whether verdicts are carried out or only reported. The zero value
// enforces.
type Mode uint8

// The modes, strictest first.
const (
	Enforce Mode = iota
	Monitor
)

// String gives the word that rules use.
func (m Mode) String() string {
	switch m {
	case Enforce:
		return "enforce"
	case Monitor:
		return "monitor"
	}
	return "invalid"
}

// ParseMode gives the mode called name.
func ParseMode(name string) (Mode, bool) {
	switch name {
	case "enforce":
		return Enforce, true
	case "monitor":
		return Monitor, true
	}
	return Enforce, false
}
