package rules

import (
	"strconv"
	"unicode/utf8"
)

// Addresses are matched by the same trie as paths: each becomes a path in a
// tree of its own, whose first component is the kind of address.
//
//	/4/0/a/0/0/0/0/0/1/0/1/b/b   10.0.0.1:443, a component for each half byte
//	/6/…                         the same of an IPv6 address: 32 and 4
//	/n/www.example.com/0/1/b/b   a host name of the rules, and the port
//	/u/run/x.sock                a local socket
//	/@/@name                     an abstract one
//	/v/2/1024  /l/0  /p          vsock, netlink, packet
//
// Half bytes make most of what people write one pattern: a network whose
// length is a multiple of four, a port.
const (
	treeIPv4, treeIPv6, treeHost       = "4", "6", "n"
	treePath, treeAbstract             = "u", "@"
	treeVsock, treeNetlink, treePacket = "v", "l", "p"
	hexDigits                          = "0123456789abcdef"
	portDigits, ipv4Digits, ipv6Digits = 4, 8, 32
	maxAbstract                        = 107          // bytes of an abstract name: sun_path without its NUL
	maxTree                            = maxPath + 16 // bytes of an address in the tree
	abstractEscape, abstractLead       = literalBase, 0xf3
)

// appendTree writes the address as a path of the tree, or nothing if it is
// none.
func (a *Address) appendTree(to []byte) []byte {
	switch a.Family {
	case Inet:
		ip := a.IP.Unmap()
		switch {
		case a.Port > 0xffff:
			return to
		case ip.Is4():
			b := ip.As4()
			to = appendHalves(append(to, "/"+treeIPv4...), b[:])
		case ip.Is6():
			b := ip.As16()
			to = appendHalves(append(to, "/"+treeIPv6...), b[:])
		default:
			return to
		}
		return appendPort(to, a.Port)
	case UnixPath:
		if len(a.Name) == 0 || a.Name[0] != '/' || len(a.Name) > maxPath {
			return to
		}
		return append(append(to, "/"+treePath...), a.Name...)
	case UnixAbstract:
		if len(a.Name) > maxAbstract {
			return to
		}
		return appendAbstract(append(to, "/"+treeAbstract+"/@"...), a.Name)
	case Vsock:
		to = strconv.AppendUint(append(to, "/"+treeVsock+"/"...), uint64(a.Number), 10)
		return strconv.AppendUint(append(to, '/'), uint64(a.Port), 10)
	case Netlink:
		return strconv.AppendUint(append(to, "/"+treeNetlink+"/"...), uint64(a.Number), 10)
	case Packet:
		return append(to, "/"+treePacket...)
	}
	return to
}

// appendHost is appendTree for one of the host names of an Inet address.
func (a *Address) appendHost(to []byte, host string) []byte {
	to = append(append(to, "/"+treeHost+"/"...), host...)
	return appendPort(to, a.Port)
}

func appendHalves(to, b []byte) []byte {
	for _, c := range b {
		to = append(to, '/', hexDigits[c>>4], '/', hexDigits[c&15])
	}
	return to
}

func appendPort(to []byte, port uint32) []byte {
	return appendHalves(to, []byte{byte(port >> 8), byte(port)})
}

// appendAbstract writes an abstract name as one component. What a component
// cannot hold, "/" and NUL, becomes a character of the private use area, as
// [encodeLiteral] has them; and so does the first byte of those characters
// themselves, so that no two names become one.
func appendAbstract(to, name []byte) []byte {
	for _, c := range name {
		to = appendAbstractByte(to, c)
	}
	return to
}

func appendAbstractByte(to []byte, c byte) []byte {
	if c != '/' && c != 0 && c != abstractLead {
		return append(to, c)
	}
	return utf8.AppendRune(to, rune(abstractEscape+int(c)))
}
