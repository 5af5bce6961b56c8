package audit

import (
	"net/netip"
	"slices"
	"strings"
)

// plurals of what blocks list.
var plurals = map[string]string{"path": "paths", "address": "addresses"}

// addressLines turns addresses into the lines of a list, at most limit of
// them, and counts those left out.
func addressLines(addresses []string, limit int) (lines []string, omitted int) {
	slices.Sort(addresses)
	for _, a := range addresses {
		p, ok := AddressPattern(a)
		if !ok {
			continue
		}
		comment := ""
		if strings.HasPrefix(a, "unix:") && p != "unix:"+escapeMeta(a[len("unix:"):]) {
			comment = `"?" is any one character, here one that a pattern cannot spell`
		}
		lines, omitted = appendUpTo(lines, join(" # ", hclString(p)+",", comment), limit, omitted, 1)
	}
	return lines, omitted
}

// AddressPattern is the narrowest pattern of the rules' language that matches
// an address, written as Event.Address; false for a text that is none.
func AddressPattern(a string) (string, bool) {
	kind, rest, _ := strings.Cut(a, ":")
	switch {
	case kind == "unix" && strings.HasPrefix(rest, "/"):
		return "unix:" + Pattern(rest), true
	case kind == "unix" && strings.HasPrefix(rest, "@"):
		return "unix:" + strings.ReplaceAll(Pattern(rest), "\x00", "?"), true
	case kind == "vsock" || kind == "netlink" || kind == "packet":
		plain := !strings.ContainsFunc(rest, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '_' && r != ':' && r != '*'
		})
		return a, plain
	}
	ap, err := netip.ParseAddrPort(a)
	if err != nil {
		return "", false
	}
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port()).String(), true
}
