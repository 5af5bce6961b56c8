package learn

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

// doubtGroup are doubts for one reason.
type doubtGroup struct {
	why     string
	access  rules.Access
	address bool
	uses    []Use
}

// groupDoubts puts together what was doubted for the same reason and the same
// classes.
func groupDoubts(doubts []Doubt) []doubtGroup {
	var groups []doubtGroup
	for _, d := range doubts {
		i := slices.IndexFunc(groups, func(g doubtGroup) bool {
			return g.why == d.Why && g.access == d.Access && g.address == (d.Address != "")
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, doubtGroup{why: d.Why, access: d.Access, address: d.Address != ""})
		}
		groups[i].uses = append(groups[i].uses, d.Use)
	}
	return groups
}

// addDoubt writes a rule as a comment, unless every line of it stands in the
// text already. Without the marks of the comment it is a rule in the form of
// fmt, so that whoever allows it has only to uncomment it.
func (e *editor) addDoubt(p *Places, g doubtGroup) {
	var lines []string
	for _, u := range g.uses {
		line := doubtLine(p, &u)
		if !bytes.Contains(e.text, []byte(line)) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return
	}
	b := block{name: g.why, access: g.access, uses: g.uses}
	key := "path"
	if g.address {
		key = "address"
	}
	name := e.unused(g.why, g.access)
	e.names[name] = true
	rule := fmt.Sprintf("allow %s {\n  access = %s\n  %s = [\n    %s\n  ]\n}\n",
		audit.HCLString(name), accessList(g.access), key, strings.Join(lines, "\n    "))
	e.doubts.WriteString("\n# not allowed: " + g.why + " (uncomment the rule to allow it)\n" + b.comment())
	for line := range strings.Lines(string(hclwrite.Format([]byte(rule)))) {
		e.doubts.WriteString("# " + line)
	}
}

func doubtLine(p *Places, u *Use) string {
	if u.Address != "" {
		text, _ := audit.AddressPattern(u.Address)
		return audit.HCLString(text) + ","
	}
	pattern := p.exactly(u.Path)
	if first(pattern.parts) == "proc" && u.Refused && len(pattern.parts) > 1 {
		pattern.parts[1] = "*" // its number will be another
	}
	return pattern.quote() + ","
}

func programLabel(pattern string) string { return audit.HCLString(pattern) }
