package lint

import (
	"fmt"
	"strings"

	"seccomp-broker/rules"
)

var nameChecks = []Check{
	{
		ID: "any-address", Severity: Warning, Title: "A rule reaches every host",
		Why: `
With a host that is left open the program can send what it reads to anybody. A port alone
tells nothing about who listens there: everybody's servers are at 443. Name the hosts or
networks. The rules' own addresses decide, and nothing that the program says in TLS.`,
		Bad: `
allow "web" {
  access  = ["connect"]
  address = ["*:443"]
}`,
		Better: `
allow "web" {
  access  = ["connect"]
  address = ["10.0.0.0/8:443"]
}`,
		run: addresses(rules.Region.AnyHost, func(pl rules.Place) string {
			return fmt.Sprintf("The rule lets the program connect to every host: %q", pl.Written)
		}, "Name the hosts or networks that it needs."),
	},
	{
		ID: "any-socket", Severity: Warning, Title: "A rule reaches every local socket",
		Why: `
Behind local sockets are services that act with other rights: a container daemon, the
session's message bus, the ssh agent with the keys in it. Name the sockets that the
program needs.`,
		Bad: `
allow "services" {
  access  = ["connect"]
  address = ["unix:*"]
}`,
		Better: `
allow "services" {
  access  = ["connect"]
  address = ["unix:/run/postgresql/.s.PGSQL.5432"]
}`,
		run: addresses(rules.Region.AnySocket, func(pl rules.Place) string {
			return fmt.Sprintf("The rule lets the program connect to every local socket: %q", pl.Written)
		}, "Name the sockets that it needs."),
	},
	{
		ID: "host-name", Severity: Info, Title: "A rule names a host, and means its addresses",
		Why: `
A program connects to an address; the name is long forgotten. The broker looks the name
up when it starts and again every minute. So who answers its DNS queries decides what the
rule means, everything else that is served at the same address is reached as well (content
networks serve thousands of sites at one), and an address that only the program has been
told is refused. Where that is enough, accept it; networks are the alternative.`,
		Bad: `
allow "registry" {
  access  = ["connect"]
  address = ["registry.example.com:443"]
}`,
		Better: `
allow "registry" {
  access  = ["connect"]
  address = ["192.0.2.0/24:443"]
}`,
		run: addresses(func(r rules.Region) bool { return len(r.HostNames()) > 0 }, func(pl rules.Place) string {
			return fmt.Sprintf("%q means the addresses that DNS gives for the name, and all else that is served there", pl.Written)
		}, "Write a network where the host has one of its own, or accept this."),
	},
}

// addresses makes a check of the addresses of every rule that permits to connect.
func addresses(is func(rules.Region) bool, message func(rules.Place) string, remedy string) func(*pass) {
	return func(p *pass) {
		for _, r := range p.rules(permits) {
			if r.Access&rules.Connect == 0 {
				continue
			}
			for _, pl := range r.Addresses {
				if is(pl.Region) {
					p.reportPlace(r, "address", pl, message(pl), remedy)
				}
			}
		}
	}
}

var callChecks = []Check{
	{
		ID: "lifted-calls", Severity: Warning, Title: "System calls are lifted that undo the sandbox",
		Why: `
The filter refuses some calls that the rules cannot judge, since they reach past them:
reading other processes' memory, mounting, namespaces, kernel modules. A file that
lifts one by name gives away what its group stands for; the table of groups has a column
for it.`,
		Bad: `
syscalls {
  allow = ["@default", "@module"]
}`,
		Better: `
syscalls {
  allow = ["@default"]
}`,
		run: func(p *pass) {
			for _, c := range p.in.Calls {
				if p.o.Lost == nil || c.List != "allow" {
					continue
				}
				if lost := p.o.Lost(c.Name); lost != "" {
					p.report(c.Range, []int{c.Attribute.Start.Line}, fmt.Sprintf("%s is lifted: %s", c.Name, strings.TrimSuffix(lost, ".")),
						"Leave it out unless the program cannot do without.")
				}
			}
		},
	},
}

var acceptChecks = []Check{
	{
		ID: "accept-no-reason", Severity: Warning, Title: "An acceptance gives no reason",
		Why: `
What is accepted without a reason looks like a mistake to the next reader. Without one
the comment has no effect.`,
		Bad: `
allow "work" {
  # lint:accept write-exec
  access = ["read", "write", "exec"]
  path   = ["${cwd}/**"]
}`,
		Better: `
allow "work" {
  # lint:accept write-exec: a compiler runs what it has built
  access = ["read", "write", "exec"]
  path   = ["${cwd}/**"]
}`,
	},
	{
		ID: "accept-nothing", Severity: Warning, Title: "An acceptance accepts nothing",
		Why: `
The finding is gone, or was never on the line that the comment is about: its own, or the
next one where the comment stands alone. Left there it would accept what somebody writes
later. Findings that depend on the machine are left alone.`,
		Bad: `
allow "work" {
  # lint:accept write-exec: a compiler runs what it has built
  access = ["read", "write"]
  path   = ["${cwd}/**"]
}`,
		Better: `
allow "work" {
  access = ["read", "write"]
  path   = ["${cwd}/**"]
}`,
	},
	{
		ID: "accept-unknown", Severity: Warning, Title: "An acceptance names no finding",
		Why: `
There is no finding of this identifier, so the comment has no effect.`,
		Bad: `
allow "work" {
  # lint:accept write-and-exec: a compiler runs what it has built
  access = ["read"]
  path   = ["${cwd}/**"]
}`,
		Better: `
allow "work" {
  # lint:accept write-exec: a compiler runs what it has built
  access = ["read", "write", "exec"]
  path   = ["${cwd}/**"]
}`,
	},
}
