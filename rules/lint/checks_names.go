package lint

import (
	"fmt"
	"strings"

	"seccomp-broker/rules"
)

var nameChecks = []Check{
	{ID: "any-address", Severity: Warning, Title: "A rule reaches every host",
		run: addresses(rules.Region.AnyHost, "The rule lets the program connect to every host: %q",
			"Name the hosts or networks that it needs.")},
	{ID: "any-socket", Severity: Warning, Title: "A rule reaches every local socket",
		run: addresses(rules.Region.AnySocket, "The rule lets the program connect to every local socket: %q",
			"Name the sockets that it needs.")},
	{ID: "host-name", Severity: Info, Title: "A rule names a host, and means its addresses",
		run: addresses(func(r rules.Region) bool { return len(r.HostNames()) > 0 }, "%q means the addresses that DNS gives for the name, and all else that is served there",
			"Write a network where the host has one of its own, or accept this.")},
}

// addresses makes a check of the addresses of every rule that permits to connect.
// The message has room for the address.
func addresses(is func(rules.Region) bool, message, remedy string) func(*pass) {
	return func(p *pass) {
		for _, r := range p.rules(permitting(rules.Connect)) {
			for _, pl := range r.Addresses {
				if is(pl.Region) {
					p.reportPlace(r, "address", pl, fmt.Sprintf(message, pl.Written), remedy)
				}
			}
		}
	}
}

var callChecks = []Check{
	{ID: "lifted-calls", Severity: Warning, Title: "System calls are lifted that undo the sandbox", run: liftedCalls},
}

var acceptChecks = []Check{
	{ID: "accept-no-reason", Severity: Warning, Title: "An acceptance gives no reason"},
	{ID: "accept-nothing", Severity: Warning, Title: "An acceptance accepts nothing"},
	{ID: "accept-unknown", Severity: Warning, Title: "An acceptance names no finding"},
}

func liftedCalls(p *pass) {
	for _, c := range p.in.Calls {
		if p.o.Lost == nil || c.List != "allow" {
			continue
		}
		if lost := p.o.Lost(c.Name); lost != "" {
			p.report(c.Range, []int{c.Attribute.Start.Line}, fmt.Sprintf("%s is lifted: %s", c.Name, strings.TrimSuffix(lost, ".")),
				"Leave it out unless the program cannot do without.")
		}
	}
}
