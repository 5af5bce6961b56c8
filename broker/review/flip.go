package review

import (
	"fmt"
	"net"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

// Change is an edit of the rules that turns an answer around.
type Change struct {
	Text string // what to do, and where
	HCL  string // what to write; may be empty
}

// Changes says what to change so that an allowed call is refused, or one that is
// not allowed is. All of them together are needed.
func Changes(p *rules.Policy, a *Answer) []Change {
	if a.Verdict == rules.Allow {
		return refuse(a)
	}
	var all []Change
	for i := range a.Parts {
		all = append(all, admit(p, &a.Parts[i])...)
	}
	return all
}

// refuse proposes a rule that beats whatever allows the first part.
func refuse(a *Answer) []Change {
	if a.Access == 0 {
		return nil
	}
	block := audit.Block("deny", a.Access.String(), a.Subject(), a.Address != nil)
	if block == "" {
		return nil
	}
	return []Change{{"a deny rule refuses it, whatever allows it:", block}}
}

// admit proposes what lets one part through.
func admit(p *rules.Policy, part *Part) []Change {
	if part.Verdict == rules.Allow {
		return nil
	}
	subject, isAddress := part.Subject(), part.Address != nil && part.Path == ""
	if part.Note != "" {
		if part.Rule == nil {
			return []Change{{Text: fmt.Sprintf("no rule changes that: %s", part.Note)}}
		}
		return []Change{{Text: fmt.Sprintf("%s; change %s", part.Note, RuleText(part.Decision))}}
	}
	var all []Change
	seen := map[*rules.Rule]bool{}
	allowed := rules.Access(0)
	for _, m := range part.Matches {
		if m.Verdict == rules.Allow {
			allowed |= m.Access
			continue
		}
		if !seen[m.Rule] {
			seen[m.Rule] = true
			all = append(all, except(m.Rule, subject, isAddress))
		}
	}
	if missing := part.Access &^ allowed; missing != 0 && p.DefaultFor(missing) != rules.Allow {
		block := audit.Block("allow", missing.String(), subject, isAddress)
		if host := hostPattern(part.Address); host != "" && missing == rules.Connect {
			block = audit.BlockOf("allow", missing.String(), "address", audit.HCLString(host))
		}
		if block != "" {
			text := "no rule allows it; add:"
			if len(all) > 0 {
				text = "then no rule is left that allows it; add:"
			}
			all = append(all, Change{text, block})
		}
	}
	return all
}

// hostPattern is the pattern of the host that an address was looked up for, since the
// address may be another one tomorrow. "" where none is known.
func hostPattern(a *rules.Address) string {
	if a == nil || len(a.Hosts) == 0 {
		return ""
	}
	host := a.Hosts[0]
	_, port, err := net.SplitHostPort(a.String())
	strange := func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-", r) }
	if err != nil || host == "" || strings.ContainsFunc(host, strange) {
		return ""
	}
	return host + ":" + port
}

// except takes the subject out of a rule that is stronger than any allow.
func except(r *rules.Rule, subject string, isAddress bool) Change {
	item, ok := audit.Item(subject, isAddress)
	text := fmt.Sprintf("in %s %s", r.Verdict, RuleText(rules.Decision{Rule: r}))
	switch {
	case !ok:
		return Change{Text: text + ": no exception can name this; change the rule itself"}
	case strings.HasPrefix(r.File, "builtin:"):
		name := strings.TrimPrefix(r.File, "builtin:")
		return Change{fmt.Sprintf("%s, which is built in: extend another set, or a copy of it (broker builtin %s) where the rule has:", text, name),
			fmt.Sprintf("except = [%s]\n", item)}
	case len(r.Except) > 0:
		return Change{text + ", add to its except:", item + ",\n"}
	}
	return Change{text + ", add:", fmt.Sprintf("except = [%s]\n", item)}
}
