package audit

import (
	"fmt"
	"strings"
)

// Item is a path, or where isAddress an address as [Event.Address] has it, as an
// element of a list in rules: the narrowest pattern that matches it, quoted.
// False for an address that rules cannot name.
func Item(subject string, isAddress bool) (string, bool) {
	if !isAddress {
		return hclString(Pattern(subject)), true
	}
	p, ok := AddressPattern(subject)
	return hclString(p), ok
}

// Block is a rule of the kind "allow" or "deny" about exactly one path or
// address, for classes listed as in [Event.Access]. Empty for an address that
// rules cannot name.
func Block(kind, classes, subject string, isAddress bool) string {
	item, ok := Item(subject, isAddress)
	if !ok {
		return ""
	}
	key := "path"
	if isAddress {
		key = "address"
	}
	return BlockOf(kind, classes, key, item)
}

// BlockOf is a rule of that kind with one attribute of one element, written as in
// rules.
func BlockOf(kind, classes, key, item string) string {
	list := strings.Split(classes, ", ")
	var access []string
	for _, c := range list {
		access = append(access, hclString(c))
	}
	width := max(len("access"), len(key))
	return fmt.Sprintf("%s %s {\n  %-*s = [%s]\n  %-*s = [%s]\n}\n",
		kind, hclString(blockName(kind, list, item)), width, "access", strings.Join(access, ", "), width, key, item)
}
