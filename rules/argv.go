package rules

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of one argv pattern. They bound the work of matching besides: what
// matches is chosen by the program that calls.
const (
	maxArgvWords = 256
	maxArgvWord  = 4096 // bytes of one word, braces expanded
)

// argvPattern is what an argv attribute says: a pattern for each argument, and
// runs of any arguments.
type argvPattern []argvWord

// argvWord is one word of it.
type argvWord struct {
	deep         bool // `**`: any number of arguments
	alternatives []argvText
}

// argvText is one alternative of a word: literal bytes, tokOne and tokAny.
type argvText struct {
	toks []tok
	// base says that the last component of the argument is meant: of the first word,
	// which can match no argument but the first.
	base bool
}

// parseArgv compiles the words of an argv attribute. The error belongs to the
// word that at gives.
func parseArgv(words []string) (p argvPattern, at int, err error) {
	if len(words) > maxArgvWords {
		return nil, maxArgvWords, patternErr("Too many words in argv", `A rule may name %d. "**" stands for any number of arguments.`, maxArgvWords)
	}
	for i, s := range words {
		w, err := parseArgvWord(s, i == 0)
		if err != nil {
			return nil, i, err
		}
		if w.deep && i > 0 && p[len(p)-1].deep {
			continue
		}
		p = append(p, w)
	}
	return p, 0, nil
}

func parseArgvWord(s string, first bool) (argvWord, error) {
	if len(s) > 4*maxWritten { // protected bytes take four
		return argvWord{}, patternErr("Word too long", "It has %d bytes; write at most %d.", len(s), maxWritten)
	}
	toks, err := lexPattern(s)
	if err != nil {
		return argvWord{}, err
	}
	if len(toks) == 1 && toks[0] == tokDeep {
		return argvWord{deep: true}, nil
	}
	expanded, err := expandBraces(toks)
	if err != nil {
		return argvWord{}, err
	}
	var w argvWord
	for _, alt := range expanded {
		text, err := parseArgvText(alt)
		if err != nil {
			return argvWord{}, err
		}
		text.base = first && !slices.Contains(text.toks, '/')
		w.alternatives = append(w.alternatives, text)
	}
	return w, nil
}

// parseArgvText checks an alternative. A slash is a character like others.
func parseArgvText(toks []tok) (argvText, error) {
	shown := showToks(toks)
	if len(shown) > maxArgvWord {
		return argvText{}, patternErr("Word too long", "It has %d bytes; at most %d are possible.", len(shown), maxArgvWord)
	}
	toks = slices.Clone(toks)
	for i, t := range toks {
		switch {
		case t == 0:
			return argvText{}, patternErr("NUL in pattern", "%q holds a NUL byte, which no argument can hold.", shown)
		case t == tokDeep, t == tokAny && i > 0 && toks[i-1] == tokAny:
			return argvText{}, patternErr("** must be a whole word", `In %q, write "*" for any text within one argument, or "**" as a word of its own for any number of arguments.`, shown)
		case t == tokSlash, t == tokRoot:
			toks[i] = '/'
		}
	}
	return argvText{toks: toks}, nil
}

// match reports whether the arguments are as the pattern says. It goes back
// only to the last `**`, as [argvText.match] does to the last `*`.
func (p argvPattern) match(argv [][]byte) bool {
	word, arg := 0, 0
	deepWord, deepArg := -1, 0
	for arg < len(argv) {
		switch {
		case word < len(p) && p[word].deep:
			deepWord, deepArg = word, arg
			word++
		case word < len(p) && p[word].match(argv[arg]):
			word++
			arg++
		case deepWord >= 0:
			deepArg++
			word, arg = deepWord+1, deepArg
		default:
			return false
		}
	}
	for word < len(p) && p[word].deep {
		word++
	}
	return word == len(p)
}

func (w *argvWord) match(arg []byte) bool {
	for i := range w.alternatives {
		t := &w.alternatives[i]
		if t.base {
			if t.match(arg[bytes.LastIndexByte(arg, '/')+1:]) {
				return true
			}
			continue
		}
		if t.match(arg) {
			return true
		}
	}
	return false
}

// match compares one argument. `?` is one character: a UTF-8 sequence, or one
// byte where the bytes are not valid UTF-8.
func (t *argvText) match(arg []byte) bool {
	i, at := 0, 0
	star, starAt := -1, 0
	for at < len(arg) {
		if i < len(t.toks) {
			switch k := t.toks[i]; {
			case k == tokAny:
				star, starAt = i, at
				i++
				continue
			case k == tokOne:
				_, w := utf8.DecodeRune(arg[at:])
				i++
				at += w
				continue
			case k == tok(arg[at]):
				i++
				at++
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, w := utf8.DecodeRune(arg[starAt:])
		starAt += w
		i, at = star+1, starAt
	}
	for i < len(t.toks) && t.toks[i] == tokAny {
		i++
	}
	return i == len(t.toks)
}

// key tells patterns apart that were written differently.
func argvKey(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w)
		b.WriteByte(0)
	}
	return b.String()
}
