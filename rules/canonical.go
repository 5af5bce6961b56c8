package rules

import "strings"

// readings gives the patterns to match in place of p, whose literal beginning
// may lead through symlinks, while the paths that are matched never do.
//
// A path without wildcards has two: the last component itself, which is what
// unlink and rename mean, and what it points at, which is what open means. A
// path before `/**` is covered by the pattern too, so it gets the first one as
// well.
func (l *loader) readings(p pattern) []pattern {
	n := p.literalPrefix()
	if l.o.Canonical == nil || n == 0 {
		return []pattern{p}
	}
	rest := p[n:]
	if target, ok := l.canonical(p[:n]); ok {
		resolved := append(target, rest...)
		if len(rest) > 1 || len(rest) == 1 && rest[0].kind != compDeep {
			return []pattern{resolved}
		}
		link := l.linkItself(p[:n])
		if link.literal() == target.literal() {
			return []pattern{resolved}
		}
		return []pattern{resolved, link}
	}
	return []pattern{p}
}

// linkItself resolves everything but the last component.
func (l *loader) linkItself(p pattern) pattern {
	parent, last := p[:len(p)-1], p[len(p)-1]
	if len(parent) > 0 {
		if dir, ok := l.canonical(parent); ok {
			return append(dir, last)
		}
	}
	return p
}

// canonical resolves a literal pattern. It reports false where there is
// nothing to resolve with: below /proc, or an answer that is no canonical path.
func (l *loader) canonical(p pattern) (pattern, bool) {
	if p[0].text == "proc" {
		return nil, false
	}
	to := l.o.Canonical(p.literal())
	if to == "/" {
		return pattern{}, true
	}
	if !strings.HasPrefix(to, "/") {
		return nil, false
	}
	parts := strings.Split(to[1:], "/")
	out := make(pattern, 0, len(parts)+2)
	for _, s := range parts {
		if s == "" || s == "." || s == ".." {
			return nil, false
		}
		out = append(out, component{kind: compLiteral, text: s})
	}
	return out, true
}

// literal writes a pattern without wildcards as a path.
func (p pattern) literal() string {
	if len(p) == 0 {
		return "/"
	}
	var b strings.Builder
	for _, c := range p {
		b.WriteByte('/')
		b.WriteString(c.text)
	}
	return b.String()
}
