package rules

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseInet parses HOST, HOST:PORTS or :PORTS.
func parseInet(s string, to *addressPatterns) error {
	host, ports, err := splitInet(s)
	if err != nil {
		return err
	}
	portList, err := parsePorts(s, ports)
	if err != nil {
		return err
	}
	hosts, name, err := parseHost(s, host)
	if err != nil {
		return err
	}
	if name != "" {
		to.hosts = append(to.hosts, name)
	}
	for _, h := range hosts {
		for _, p := range portList {
			to.add(h.before(p)...)
		}
	}
	return nil
}

// splitInet cuts the ports off; "*" stands for those that are not written.
func splitInet(s string) (host, ports string, err error) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		after := s[end+1:]
		switch {
		case end < 0:
			return "", "", patternErr("Unbalanced brackets in address", `%q has no ]. Write "[2001:db8::1]:443".`, s)
		case after == "":
			return s[:end+1], "*", nil
		case after[0] == ':':
			return s[:end+1], after[1:], nil
		case after[0] == '/':
			return "", "", patternErr("Network length outside the brackets", `Write "[%s%s]" in place of %q.`, s[1:end], lengthOf(after), s)
		}
		return "", "", patternErr("Bad address", `In %q, only a port can follow the brackets: "[2001:db8::1]:443".`, s)
	}
	switch strings.Count(s, ":") {
	case 0:
		return s, "*", nil
	case 1:
		host, ports, _ = strings.Cut(s, ":")
		return host, ports, nil
	}
	return "", "", patternErr("IPv6 without brackets", `Where the address ends and the port begins cannot be told in %q. Write "[2001:db8::1]" or "[2001:db8::1]:443".`, s)
}

// lengthOf is the "/32" at the beginning of "/32:443".
func lengthOf(s string) string {
	length, _, _ := strings.Cut(s, ":")
	return length
}

// hostPattern is a host as components; open are those of the kind that follow
// without being written.
type hostPattern struct {
	parts pattern
	open  int
}

// before is the host with a port behind it. What is open is one `**` where no
// port comes after it, else a `*` each.
func (h hostPattern) before(port pattern) pattern {
	p := append(pattern(nil), h.parts...)
	if len(port) == 1 && port[0].kind == compDeep {
		return append(p, port...)
	}
	for range h.open {
		p = append(p, anyComponent)
	}
	return append(p, port...)
}

// parseHost gives the patterns of a host, and its name if it is one.
func parseHost(s, host string) (list []hostPattern, name string, err error) {
	switch {
	case host == "" || host == "*":
		return []hostPattern{
			{pattern{literalComponent(treeIPv4)}, ipv4Digits},
			{pattern{literalComponent(treeIPv6)}, ipv6Digits},
		}, "", nil
	case host[0] == '[':
		list, err = parseIPv6(s, host[1:len(host)-1])
		return list, "", err
	case looksLikeIPv4(host):
		list, err = parseIPv4(s, host)
		return list, "", err
	}
	name, err = parseHostName(s, host)
	if err != nil {
		return nil, "", err
	}
	return []hostPattern{{parts: pattern{literalComponent(treeHost), literalComponent(name)}}}, name, nil
}

// looksLikeIPv4: the last label of a host name is never a number, RFC 1123.
func looksLikeIPv4(host string) bool {
	bare, _, _ := strings.Cut(host, "/")
	last := bare[strings.LastIndexByte(bare, '.')+1:]
	return last != "" && strings.Trim(last, "0123456789") == "" || bare != host
}

func parseIPv4(s, host string) ([]hostPattern, error) {
	prefix, err := parsePrefix(host)
	if err != nil || !prefix.Addr().Is4() {
		return nil, patternErr("Bad IPv4 address", `%q is none. Write four numbers up to 255 without leading zeros, such as "10.0.0.1", or a network, such as "10.0.0.0/8".`, s)
	}
	if err := checkMasked(s, prefix, prefix.Masked().String()); err != nil {
		return nil, err
	}
	b := prefix.Addr().As4()
	return prefixPatterns(treeIPv4, b[:], prefix.Bits()), nil
}

