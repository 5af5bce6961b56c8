package rules

import "github.com/hashicorp/hcl/v2/hclsyntax"

// decodeArgv reads the argument patterns of a rule about exec.
func (f *file) decodeArgv(a *hclsyntax.Attribute, dr *draft) {
	const example = `["git", "push", "**"]`
	list, ok := f.stringList(a, asPattern, example)
	if !ok {
		return
	}
	if len(list) == 0 {
		f.d.errorf(a.Expr.Range().Ptr(), "Empty argv", `The rule would match nothing: a program has at least its name. Write for instance: argv = %s`, example)
		return
	}
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = s.s
		dr.rule.Argv = append(dr.rule.Argv, displayPattern(s.s))
	}
	p, at, err := parseArgv(words)
	if err != nil {
		f.patternError(err, list[at].rng)
		return
	}
	n := 0
	for _, w := range p {
		n += len(w.alternatives)
	}
	if f.countPatterns(n, a.Expr.Range()) {
		dr.argv = p
	}
}

// checkArgv wants argv on rules about exec alone: no other call has arguments.
// Without a path the rule is about any.
func (f *file) checkArgv(b *hclsyntax.Block, dr *draft) {
	a := b.Body.Attributes["argv"]
	if a == nil || dr.rule.Access == 0 {
		return
	}
	if dr.rule.Access != Exec {
		f.d.errorf(a.NameRange.Ptr(), "argv with another class than exec",
			`Only a program that is started has arguments. Write access = ["exec"], and another rule for %s.`, dr.rule.Access&^Exec)
		return
	}
	if b.Body.Attributes["path"] != nil || f.torn {
		return
	}
	dr.patterns = f.patterns(stringAt{"/**", a.NameRange})
	if b.Type == "allow" {
		f.d.warnf(a.NameRange.Ptr(), "argv without path allows every executable",
			`Who starts a program chooses its arguments, also the name in argv[0]. Add the executable: path = ["/usr/bin/git"]`)
	}
}
