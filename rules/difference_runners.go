package rules

import (
	"encoding/binary"
	"slices"
)

// runners gives one for each way in which the program blocks of the two
// policies hold together, the first for none of them; for each pattern of
// arguments one that it matches; and one for each call that rules name.
func (c *comparison) runners() []runner {
	base := []runner{{}}
	if c.before.HasPrograms() || c.after.HasPrograms() {
		base = c.executables(base)
	}
	argvs := append(argvExamples(c.before), argvExamples(c.after)...)
	list := slices.Clone(base)
	seen := map[string]bool{}
	for _, r := range base {
		seen[r.key()] = true
		for _, argv := range argvs {
			with := r
			with.argv = argv
			with.before, with.after = c.before.WithArgv(r.before, wordBytes(argv)), c.after.WithArgv(r.after, wordBytes(argv))
			if key := with.key(); !seen[key] {
				seen[key] = true
				list = append(list, with)
			}
		}
	}
	for _, call := range c.calls() {
		for _, r := range base {
			r.call = call
			list = append(list, r)
		}
	}
	if len(list) > maxRunners {
		c.whole = false
		list = list[:maxRunners]
	}
	return list
}

// calls are those that rules about paths and addresses name.
func (c *comparison) calls() []string {
	var names []string
	for _, p := range []*Policy{c.before, c.after} {
		for _, r := range p.rules {
			if r.Access != 0 {
				names = append(names, r.Calls...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// executables adds an executable for each combination of program blocks.
func (c *comparison) executables(list []runner) []runner {
	seen := map[string]bool{list[0].key(): true}
	p := product{c: c, names: c.pathNames}
	p.walk([]track{newTrack(c.before.progs, 0), newTrack(c.after.progs, 1)}, func(at *spot) {
		exe := at.path(0)
		r := runner{exe: exe, before: c.before.Program([]byte(exe)), after: c.after.Program([]byte(exe))}
		if key := r.key(); !seen[key] {
			seen[key] = true
			list = append(list, r)
		}
	})
	return list
}

// key tells runners apart: by the blocks that hold.
func (r *runner) key() string {
	var b []byte
	for _, s := range []*Scope{r.before, r.after} {
		var blocks []int32
		if s != nil {
			blocks = s.blocks
		}
		b = binary.AppendUvarint(b, uint64(len(blocks)))
		for _, n := range blocks {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	return string(b)
}

// argvExamples gives arguments that each argv of a policy's rules matches.
func argvExamples(p *Policy) [][]string {
	var list [][]string
	for i := range p.conditions {
		var argv []string
		for _, w := range p.conditions[i].argv {
			if !w.deep {
				argv = append(argv, w.example())
			}
		}
		if len(argv) == 0 {
			argv = []string{"x"}
		}
		list = append(list, argv)
	}
	return list
}

// example is an argument that the word matches.
func (w *argvWord) example() string {
	var text []byte
	for _, t := range w.alternatives[0].toks {
		switch {
		case t < 256:
			text = append(text, byte(t))
		default:
			text = append(text, 'x')
		}
	}
	return string(text)
}

func wordBytes(argv []string) [][]byte {
	list := make([][]byte, len(argv))
	for i, s := range argv {
		list[i] = []byte(s)
	}
	return list
}
