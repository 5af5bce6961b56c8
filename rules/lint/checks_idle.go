package lint

import (
	"fmt"
	"reflect"
	"slices"

	"seccomp-broker/rules"
)

var idleChecks = []Check{
	{ID: "unreachable", Severity: Warning, Title: "A rule never decides", compares: true, run: unreachable},
	{ID: "shadowed", Severity: Warning, Title: "Other rules of the same kind cover a rule", compares: true, run: func(p *pass) { p.covered(false) }},
	{ID: "duplicate", Severity: Warning, Title: "Two rules differ only in spelling", compares: true, run: func(p *pass) { p.covered(true) }},
	{ID: "idle-except", Severity: Warning, Title: "An exception excepts nothing", run: idleExcept},
	{ID: "unused-local", Severity: Info, Title: "A local is used by no rule", run: unusedLocal},
	{ID: "missing-program", Severity: Info, Title: "The executable of a program block is not there", host: true, run: missingProgram},
	{ID: "missing-file", Severity: Warning, Title: "The file that a rule serves is not there", host: true, run: missingFile},
}

func (p *pass) idleExcepts(r *rules.InspectedRule, in, excepts []rules.Place) {
	for _, e := range excepts {
		if e.Empty() || slices.ContainsFunc(in, func(pl rules.Place) bool {
			_, common := pl.Common(e.Region)
			return common
		}) {
			continue
		}
		p.reportPlace(r, "except", e, fmt.Sprintf("The rule covers nothing that %q could except", e.Written),
			"Name a place that the rule covers, or take the exception out.")
	}
}

// unreachable finds rules under stricter ones.
func unreachable(p *pass) {
	for _, r := range p.rules(grants) {
		var by []*rules.InspectedRule
		whole := true
		for _, class := range classes(r.Access) {
			stricter := p.rules(func(s *rules.InspectedRule) bool {
				return s.Verdict < r.Verdict && !s.Conditional && p.holdsWith(s, r)
			})
			list := regions(stricter, class)
			if !isSocket(class) {
				hiding := slices.DeleteFunc(slices.Clone(stricter), func(s *rules.InspectedRule) bool { return !s.Hides() })
				list = append(list, regions(hiding, rules.Stat)...)
			}
			for _, one := range r.Region(class).Each() {
				whole = whole && one.CoveredBy(list...)
			}
			whole = whole && !r.Region(class).Empty()
			if !whole {
				break
			}
			for _, s := range append(touching(stricter, class, r.Region(class)), touching(stricter, rules.Stat, r.Region(class))...) {
				if !slices.Contains(by, s) {
					by = append(by, s)
				}
			}
		}
		if whole && len(by) > 0 {
			p.reportRule(r, "", fmt.Sprintf("The rule never decides: all of it is decided by %s", names(by)),
				"Take it out, or make an exception in the stricter rule with except.")
		}
	}
}

// covered finds rules that others of the same kind make superfluous: those that
// say exactly the same, or those that say more. It goes from the last rule to the
// first, and what is superfluous covers nothing any more, so that all that is
// reported can be taken out.
func (p *pass) covered(same bool) {
	all := p.rules(func(r *rules.InspectedRule) bool { return !r.Conditional })
	gone := make(map[*rules.InspectedRule]bool)
	for _, r := range slices.Backward(all) {
		if !p.top[r.File] {
			continue
		}
		peers := slices.DeleteFunc(slices.Clone(all), func(s *rules.InspectedRule) bool {
			return s == r || gone[s] || !alike(r, s) || !p.holdsWith(s, r)
		})
		by, ok := coverers(r, peers)
		if !ok {
			continue
		}
		gone[r] = true
		twin := slices.IndexFunc(by, func(s *rules.InspectedRule) bool { return equal(r, s) })
		switch {
		case twin >= 0 && same:
			p.reportRule(r, "", fmt.Sprintf("The rule covers exactly what %s does", name(by[twin])), "Take one of them out.")
		case twin < 0 && !same:
			p.reportRule(r, "", fmt.Sprintf("The rule is superfluous: %s gives all of it", names(by)),
				"Take it out, or take the wider rule out if this one is enough.")
		}
	}
}

// alike says that two rules answer in the same way.
func alike(r, s *rules.InspectedRule) bool {
	return r.Verdict == s.Verdict && r.Errno == s.Errno && reflect.DeepEqual(r.Emulate, s.Emulate)
}

// equal says that two rules cover the same.
func equal(r, s *rules.InspectedRule) bool {
	if r.Access != s.Access || r.Block != s.Block {
		return false
	}
	for _, class := range classes(r.Access) {
		if !r.Region(class).CoveredBy(s.Region(class)) || !s.Region(class).CoveredBy(r.Region(class)) {
			return false
		}
	}
	return true
}

// coverers gives those of the peers that together cover all of r.
func coverers(r *rules.InspectedRule, peers []*rules.InspectedRule) (by []*rules.InspectedRule, ok bool) {
	for _, class := range classes(r.Access) {
		region := r.Region(class)
		if region.Empty() {
			return nil, false
		}
		near := touching(peers, class, region)
		for _, one := range region.Each() {
			if !one.CoveredBy(spelledAs(one, regions(near, class))...) {
				return nil, false
			}
		}
		for _, s := range near {
			if !slices.Contains(by, s) {
				by = append(by, s)
			}
		}
	}
	return by, true
}

// spelledAs leaves out what does less for devices and for the entries of
// processes: there a rule must spell the components of the path.
func spelledAs(one rules.Region, list []rules.Region) []rules.Region {
	n := one.Spelled()
	if _, dev := one.Common(anyOf("/dev/**")); !dev {
		if _, proc := one.Common(anyOf("/proc/**")); !proc {
			return list
		}
	}
	var out []rules.Region
	for _, r := range list {
		out = append(out, r.SpelledTo(n))
	}
	return out
}

func idleExcept(p *pass) {
	for _, r := range p.rules(func(*rules.InspectedRule) bool { return true }) {
		p.idleExcepts(r, r.Paths, r.ExceptPaths)
		p.idleExcepts(r, r.Addresses, r.ExceptAddresses)
	}
}

func unusedLocal(p *pass) {
	for _, l := range p.in.Locals {
		if !l.Used {
			p.report(l.Range, nil, fmt.Sprintf("No rule uses local.%s", l.Name), "Use it, or take it out.")
		}
	}
}

func missingProgram(p *pass) {
	for _, prog := range p.in.Programs {
		literals := prog.Literals()
		if p.o.Exists == nil || len(literals) == 0 || len(literals) < len(prog.Each()) || slices.ContainsFunc(literals, p.o.Exists) {
			continue
		}
		p.report(prog.Range, nil, fmt.Sprintf("There is no executable %q on this machine", prog.Written),
			"Name the file that runs in the end, or take the block out.")
	}
}

func missingFile(p *pass) {
	for _, r := range p.rules(func(r *rules.InspectedRule) bool { return r.Emulate != nil && r.Emulate.File != "" }) {
		if p.o.Exists != nil && !p.o.Exists(r.Emulate.File) {
			p.reportRule(r, "file", fmt.Sprintf("There is no file %q on this machine to serve", r.Emulate.File),
				"Create it, or name another one; content = \"...\" needs no file.")
		}
	}
}
