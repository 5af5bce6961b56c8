package rules

import (
	"math/bits"
	"slices"
	"strings"
)

// Anyone says whether there is an executable, and arguments of what it executes,
// for which the rules let any of access through at path. It takes its time: one
// look for each combination of program blocks. Where these are too many to be
// looked at it says yes.
func (p *Policy) Anyone(access Access, path []byte) bool {
	c := &comparison{before: p, after: p, whole: true}
	for _, run := range c.runners() {
		for left := uint16(access & All); left != 0; left &= left - 1 {
			q := Query{Access: 1 << bits.TrailingZeros16(left), Path: path, Scope: run.before, Syscall: run.call}
			if v := p.Decide(&q).Verdict; v == Allow || v == Ask {
				return true
			}
		}
	}
	return !c.whole
}

// Files are the files that were read, as they were named, but for built-in ones;
// also those with errors in them. Sorted.
func (d *Diagnostics) Files() []string {
	var names []string
	for name := range d.files {
		if !strings.HasPrefix(name, builtinPrefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
