package learn

import (
	"net/netip"
	"slices"
	"strings"

	"seccomp-broker/broker/audit"
)

// Ports that the kernel chooses: ip(7), ip_local_port_range.
const (
	firstEphemeral = 32768
	lastEphemeral  = 60999
	ephemeralPorts = "32768-60999"
)

// manyHosts is how many machines behind one port become every machine.
const manyHosts = 3

// addressPattern is one written address with the addresses it stands for.
type addressPattern struct {
	text  string // for comparison
	item  string // as an element of a list
	kinds []string
	from  []string
}

const kindPort = "ports that the kernel chooses"

// addressPatterns writes addresses as rules name them. Ports are kept but for
// those that the kernel chose on this machine; machines are kept unless there
// are several behind one port. brief are those of sockets that came and went.
func (p *Places) addressPatterns(addresses []string, brief map[string]bool, isPID func(int) bool) []addressPattern {
	byPort := map[string][]string{} // machines elsewhere
	var out []addressPattern
	item := ""
	add := func(text, from string, kinds ...string) {
		if item == "" {
			item = audit.HCLString(text)
		}
		defer func() { item = "" }()
		if i := slices.IndexFunc(out, func(a addressPattern) bool { return a.text == text }); i >= 0 {
			out[i].from = append(out[i].from, from)
			return
		}
		out = append(out, addressPattern{text, item, kinds, []string{from}})
	}
	for _, a := range addresses {
		ap, err := netip.ParseAddrPort(a)
		switch {
		case strings.HasPrefix(a, "unix:/"):
			pattern := p.pathPattern(a[len("unix:"):], brief[a], isPID)
			item = `"unix:` + pattern.quote()[1:]
			add("unix:"+pattern.text, a, pattern.kinds...)
		case strings.HasPrefix(a, "unix:@") && strings.IndexByte(a, 0) < 0:
			text, kinds := shaped(a[len("unix:@"):], true, isPID)
			add("unix:@"+text, a, kinds...)
		case err != nil:
			if text, ok := audit.AddressPattern(a); ok {
				add(text, a)
			}
		case machineItself(ap.Addr()) && ap.Port() >= firstEphemeral && ap.Port() <= lastEphemeral:
			add(host(ap.Addr())+":"+ephemeralPorts, a, kindPort)
		case machineItself(ap.Addr()):
			add(exactAddress(a), a)
		default:
			_, port := cutPort(exactAddress(a))
			byPort[port] = append(byPort[port], a)
		}
	}
	for _, port := range sortedKeys(byPort) {
		if machines := byPort[port]; len(machines) >= manyHosts {
			for _, a := range machines {
				add("*:"+port, a, "machines behind one port")
			}
			continue
		}
		for _, a := range byPort[port] {
			add(exactAddress(a), a)
		}
	}
	return out
}

// exactAddress is the pattern of one address that has been parsed.
func exactAddress(a string) string {
	text, _ := audit.AddressPattern(a)
	return text
}

func cutPort(a string) (host, port string) {
	i := strings.LastIndexByte(a, ':')
	return a[:i], a[i+1:]
}

// machineItself tells addresses of this machine.
func machineItself(a netip.Addr) bool { return a.Unmap().IsLoopback() || a.IsUnspecified() }

func host(a netip.Addr) string {
	if a = a.Unmap(); a.Is6() {
		return "[" + a.WithZone("").String() + "]"
	}
	return a.String()
}
