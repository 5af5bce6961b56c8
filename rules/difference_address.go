package rules

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Digits that examples are made of where patterns leave the choice: 192.0.2.1
// and 2001:db8::1 belong to no network (RFC 5737, RFC 3849), and port 443.
const (
	exampleIPv4 = "c0000201"
	exampleIPv6 = "20010db8000000000000000000000001"
	examplePort = "01bb"
)

// compareAddresses goes through the branches of the tree of addresses.
func (c *comparison) compareAddresses(run runner) {
	root := &spot{tracks: c.tracks(run, func(ms *matchers) *matcher { return ms.addresses })}
	c.compareInet(run, root)
	c.compareNames(run, root)
	under := func(branch string, names func(*spot) []string, depth int, show func(*spot)) {
		p := product{c: c, names: names, depth: depth}
		p.walkFrom(root.over(branch), show)
	}
	under(treePath, c.pathNames, 0, func(at *spot) {
		if at.depth > 1 {
			c.judgeAddress(run, Address{Family: UnixPath, Name: []byte(at.path(1))}, at)
		}
	})
	under(treeAbstract, c.abstractNames, 1, func(at *spot) {
		name := decodeLiteral(strings.TrimPrefix(at.name, "@"))
		c.judgeAddress(run, Address{Family: UnixAbstract, Name: []byte(name)}, at)
	})
	under(treeVsock, c.numbers(1<<20), 2, func(at *spot) {
		parts := at.parts()
		c.judgeAddress(run, Address{Family: Vsock, Number: number(parts[1]), Port: number(parts[2])}, at)
	})
	under(treeNetlink, c.numbers(200), 1, func(at *spot) {
		c.judgeAddress(run, Address{Family: Netlink, Number: number(at.name)}, at)
	})
	under(treePacket, c.numbers(0), 0, func(at *spot) {
		if at.depth == 1 {
			c.judgeAddress(run, Address{Family: Packet}, at)
		}
	})
}

func number(s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32) // made by numbers, or parsed by the loader
	return uint32(n)
}

func (c *comparison) judgeAddress(run runner, a Address, at *spot) {
	for _, class := range []Access{Connect, Bind} {
		if c.classes&class != 0 {
			c.judge(run, &Query{Access: class, Address: &a}, Example{Address: &a}, at)
		}
	}
}

// compareInet goes through addresses and ports, half a byte a component.
func (c *comparison) compareInet(run runner, root *spot) {
	for _, v := range []struct{ branch, example string }{{treeIPv4, exampleIPv4}, {treeIPv6, exampleIPv6}} {
		p := product{c: c, names: c.digits(v.example + examplePort), depth: len(v.example) + portDigits}
		p.walkFrom(root.over(v.branch), func(at *spot) {
			c.judgeAddress(run, inet(strings.Join(at.parts()[1:], ""), ""), at)
		})
	}
}

// compareNames goes through the host names, with an address that is no other's,
// and their ports.
func (c *comparison) compareNames(run runner, root *spot) {
	for _, host := range union(c.before.hosts, c.after.hosts) {
		at := root.over(treeHost).over(host)
		ip := root.over(treeIPv4)
		for _, d := range exampleIPv4 {
			ip = ip.over(string(d))
		}
		// The tracks of the name and those of the number move together.
		start := &spot{tracks: append(slices.Clone(at.tracks), ip.tracks...)}
		p := product{c: c, names: c.digits(examplePort), depth: portDigits}
		p.walkFrom(start, func(at *spot) {
			c.judgeAddress(run, inet(exampleIPv4+strings.Join(at.parts(), ""), host), at)
		})
	}
}

func union(x, y []string) []string {
	all := slices.Sorted(slices.Values(append(slices.Clone(x), y...)))
	return slices.Compact(all)
}

// inet makes an address of its digits.
func inet(digits, host string) Address {
	var b []byte
	for i := 0; i+1 < len(digits); i += 2 {
		n, _ := strconv.ParseUint(digits[i:i+2], 16, 8) // digits of the tree
		b = append(b, byte(n))
	}
	ip, _ := netip.AddrFromSlice(b[:len(b)-2]) // four or sixteen
	a := Address{Family: Inet, IP: ip.Unmap(), Port: uint32(b[len(b)-2])<<8 | uint32(b[len(b)-1])}
	if host != "" {
		a.Hosts = []string{host}
	}
	return a
}

// digits gives the half bytes that matter at a place: those that patterns wait
// for, and one that stands for the others, preferably that of example.
func (c *comparison) digits(example string) func(*spot) []string {
	return func(at *spot) []string {
		literals, _ := c.waited(at)
		// The branch is a component as well, but for names, which begin afresh.
		i := at.depth
		if len(example) > portDigits {
			i--
		}
		other := string(example[i])
		for k := 0; slices.Contains(literals, other) && k < len(hexDigits); k++ {
			if d := string(hexDigits[k]); !slices.Contains(literals, d) {
				other = d
			}
		}
		if slices.Contains(literals, other) {
			return literals
		}
		return append([]string{other}, literals...)
	}
}

// numbers gives the numbers that matter, and another one from least on.
func (c *comparison) numbers(least uint32) func(*spot) []string {
	return func(at *spot) []string {
		literals, _ := c.waited(at)
		n := least
		for slices.Contains(literals, strconv.FormatUint(uint64(n), 10)) {
			n++
		}
		return append(literals, strconv.FormatUint(uint64(n), 10))
	}
}

// abstractNames are like names of files behind an "@".
func (c *comparison) abstractNames(at *spot) []string {
	literals, globs := c.waited(at)
	// What begins otherwise is no such name: another glob tells it apart.
	if len(globs) > 0 {
		globs["@*"] = []tok{'@', tokAny}
	}
	names := c.withNames(literals, globs, func(known map[string]bool) string {
		return "@" + freshName(trimmed(known))
	})
	return slices.DeleteFunc(names, func(s string) bool { return !strings.HasPrefix(s, "@") })
}

func trimmed(names map[string]bool) map[string]bool {
	bare := make(map[string]bool, len(names))
	for n := range names {
		bare[strings.TrimPrefix(n, "@")] = true
	}
	return bare
}