func parseIPv6(s, host string) ([]hostPattern, error) {
	if strings.Contains(host, "%") {
		return nil, patternErr("Zone in address", `Rules do not tell interfaces apart: leave %q out of %q.`, host[strings.IndexByte(host, '%'):], s)
	}
	prefix, err := parsePrefix(host)
	if err != nil || !prefix.Addr().Is6() {
		return nil, patternErr("Bad IPv6 address", `%q is none. Write for instance "[2001:db8::1]", or a network: "[2001:db8::/32]".`, s)
	}
	if prefix.Addr().Is4In6() {
		return nil, patternErr("IPv4 address written as IPv6", `It is matched as IPv4. Write %q.`, prefix.Addr().Unmap())
	}
	if err := checkMasked(s, prefix, "["+prefix.Masked().String()+"]"); err != nil {
		return nil, err
	}
	b := prefix.Addr().As16()
	return prefixPatterns(treeIPv6, b[:], prefix.Bits()), nil
}

func parsePrefix(host string) (netip.Prefix, error) {
	if strings.Contains(host, "/") {
		return netip.ParsePrefix(host)
	}
	ip, err := netip.ParseAddr(host)
	return netip.PrefixFrom(ip, ip.BitLen()), err
}

func checkMasked(s string, prefix netip.Prefix, network string) error {
	if prefix.Masked() == prefix {
		return nil
	}
	return patternErr("Network with an address in it", `%q has bits set after the first %d. Write %q for the network, or leave the length out for one address.`, s, prefix.Bits(), network)
}

// prefixPatterns is a network: half a byte a component, and up to eight
// alternatives for the one that the network's length cuts.
func prefixPatterns(tree string, b []byte, bits int) []hostPattern {
	digits := 2 * len(b)
	p := pattern{literalComponent(tree)}
	for i := range bits / 4 {
		p = append(p, half(b, i))
	}
	if bits%4 == 0 {
		return []hostPattern{{p, digits - bits/4}}
	}
	first := b[bits/8] >> (4 * (1 - bits/4%2)) & 15
	var list []hostPattern
	for d := range byte(1) << (4 - bits%4) {
		one := append(append(pattern(nil), p...), literalComponent(string(hexDigits[first+d])))
		list = append(list, hostPattern{one, digits - bits/4 - 1})
	}
	return list
}

func half(b []byte, i int) component {
	c := b[i/2]
	if i%2 == 0 {
		c >>= 4
	}
	return literalComponent(string(hexDigits[c&15]))
}

// parseHostName checks a name of RFC 1123, with underscores, and gives it in
// lower case.
func parseHostName(s, host string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	switch {
	case strings.Contains(name, "*"):
		return "", patternErr("Wildcard in a host name", `Which addresses %q would mean cannot be asked: the name service answers for whole names. Name the hosts one by one, or write their network: "192.0.2.0/24".`, s)
	case !isASCII([]byte(name)):
		return "", patternErr("Host name outside ASCII", `Write %q in its ASCII form, which begins with "xn--".`, s)
	case len(name) > 253:
		return "", patternErr("Host name too long", `A host name has at most 253 bytes.`)
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", patternErr("Bad address", `%q is none. Write an IP address, a network such as "10.0.0.0/8", a host name, "*", or "unix:/run/app.sock"; a port stands behind a colon.`, s)
		}
	}
	return name, nil
}

// parsePorts gives the patterns of PORT, LOW-HIGH or "*".
func parsePorts(s, ports string) ([]pattern, error) {
	if ports == "*" {
		return []pattern{{deepComponent}}, nil
	}
	low, high, isRange := strings.Cut(ports, "-")
	if !isRange {
		high = low
	}
	a, err := parsePort(s, low)
	if err != nil {
		return nil, err
	}
	b, err := parsePort(s, high)
	if err != nil {
		return nil, err
	}
	if a > b {
		return nil, patternErr("Backward range of ports", `Write "%d-%d" in %q.`, b, a, s)
	}
	return portPatterns(nil, 0, 0xffff, a, b), nil
}

func parsePort(s, text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0, patternErr("Bad port", `%q in %q is none. Write a number up to 65535, a range such as 8000-8999, a list such as {80,443}, or "*".`, text, s)
	}
	return uint32(n), nil
}

// portPatterns covers the ports from low to high, of which those from first to
// last begin with digits.
func portPatterns(digits pattern, first, last, low, high uint32) []pattern {
	switch {
	case low > last || high < first:
		return nil
	case low <= first && last <= high:
		p := append(pattern(nil), digits...)
		if len(digits) < portDigits {
			p = append(p, deepComponent)
		}
		return []pattern{p}
	}
	var list []pattern
	size := (last - first + 1) / 16
	for d := range uint32(16) {
		deeper := append(append(pattern(nil), digits...), literalComponent(string(hexDigits[d])))
		list = append(list, portPatterns(deeper, first+d*size, first+(d+1)*size-1, low, high)...)
	}
	return list
}
