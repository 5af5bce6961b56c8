package rules

// Bounds on nesting and on groups, and with them on the recursion below.
const (
	braceDepth  = 16
	braceGroups = 256
)

// expandBraces gives every alternative of toks, whose braces are balanced. The
// number is counted before anything is built.
func expandBraces(toks []tok) ([][]tok, error) {
	groups, depth := 0, 0
	for _, t := range toks {
		switch t {
		case tokOpen:
			groups++
			if depth++; depth > braceDepth {
				return nil, patternErr("Braces nested too deeply", "A pattern may nest {} %d deep.", braceDepth)
			}
		case tokClose:
			depth--
		}
	}
	if groups == 0 {
		return [][]tok{toks}, nil
	}
	if groups > braceGroups {
		return nil, patternErr("Too many braces in pattern", "A pattern may have %d groups. Split it into several patterns.", braceGroups)
	}
	if n := countExpansions(toks); n > maxExpansions {
		return nil, patternErr("Too many alternatives in pattern", "Its braces expand to more than %d patterns. Use * or split it into several patterns.", maxExpansions)
	}
	return expand(toks), nil
}

// countExpansions is the number of alternatives, or maxExpansions+1 for more.
func countExpansions(toks []tok) int {
	product := 1
	for i := 0; i < len(toks); i++ {
		if toks[i] != tokOpen {
			continue
		}
		alts, end := alternatives(toks, i)
		sum := 0
		for _, alt := range alts {
			sum = min(sum+countExpansions(alt), maxExpansions+1)
		}
		product = min(product*sum, maxExpansions+1)
		i = end
	}
	return product
}

func expand(toks []tok) [][]tok {
	for i, t := range toks {
		if t != tokOpen {
			continue
		}
		alts, end := alternatives(toks, i)
		tails := expand(toks[end+1:])
		var out [][]tok
		for _, alt := range alts {
			for _, head := range expand(alt) {
				for _, tail := range tails {
					one := make([]tok, 0, i+len(head)+len(tail))
					one = append(one, toks[:i]...)
					one = append(one, head...)
					out = append(out, append(one, tail...))
				}
			}
		}
		return out
	}
	return [][]tok{toks}
}

// alternatives splits the group that opens at index open; end is its closing
// brace.
func alternatives(toks []tok, open int) (alts [][]tok, end int) {
	depth, start := 0, open+1
	for i := open; ; i++ {
		switch toks[i] {
		case tokOpen:
			depth++
		case tokClose:
			if depth--; depth == 0 {
				return append(alts, toks[start:i]), i
			}
		case tokComma:
			if depth == 1 {
				alts = append(alts, toks[start:i])
				start = i + 1
			}
		}
	}
}
