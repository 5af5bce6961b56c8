package rules

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// addressPatterns is what one written address stands for: patterns of the
// tree of addresses, and the host names among them.
type addressPatterns struct {
	patterns []pattern
	hosts    []string
}

func (a *addressPatterns) add(p ...component) { a.patterns = append(a.patterns, p) }

func literalComponent(s string) component { return component{kind: compLiteral, text: s} }

var (
	anyComponent  = component{kind: compAny}
	deepComponent = component{kind: compDeep}
)

// addressPatterns compiles one written address.
func (f *file) addressPatterns(s stringAt) addressPatterns {
	var all addressPatterns
	err := f.parseAddress(s.s, &all)
	if err != nil {
		f.patternError(err, s.rng)
		return addressPatterns{}
	}
	if !f.countPatterns(len(all.patterns), s.rng) {
		return addressPatterns{}
	}
	return all
}

func (f *file) parseAddress(s string, to *addressPatterns) error {
	kind, rest, ok := strings.Cut(s, ":")
	if ok && kind == "unix" {
		return f.parseUnix(s, rest, to)
	}
	if err := checkAddressStart(s); err != nil {
		return err
	}
	toks, err := lexAddress(s)
	if err != nil {
		return err
	}
	alternatives, err := expandBraces(toks)
	if err != nil {
		return err
	}
	for _, alt := range alternatives {
		text, err := addressText(alt, s)
		if err == nil {
			err = parseOneAddress(text, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkAddressStart(s string) error {
	r, _ := utf8.DecodeRuneInString(s)
	c, protected := literalByte(r)
	switch {
	case len(s) > 4*maxWritten:
		return patternErr("Address too long", "It has %d bytes; write several addresses of at most %d.", len(s), maxWritten)
	case s == "":
		return patternErr("Empty address", `Write for instance "10.0.0.0/8:443", "*:443" or "unix:/run/app.sock".`)
	case r == '/' || protected && c == '/':
		return patternErr("A path is not an address", `Write %q for a local socket, and path = [...] for a file.`, "unix:"+displayPattern(s))
	case strings.Contains(s, "://"):
		return patternErr("A URL is not an address", `Of %q, write the host and the port: "www.example.com:443".`, displayPattern(s))
	}
	return nil
}

// lexAddress is lexPattern for addresses, where brackets are those of IPv6 and
// nothing needs a backslash.
func lexAddress(s string) ([]tok, error) {
	var toks []tok
	depth := 0
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		c, protected := literalByte(r)
		switch {
		case protected:
			toks = append(toks, tok(c))
		case r == '*':
			toks = append(toks, tokAny)
		case r == '{':
			depth++
			toks = append(toks, tokOpen)
		case r == '}':
			if depth--; depth < 0 {
				return nil, patternErr("Unbalanced braces in address", `In %q a } has no { before it.`, displayPattern(s))
			}
			toks = append(toks, tokClose)
		case r == ',' && depth > 0:
			toks = append(toks, tokComma)
		default:
			for k := range w {
				toks = append(toks, tok(s[i+k]))
			}
		}
		i += w
	}
	if depth > 0 {
		return nil, patternErr("Unbalanced braces in address", `In %q a { is never closed.`, displayPattern(s))
	}
	return toks, nil
}

// addressText writes brace-free tokens again. A `*` from a variable is no
// wildcard.
func addressText(toks []tok, s string) (string, error) {
	var b strings.Builder
	for _, t := range toks {
		switch {
		case t == tokAny:
			b.WriteByte('*')
		case t == '*' || t < 0x20 || t == 0x7f:
			return "", patternErr("Bad character in address", `A variable in %q has a value that no address can hold.`, displayPattern(s))
		default:
			b.WriteByte(byte(t))
		}
	}
	return b.String(), nil
}

// parseOneAddress parses an address without braces.
func parseOneAddress(s string, to *addressPatterns) error {
	kind, rest, _ := strings.Cut(s, ":")
	switch kind {
	case "unix":
		return patternErr("Local sockets within braces", `In %q, write "unix:" before the braces: "unix:/run/{a,b}.sock".`, s)
	case "vsock":
		return parseVsock(s, rest, to)
	case "netlink":
		return parseNetlink(s, rest, to)
	case "packet":
		if rest != "*" {
			return patternErr("Bad packet address", `Packet sockets are allowed or refused as a whole: write "packet:*" in place of %q.`, s)
		}
		to.add(literalComponent(treePacket))
		return nil
	case "tcp", "udp", "tcp4", "tcp6", "udp4", "udp6", "http", "https", "inet", "ip":
		return patternErr("Protocols are not told apart", `In %q, leave %q out: write "*:443" or "10.0.0.0/8".`, s, kind+":")
	}
	return parseInet(s, to)
}

// parseVsock: vsock:*, vsock:CID, vsock:CID:PORT, vsock:*:PORT.
func parseVsock(s, rest string, to *addressPatterns) error {
	cid, port, hasPort := strings.Cut(rest, ":")
	if !hasPort {
		port = "*"
	}
	parts := []component{literalComponent(treeVsock)}
	for _, text := range []string{cid, port} {
		if text == "*" {
			parts = append(parts, anyComponent)
			continue
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return patternErr("Bad vsock address", `%q is none. Write "vsock:*", "vsock:2" for a context id, or "vsock:2:1024" with a port.`, s)
		}
		parts = append(parts, literalComponent(strconv.FormatUint(n, 10)))
	}
	to.add(parts...)
	return nil
}

func parseNetlink(s, rest string, to *addressPatterns) error {
	if rest == "*" {
		to.add(literalComponent(treeNetlink), anyComponent)
		return nil
	}
	n, ok := netlinkNumber(rest)
	if !ok {
		var names []string
		for name := range netlinkProtocols {
			names = append(names, name)
		}
		return patternErr("Unknown netlink protocol", `%q names none. Write "netlink:route", "netlink:*", or a number of linux/netlink.h below 256.%s`, s, didYouMean(rest, names))
	}
	to.add(literalComponent(treeNetlink), literalComponent(strconv.FormatUint(uint64(n), 10)))
	return nil
}

// parseUnix: unix:/path, unix:@name, unix:*.
func (f *file) parseUnix(s, rest string, to *addressPatterns) error {
	switch {
	case rest == "*":
		to.add(literalComponent(treePath), deepComponent)
		to.add(literalComponent(treeAbstract), deepComponent)
		return nil
	case strings.HasPrefix(rest, "@"):
		return parseAbstract(s, rest, to)
	case rest == "" || rest[0] != '/' && rest[0] != '{' && !hasLiteral(rest):
		return patternErr("Bad local socket", `%q is none. Write "unix:/run/app.sock" with an absolute path, "unix:@name" for an abstract one, or "unix:*".`, displayPattern(s))
	}
	list, err := parsePattern(rest)
	if err != nil {
		return err
	}
	for _, p := range list {
		for _, reading := range f.readings(p) {
			to.add(append(pattern{literalComponent(treePath)}, reading...)...)
		}
	}
	return nil
}

// parseAbstract makes one component of each alternative; see appendAbstract.
func parseAbstract(s, name string, to *addressPatterns) error {
	toks, err := lexPattern(name)
	if err != nil {
		return err
	}
	alternatives, err := expandBraces(toks)
	if err != nil {
		return err
	}
	for _, alt := range alternatives {
		var one []tok
		for _, t := range alt {
			switch t {
			case tokDeep:
				return patternErr("** in an abstract name", `In %q, write "*": an abstract name has no directories.`, displayPattern(s))
			case tokSlash, tokRoot:
				t = '/'
			}
			if t >= 256 {
				one = append(one, t)
				continue
			}
			for _, c := range appendAbstractByte(nil, byte(t)) {
				one = append(one, tok(c))
			}
		}
		c, err := parseComponent(one, displayPattern(s), true)
		if err != nil {
			return err
		}
		to.add(literalComponent(treeAbstract), c)
	}
	return nil
}
