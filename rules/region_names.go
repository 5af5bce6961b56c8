package rules

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// namer finds names that tell wildcard components apart.
type namer struct {
	used int               // steps so far
	memo map[string]answer // by the globs and literals asked about
}

type answer struct {
	names []string
	ok    bool
}

// names gives one name, other than the literals, for each set of globs that
// such a name can match together; the empty set is one of them. ok is false
// where the search was given up.
func (n *namer) names(globs map[string][]tok, literals []string) (list []string, ok bool) {
	var order []string
	for g := range globs {
		order = append(order, g)
	}
	slices.Sort(order)
	key := strings.Join(order, "/") + "//" + strings.Join(literals, "/")
	if have, is := n.memo[key]; is {
		return have.names, have.ok
	}
	s := &nameSearch{forbidden: make(map[string]bool)}
	for _, g := range order {
		s.globs = append(s.globs, newLetters(globs[g]))
	}
	s.prepare(literals)
	list, ok = s.run(maxLetters - n.used)
	n.used += s.steps
	if n.memo == nil {
		n.memo = make(map[string]answer)
	}
	n.memo[key] = answer{list, ok}
	return list, ok
}

// nameSearch walks the globs together, character by character.
type nameSearch struct {
	globs     []letters
	alphabet  []string
	forbidden map[string]bool // names that are not looked for, and all their beginnings; true for the names
	steps     int
}

// nameState is how far a name has come.
type nameState struct {
	at   joint
	name string
	// word is the name as long as it is the beginning of a forbidden one; loose
	// are the bytes at its end that are no valid UTF-8.
	word, loose string
}

func (s *nameSearch) prepare(literals []string) {
	chars := make(map[string]bool)
	for _, g := range s.globs {
		for _, l := range g {
			if l.tok == 0 {
				chars[l.text] = true
			}
		}
	}
	s.alphabet = append(slices.Sorted(maps.Keys(chars)), fresh(chars, literals))
	for _, word := range append([]string{".", ".."}, literals...) {
		for i := range word {
			if _, is := s.forbidden[word[:i]]; !is {
				s.forbidden[word[:i]] = false
			}
		}
		s.forbidden[word] = true
	}
}

// fresh is a character that stands nowhere in the patterns: for all those that
// they do not tell apart.
func fresh(chars map[string]bool, literals []string) string {
	const usual = "xyzwvutsrqponmlkjihgfedcba0123456789"
	for _, c := range usual {
		if s := string(c); !chars[s] && !slices.ContainsFunc(literals, func(l string) bool { return strings.Contains(l, s) }) {
			return s
		}
	}
	for c := rune(0x4e00); ; c++ { // there are more of them than a pattern has bytes
		if s := string(c); !chars[s] && !slices.ContainsFunc(literals, func(l string) bool { return strings.Contains(l, s) }) {
			return s
		}
	}
}

func (s *nameSearch) run(limit int) (list []string, ok bool) {
	start := nameState{at: make(joint, len(s.globs))}
	for i, g := range s.globs {
		start.at[i] = g.start()
	}
	queue := []nameState{start}
	seen := map[string]bool{s.key(start): true}
	found := make(map[string]bool)
	for len(queue) > 0 {
		st := queue[0]
		queue = queue[1:]
		if s.steps += 1 + len(s.globs)*len(s.alphabet); s.steps > limit {
			return list, false
		}
		if set := s.accepted(st.at); st.name != "" && !(st.word == st.name && s.forbidden[st.word]) && !found[set] {
			found[set] = true
			list = append(list, st.name)
		}
		for _, c := range s.alphabet {
			next, valid := s.step(st, c)
			if key := s.key(next); valid && !seen[key] {
				seen[key] = true
				queue = append(queue, next)
			}
		}
	}
	return list, true
}

// step appends a character. Single bytes that would become a character of
// several bytes are no such name.
func (s *nameSearch) step(st nameState, c string) (nameState, bool) {
	next := nameState{at: make(joint, len(st.at)), name: st.name + c}
	for i, g := range s.globs {
		next.at[i] = g.step(st.at[i], c)
	}
	if _, is := s.forbidden[next.name]; is && st.word == st.name {
		next.word = next.name
	}
	if r, size := utf8.DecodeRuneInString(c); r == utf8.RuneError && size == 1 {
		next.loose = st.loose + c
		for i := range len(next.loose) {
			if utf8.ValidString(next.loose[i:]) {
				return next, false
			}
		}
		next.loose = next.loose[max(0, len(next.loose)-utf8.UTFMax+1):]
	}
	return next, true
}

// key tells states apart. That a name is not empty counts too: only the start
// has an empty one, and nothing leads back to it.
func (s *nameSearch) key(st nameState) string {
	first := "-"
	if st.name == "" {
		first = "+"
	}
	word := ""
	if st.word == st.name {
		word = st.word
	}
	return first + st.at.key() + word + "/" + st.loose
}

// accepted is the set of globs that match.
func (s *nameSearch) accepted(j joint) string {
	set := make([]byte, len(s.globs))
	for i, g := range s.globs {
		if g.done(j[i]) {
			set[i] = 1
		}
	}
	return string(set)
}
