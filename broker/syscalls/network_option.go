package syscalls

import (
	"seccomp-broker/notify"
	"seccomp-broker/rules"
)

// doOption decides about options of sockets that name no address which rules could
// be about, and reach the network, or change it, all the same. Where no rule names
// any address there is no network, so they are refused; otherwise they are the
// program's.
func doOption(c *Context) answer {
	if !c.by.Policy.NetworkClosed() {
		return answer{reply: notify.Continue()}
	}
	if !c.settle(0, rules.Decision{Verdict: rules.Deny, Access: rules.Connect}, false) {
		return c.refuse("it reaches the network without an address, and no rule names any")
	}
	c.finished(0)
	return answer{reply: notify.Continue()}
}
