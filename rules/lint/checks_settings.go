package lint

var settingChecks = []Check{
	{
		ID: "default-allow", Severity: Warning, Title: "Everything that no rule names is allowed",
		Why: `
With default = "allow" the rules only take away. Whatever their author did not
think of stays open: the next version of the program, a new place for keys, a
class of access that no rule names.`,
		Bad: `
default = "allow"

deny "keys" {
  access = ["read"]
  path   = ["${home}/.ssh/**"]
  reason = "private keys stay with their owner"
}`,
		Better: `
extends = ["builtin:base"]

allow "work" {
  access = ["read", "write"]
  path   = ["${cwd}/**"]
}`,
		run: func(p *pass) {
			for _, f := range p.in.Files {
				if f.Default != nil && f.Default.Value == "allow" {
					p.report(f.Default.Range, nil, "Everything that no rule names is allowed", `Write "deny", and allow what the program needs: broker learn shows what that is.`)
				}
			}
		},
	},
	{
		ID: "monitor-mode", Severity: Warning, Title: "Nothing is refused",
		Why: `
Monitor mode logs what would be refused and lets it pass. It is for writing rules.
Left in a file it switches the protection off for everybody who uses that file; the
flag --mode monitor does the same for a single run.`,
		Bad: `
mode = "monitor"

allow "work" {
  access = ["read", "write"]
  path   = ["${cwd}/**"]
}`,
		Better: `
mode = "enforce"

allow "work" {
  access = ["read", "write"]
  path   = ["${cwd}/**"]
}`,
		run: func(p *pass) {
			for _, f := range p.in.Files {
				if f.Mode != nil && f.Mode.Value == "monitor" {
					p.report(f.Mode.Range, nil, "The file's mode is monitor: nothing is refused", `Take the line out, and use --mode monitor for single runs.`)
				}
			}
		},
	},
}
