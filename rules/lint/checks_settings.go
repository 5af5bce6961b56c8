package lint

var settingChecks = []Check{
	{ID: "default-allow", Severity: Warning, Title: "Everything that no rule names is allowed", run: defaultAllow},
	{ID: "monitor-mode", Severity: Warning, Title: "Nothing is refused", run: monitorMode},
}

func defaultAllow(p *pass) {
	for _, f := range p.in.Files {
		if f.Default != nil && f.Default.Value == "allow" {
			p.report(f.Default.Range, nil, "Everything that no rule names is allowed", `Write "deny", and allow what the program needs: broker learn shows what that is.`)
		}
	}
}

func monitorMode(p *pass) {
	for _, f := range p.in.Files {
		if f.Mode != nil && f.Mode.Value == "monitor" {
			p.report(f.Mode.Range, nil, "The file's mode is monitor: nothing is refused", `Take the line out, and use --mode monitor for single runs.`)
		}
	}
}
