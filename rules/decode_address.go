package rules

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// checkSubject wants of a rule what its classes are about: paths, addresses,
// or both.
func (f *file) checkSubject(b *hclsyntax.Block, access Access) {
	address := b.Body.Attributes["address"]
	path := b.Body.Attributes["path"]
	switch {
	case access == 0: // missing or wrong, and reported
		if address == nil {
			f.required(b, "path", `path = ["/usr/**"]`)
		}
		return
	case access&sockets == 0 && address != nil:
		f.d.errorf(address.NameRange.Ptr(), "address without connect or bind", `Only these two classes are about addresses: add one of them to access, or take address out.`)
	case access&^sockets == 0 && path != nil:
		f.d.errorf(path.NameRange.Ptr(), "path without a class of files", `connect and bind are about addresses. A local socket is one too: address = ["unix:/run/app.sock"]`)
		return
	}
	if access&sockets != 0 {
		f.required(b, "address", `address = ["*:443"]`)
	}
	if access&^sockets != 0 && b.Body.Attributes["argv"] == nil {
		f.required(b, "path", `path = ["/usr/**"]`)
	}
}

// decodeAddresses reads the addresses of a rule.
func (f *file) decodeAddresses(a *hclsyntax.Attribute, dr *draft) {
	list, ok := f.stringList(a, asPattern, `["10.0.0.0/8:443"]`)
	if ok && len(list) == 0 {
		f.d.errorf(a.Expr.Range().Ptr(), "Empty address", `The rule would match nothing. Name the addresses: address = ["*:443"]`)
	}
	for _, s := range list {
		dr.rule.Addresses = append(dr.rule.Addresses, displayPattern(s.s))
		all := f.addressPatterns(s)
		dr.addresses = append(dr.addresses, all.patterns...)
		dr.hosts = append(dr.hosts, all.hosts...)
	}
}

// decodeExcept reads exceptions: of a rule about files they are paths, of one
// about sockets addresses. Where a rule is about both, a path is what begins
// like one.
func (f *file) decodeExcept(a *hclsyntax.Attribute, dr *draft) {
	list, _ := f.stringList(a, asPattern, `["/usr/share/**"]`)
	r := dr.rule
	for _, s := range list {
		r.Except = append(r.Except, displayPattern(s.s))
		if isPathException(r.Access, s.s) {
			dr.excepts = append(dr.excepts, f.patterns(s)...)
			continue
		}
		all := f.addressPatterns(s)
		dr.exceptAddresses = append(dr.exceptAddresses, all.patterns...)
		dr.hosts = append(dr.hosts, all.hosts...)
	}
}

// isPathException says whether an exception of a rule is a path.
func isPathException(access Access, s string) bool {
	if access&sockets == 0 || access&^sockets == 0 {
		return access&sockets == 0
	}
	return strings.HasPrefix(decodeLiteral(s), "/") || strings.HasPrefix(s, "{/")
}
