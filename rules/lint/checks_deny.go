package lint

import (
	"fmt"
	"slices"

	"seccomp-broker/rules"
)

var denyChecks = []Check{
	{ID: "idle-deny", Severity: Info, Title: "A denial is under no allow rule", compares: true, run: idleDenials},
	{ID: "deny-dodged", Severity: Warning, Title: "A denial can be dodged by moving or replacing the file", compares: true, run: dodged},
	{ID: "hidden-listed", Severity: Info, Title: "The name of a hidden place shows in a listing", compares: true, run: hiddenListed},
	{ID: "no-reason", Severity: Info, Title: "A denial gives no reason", run: noReason},
}

func idleDenials(p *pass) {
	if p.policy.Default() != rules.Deny || len(p.rules(grants)) == 0 {
		return
	}
	for _, d := range p.rules(refuses) {
		// stat is allowed without a rule, and an errno of its own is an effect.
		if _, own := d.Attributes["errno"]; own || d.Access&rules.Stat != 0 {
			continue
		}
		if !slices.ContainsFunc(classes(d.Access), func(class rules.Access) bool { return p.denies(d, class) }) {
			p.reportRule(d, "", fmt.Sprintf("The denial %q takes nothing away: no rule allows what it is about", d.Name),
				"Name the place that is to be refused, or take the rule out.")
		}
	}
}

// denies says whether the denial takes something of the class away: what another
// rule gives, or the right to move a directory above it.
func (p *pass) denies(d *rules.InspectedRule, class rules.Access) bool {
	region := d.Region(class)
	for _, r := range p.rules(func(r *rules.InspectedRule) bool { return grants(r) && p.mayMeet(r, d) }) {
		if _, common := region.Common(r.Region(class)); common {
			return true
		}
		if isSocket(class) {
			continue
		}
		if _, common := region.Parents().Common(r.Region(rules.Remove)); common {
			return true
		}
	}
	return false
}

// dodged looks for files of which a denial takes a class away that somebody has
// been given, while they can be removed and made again.
func dodged(p *pass) {
	for _, d := range p.rules(func(r *rules.InspectedRule) bool { return refuses(r) && !r.Conditional }) {
		for _, class := range classes(d.Access & (rules.Write | rules.Attr)) {
			f := rules.Witness([][]rules.Region{
				{d.Region(class)}, p.permitted(d, class), p.permitted(d, rules.Remove), p.permitted(d, rules.Create),
			}, append(p.refused(d, rules.Remove), p.refused(d, rules.Create)...))
			if f.Found {
				p.reportRule(d, "access", fmt.Sprintf("The denial of %s can be dodged: %q can be removed and made again, or moved away and back", class, f.Path),
					"Deny remove and create as well.")
				break
			}
		}
	}
}

func hiddenListed(p *pass) {
	for _, d := range p.rules((*rules.InspectedRule).Hides) {
		path, ok := p.open(d, d.Region(rules.Stat).Holders(), rules.Read)
		if ok && !d.Region(rules.Stat).Has(path) {
			p.reportRule(d, "access", fmt.Sprintf("The directory %q may be listed, which shows the name of what the rule hides", path),
				"Take the directory out of the rules that give read, or hide it as well.")
		}
	}
}

func noReason(p *pass) {
	for _, r := range p.rules(func(r *rules.InspectedRule) bool { return refuses(r) && r.Reason == "" }) {
		p.reportRule(r, "", fmt.Sprintf("The denial %q gives no reason", r.Name), `Add reason = "...": it is shown to who meets the refusal.`)
	}
}
