package rules

import "strings"

// Prefix is where a pattern can begin to match: a canonical path without
// wildcards.
type Prefix struct {
	Path string
	// Whole says that the pattern has no wildcards: it matches this path only.
	Whole bool
}

// addReach remembers where a rule that permits something begins.
func (g *gathered) addReach(p pattern, r *Rule) {
	if r.Verdict == Deny {
		return
	}
	var path strings.Builder
	n := p.literalPrefix()
	for _, component := range p[:n] {
		path.WriteByte('/')
		path.WriteString(component.text)
	}
	if n == 0 {
		path.WriteByte('/')
	}
	g.reach[Prefix{path.String(), n == len(p)}] |= r.Access
}

// Reach returns the places outside which no rule permits any of access: for
// guards that are coarser than the rules. The order is not defined; default =
// "allow" is not considered.
func (p *Policy) Reach(access Access) []Prefix {
	var list []Prefix
	for prefix, classes := range p.reach {
		if classes&access != 0 {
			list = append(list, prefix)
		}
	}
	return list
}
