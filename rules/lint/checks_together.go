package lint

import (
	"fmt"

	"seccomp-broker/rules"
)

var togetherChecks = []Check{
	{ID: "write-exec", Severity: Warning, Title: "What is written can be executed", compares: true, run: writeExec},
	{ID: "writable-program", Severity: Warning, Title: "The executable of a program block can be replaced", compares: true, run: writableProgram},
	{ID: "writable-interpreter", Severity: Warning, Title: "The interpreter of an executable script can be replaced", host: true, compares: true, run: writableInterpreter},
}

// replaceable tells of a file of region that any process may write, create or
// remove and create.
func (p *pass) replaceable(region rules.Region, tell func(path, by string)) {
	for _, r := range p.rules(permits) {
		for _, class := range []rules.Access{rules.Write, rules.Create} {
			mine := r.Region(class)
			if mine.Empty() {
				continue
			}
			f := rules.Witness([][]rules.Region{{region}, {mine}}, p.refused(r, class))
			if f.Found {
				tell(f.Path, fmt.Sprintf("%s gives %s", name(r), class))
				return
			}
		}
	}
}

func writeExec(p *pass) {
	for _, r := range p.rules(permitting(rules.Exec)) {
		for _, class := range []rules.Access{rules.Write, rules.Create} {
			path, ok := p.open(r, r.Region(rules.Exec), rules.Exec, class)
			if !ok {
				continue
			}
			path = p.within(r, path, rules.Exec, class)
			by := "this rule gives both"
			if !r.Region(class).Has(path) {
				by = p.whoGives(path, class, r) + " gives " + class.String()
			}
			p.reportRule(r, "access", fmt.Sprintf("A file can be written and then executed, such as %q: %s", path, by),
				"Take exec or the write classes from one of them, or keep the place small and accept this with the reason.")
			break
		}
	}
}

func writableProgram(p *pass) {
	for _, prog := range p.in.Programs {
		p.replaceable(prog.Region, func(path, by string) {
			p.report(prog.Range, nil, fmt.Sprintf("The program's executable can be replaced, such as %q: %s", path, by),
				"Leave its directory out of the rules that write, with except.")
		})
	}
}

func writableInterpreter(p *pass) {
	if p.o.Interpreter == nil {
		return
	}
	for _, r := range p.rules(permitting(rules.Exec)) {
		for _, pl := range r.Paths {
			for _, script := range pl.Literals() {
				interpreter := p.o.Interpreter(script)
				if interpreter == "" {
					continue
				}
				p.replaceable(rules.PathRegion(interpreter), func(path, by string) {
					p.reportPlace(r, "path", pl, fmt.Sprintf("%q is run by %q, which can be replaced: %s", script, path, by),
						"Leave the interpreter out of the rules that write, with except.")
				})
			}
		}
	}
}
