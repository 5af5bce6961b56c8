package lint

import (
	"fmt"

	"seccomp-broker/rules"
)

var togetherChecks = []Check{
	{
		ID: "write-exec", Severity: Warning, Title: "What is written can be executed", compares: true,
		Why: `
Where a program may both write and execute, the exec rules say nothing any more: it
brings along what it wants to run. What it runs is still under the same rules, but
"only git and cat" has become "anything". Compilers and package managers need such a place:
keep it small, and accept it with the reason.`,
		Bad: `
allow "work" {
  access = ["read", "write", "create", "exec"]
  path   = ["${cwd}/**"]
}`,
		Better: `
allow "work" {
  access = ["read", "write", "create"]
  path   = ["${cwd}/**"]
}

allow "tools" {
  access = ["read", "exec"]
  path   = ["/usr/bin/git"]
}`,
		run: func(p *pass) {
			for _, r := range p.rules(permits) {
				if r.Access&rules.Exec == 0 {
					continue
				}
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
		},
	},
	{
		ID: "writable-program", Severity: Warning, Title: "The executable of a program block can be replaced", compares: true,
		Why: `
A program block follows the executable's path. Where the rules let that file be
written, replaced or removed, any code can become that program and get its rules.`,
		Bad: `
allow "work" {
  access = ["read", "write", "create", "remove"]
  path   = ["/srv/app/**"]
}

program "/srv/app/bin/upload" {
  allow "server" {
    access  = ["connect"]
    address = ["10.0.0.5:443"]
  }
}`,
		Better: `
allow "work" {
  access = ["read", "write", "create", "remove"]
  path   = ["/srv/app/data/**"]
}

program "/srv/app/bin/upload" {
  allow "server" {
    access  = ["connect"]
    address = ["10.0.0.5:443"]
  }
}`,
		run: func(p *pass) {
			for _, prog := range p.in.Programs {
				p.replaceable(prog.Region, func(path, by string) {
					p.report(prog.Range, nil, fmt.Sprintf("The program's executable can be replaced, such as %q: %s", path, by),
						"Leave its directory out of the rules that write, with except.")
				})
			}
		},
	},
	{
		ID: "writable-interpreter", Severity: Warning, Title: "The interpreter of an executable script can be replaced", host: true, compares: true,
		Why: `
A script that may be executed runs the interpreter in its first line. Where the rules
let that file be written, any code runs under the name of the script. The script is
read on this machine; scripts that are not there are not looked at.`,
		run: func(p *pass) {
			if p.o.Interpreter == nil {
				return
			}
			for _, r := range p.rules(permits) {
				for _, pl := range r.Paths {
					if r.Access&rules.Exec == 0 {
						continue
					}
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
		},
	},
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
