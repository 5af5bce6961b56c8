package learn

import (
	"strings"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"
)

// Addresses as strace writes them.
var (
	inet4    = expression(`sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([0-9.]+)"\)`)
	inet6    = expression(`sa_family=AF_INET6, sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([0-9a-fA-F:.]+)"`)
	unixPath = expression(`sa_family=AF_UNIX, sun_path=(@?)("(?:[^"\\]|\\.)*")`)
)

// network takes over a call on a socket, where it has an address.
func (t *tracer) network(p *process, c *call, asked syscalls.Asked) {
	switch c.errno {
	case "EFAULT", "EBADF", "EINVAL", "ENOTSOCK", "ENOENT", "EACCES":
		return
	}
	access := asked.First & sockets
	if c.name == "listen" || access == 0 {
		return
	}
	for _, a := range t.addresses(p, c) {
		if a == "0.0.0.0:0" && access == rules.Connect {
			continue
		}
		t.c.Add(Use{Exe: p.exe, Address: a, Access: access, Count: 1, Call: c.name})
		if name, ok := strings.CutPrefix(a, "unix:/"); ok && asked.File != 0 {
			t.c.Add(Use{Exe: p.exe, Path: "/" + name, Access: asked.File, Count: 1, Call: c.name})
		}
	}
}

// addresses finds the addresses in the arguments of a call, as rules write them.
func (t *tracer) addresses(p *process, c *call) (all []string) {
	text := strings.Join(c.args, ", ")
	for _, m := range inet4().FindAllStringSubmatch(text, -1) {
		all = append(all, plainAddress(m[2]+":"+m[1]))
	}
	for _, m := range inet6().FindAllStringSubmatch(text, -1) {
		all = append(all, plainAddress("["+m[2]+"]:"+m[1]))
	}
	for _, m := range unixPath().FindAllStringSubmatch(text, -1) {
		name, ok := unquote(m[2])
		switch {
		case !ok:
		case m[1] == "@":
			all = append(all, "unix:@"+name)
		default:
			if at := t.resolve(p, p.cwd, name, c.name != "bind"); at != "" {
				all = append(all, "unix:"+at)
			}
		}
	}
	if strings.Contains(text, "sa_family=AF_NETLINK") {
		if protocol, ok := strings.CutPrefix(p.fds[leadingNumber(first(c.args))], "socket:NETLINK_"); ok {
			all = append(all, plainAddress("netlink:"+strings.ToLower(protocol)))
		}
	}
	valid := all[:0]
	for _, a := range all {
		if a != "" {
			valid = append(valid, a)
		}
	}
	return valid
}

// plainAddress writes an address as records do; "" for what is none.
func plainAddress(s string) string {
	a, err := rules.ParseAddress(s)
	if err != nil {
		return ""
	}
	return a.String()
}
