package syscalls

import (
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// judgeSockets refuses to move or link a local socket, or a directory that may
// hold some, to where more may connect to it: whoever answers there is the
// same.
func (c *Context) judgeSockets(from, to int) (answer, bool) {
	if c.by.Policy.Classes()&rules.Connect == 0 {
		return answer{}, true // nobody can connect to anything
	}
	var st unix.Stat_t
	if c.exists(c.place[from], &st) != 0 {
		return answer{}, true
	}
	source, target := c.place[from].Path, c.place[to].Path
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
	case unix.S_IFDIR:
		source, target = c.inside(source), c.inside(target)
	default:
		return answer{}, true
	}
	if !c.mayConnect(target) || c.mayConnect(source) {
		return answer{}, true
	}
	if c.settle(from, rules.Decision{Verdict: rules.Deny, Access: rules.Connect}, false) {
		return answer{}, true
	}
	return c.refuse("more may connect to a socket at the new name than at the old one"), false
}

func (c *Context) mayConnect(path []byte) bool {
	q := rules.Query{Access: rules.Connect, Address: &rules.Address{Family: rules.UnixPath, Name: path}, Scope: c.scope()}
	return c.by.Policy.Decide(&q).Verdict == rules.Allow
}
