package rules

import "bytes"

// guardPlain is guardTokens for text that holds nothing but what nearly all rules
// consist of: words, lists, blocks, and strings in which variables stand. It
// reads bytes, where the tokens of a text take fifty times its memory. sure is
// false where it meets anything else, or anything that guardTokens would refuse:
// then the tokens have to tell. It counts a part of an expression for each
// character of a word, so that it never takes fewer for what they are.
func guardPlain(text []byte) (whole, sure bool) {
	g := plainGuard{text: text}
	g.levels[0].body = true
	for g.at < len(text) {
		if !g.next() {
			return false, false
		}
	}
	return g.depth == 0, true
}

// plainGuard is where guardPlain is.
type plainGuard struct {
	text   []byte
	at     int
	depth  int
	levels [maxNesting]struct {
		run  int
		body bool // braces or the top: a newline ends an expression
	}
}

// next goes over one token or a part of it, and reports whether it could.
func (g *plainGuard) next() bool {
	c := g.text[g.at]
	g.at++
	switch {
	case c == ' ' || c == '\t':
		return true
	case c == '\n' || c == '\r' && g.peek('\n'):
		if g.levels[g.depth].body {
			g.levels[g.depth].run = 0
		}
		return true
	case isWord(c):
		return g.count()
	case c == ',':
		g.levels[g.depth].run = 0
		return true
	case c == '=' && !g.peek('=') && !g.peek('>'):
		g.levels[g.depth].run = 0
		return true
	case c == '{' || c == '[' || c == '(':
		return g.open(c == '{')
	case c == '}' || c == ']' || c == ')':
		g.close()
		return true
	case c == '#' || c == '/' && g.peek('/'):
		end := bytes.IndexByte(g.text[g.at:], '\n')
		if end < 0 {
			end = len(g.text) - g.at
		}
		comment := g.text[g.at : g.at+end]
		g.at += end
		return isPrintable(comment)
	case c == '"':
		return g.open(false) && g.quoted()
	}
	return false
}

// quoted goes on behind an opening quote to the closing one.
func (g *plainGuard) quoted() bool {
	for g.at < len(g.text) {
		c := g.text[g.at]
		g.at++
		switch {
		case c == '"':
			g.close()
			return true
		case c == '\\':
			if !g.peek('"') && !g.peek('\\') {
				return false
			}
			g.at++
		case (c == '$' || c == '%') && g.peek(c):
			return false
		case (c == '$' || c == '%') && g.peek('{'):
			g.at++
			if c == '%' || !g.variable() {
				return false
			}
		case c < ' ' || c >= 0x7f:
			return false
		}
	}
	return false
}

// variable goes on behind "${" to the closing brace of a mere name.
func (g *plainGuard) variable() bool {
	if !g.open(false) {
		return false
	}
	for g.at < len(g.text) && isWord(g.text[g.at]) {
		if !g.count() {
			return false
		}
		g.at++
	}
	if !g.peek('}') {
		return false
	}
	g.at++
	g.close()
	return true
}

func (g *plainGuard) peek(c byte) bool { return g.at < len(g.text) && g.text[g.at] == c }

// count counts a part of the expression.
func (g *plainGuard) count() bool {
	run := &g.levels[g.depth].run
	*run++
	return *run <= maxRun
}

func (g *plainGuard) open(body bool) bool {
	if !g.count() || g.depth+1 == len(g.levels) {
		return false
	}
	g.depth++
	g.levels[g.depth].run, g.levels[g.depth].body = 0, body
	return true
}

func (g *plainGuard) close() {
	if g.depth > 0 {
		g.depth--
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

// isPrintable allows nothing that HCL might take for something else.
func isPrintable(text []byte) bool {
	for _, c := range text {
		if (c < ' ' && c != '\t' && c != '\r') || c >= 0x7f {
			return false
		}
	}
	return true
}
