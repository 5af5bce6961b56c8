package learn

import (
	"strings"

	"seccomp-broker/broker/secrets"
	"seccomp-broker/rules"
)

// suspicious says why a person should be asked before a path may be used; ""
// where there is no reason.
func (p *Places) suspicious(name string, access rules.Access) string {
	if why := secrets.Path(p.Vars.Home, name, access); why != "" {
		return why
	}
	if why := secrets.KeyName(name); why != "" && !p.temporary(name) {
		return why
	}
	return p.ofOthers(name)
}

// ofOthers tells the homes of other users, and processes outside the tree.
func (p *Places) ofOthers(name string) string {
	if isBelow(name, p.Vars.Home) || p.own(name) {
		return ""
	}
	if rest, ok := below(name, "/home"); ok && strings.Contains(rest, "/") {
		return "it belongs to another user"
	}
	if isBelow(name, "/root") {
		return "it belongs to another user"
	}
	return ""
}

// secretDir reports whether no pattern may stand for names in dir.
func (p *Places) secretDir(dir string) bool { return secrets.Around(p.Vars.Home, dir) }
