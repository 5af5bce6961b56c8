// Package rules is the policy of the broker: HCL in, verdicts out.
//
// [Load] reads rule files, with everything they extend, into a [Policy]; a
// Policy answers [Policy.Decide] for one access to one canonical path:
//
//	p, diags := rules.Load(rules.Options{Files: []string{"app.hcl"}, Classes: rules.Read | rules.Write})
//	if diags.HasErrors() {
//		diags.Write(os.Stderr, 80, false)
//		return
//	}
//	d := p.Decide(&rules.Query{Access: rules.Read, Path: []byte("/etc/hosts")})
//
// All matching rules of all files are gathered and the strictest wins: deny
// over ask over emulate over allow. Where nothing matches the policy's default
// answers, and that is deny unless the files say otherwise. Neither the order
// of rules nor how specific their patterns are plays a part.
//
// # Patterns
//
// A pattern is an absolute path. `*` stands for any run of characters and `?`
// for one, both inside one component; `**` is a whole component and stands for
// any number of components, none included, so `/d/**` covers /d itself.
// `{a,b}` is either of its alternatives, which may nest and may contain `/`
// and wildcards. A backslash takes the special meaning from the character
// after it. Dotfiles match like any other name.
//
// Paths are bytes. A component is compared character by character, where a
// character is one valid UTF-8 sequence, or one byte where the bytes are not
// valid UTF-8; so `?` matches "é" and it matches a lone 0xff. The text of a
// rule file must be in Unicode normal form C, because HCL turns strings into
// it and a rule would otherwise mean another file than it shows; `?` and `*`
// reach names in any other form. Values of variables and of the environment
// keep their bytes and never act as wildcards.
//
// # Limits of what a Policy knows
//
// The package is pure: it asks no kernel. Paths handed to Decide must be
// canonical (absolute, no symlinks, no "." or ".."); Options.Canonical resolves
// the literal beginning of each pattern in the same way, once, at load. A
// symlink behind the first wildcard of a pattern is not followed.
package rules
