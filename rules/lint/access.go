package lint

import (
	"fmt"
	"slices"

	"seccomp-broker/rules"
)

// changing are the classes that leave something else behind.
const changing = rules.Write | rules.Create | rules.Remove | rules.Attr

// classes gives the single classes of a set.
func classes(all rules.Access) []rules.Access {
	var list []rules.Access
	for c := rules.Access(1); c <= rules.All; c <<= 1 {
		if all&c != 0 {
			list = append(list, c)
		}
	}
	return list
}

// permits tells the rules that give what was asked for, perhaps after a question.
func permits(r *rules.InspectedRule) bool {
	return r.Verdict == rules.Allow || r.Verdict == rules.Ask
}

// permitting tells the rules that permit one of the classes.
func permitting(access rules.Access) func(*rules.InspectedRule) bool {
	return func(r *rules.InspectedRule) bool { return permits(r) && r.Access&access != 0 }
}

func refuses(r *rules.InspectedRule) bool { return r.Verdict == rules.Deny }

func grants(r *rules.InspectedRule) bool { return !refuses(r) }

// rules gives the rules that want says yes to.
func (p *pass) rules(want func(*rules.InspectedRule) bool) []*rules.InspectedRule {
	var list []*rules.InspectedRule
	for i := range p.in.Rules {
		if r := &p.in.Rules[i]; want(r) {
			list = append(list, r)
		}
	}
	return list
}

// holdsWith says that r holds whenever other does: it is outside of program
// blocks, or in one for the same executables at least.
func (p *pass) holdsWith(r, other *rules.InspectedRule) bool {
	if r.Block < 0 || r.Block == other.Block {
		return true
	}
	return other.Block >= 0 && p.in.Programs[other.Block].CoveredBy(p.in.Programs[r.Block].Region)
}

// mayMeet says that some process can be under both rules.
func (p *pass) mayMeet(r, other *rules.InspectedRule) bool {
	if p.holdsWith(r, other) || p.holdsWith(other, r) {
		return true
	}
	_, common := p.in.Programs[r.Block].Common(p.in.Programs[other.Block].Region)
	return common
}

// regions are those of rules for one class.
func regions(list []*rules.InspectedRule, class rules.Access) []rules.Region {
	var out []rules.Region
	for _, r := range list {
		if reg := r.Region(class); !reg.Empty() {
			out = append(out, reg)
		}
	}
	return out
}

// refused are the places that denials which hold with r take away of a class.
func (p *pass) refused(r *rules.InspectedRule, class rules.Access) []rules.Region {
	return regions(p.rules(func(d *rules.InspectedRule) bool {
		return d.Verdict == rules.Deny && !d.Conditional && p.holdsWith(d, r)
	}), class)
}

// permitted are the places that rules which may meet r give of a class.
func (p *pass) permitted(r *rules.InspectedRule, class rules.Access) []rules.Region {
	return regions(p.rules(func(a *rules.InspectedRule) bool { return permits(a) && p.mayMeet(r, a) }), class)
}

// open looks for a path of region where a process under r has all the classes.
func (p *pass) open(r *rules.InspectedRule, region rules.Region, need ...rules.Access) (path string, ok bool) {
	in := [][]rules.Region{{region}}
	var out []rules.Region
	for _, class := range need {
		in = append(in, p.permitted(r, class))
		out = append(out, p.refused(r, class)...)
	}
	f := rules.Witness(in, out)
	return f.Path, f.Found
}

// within prefers a file in the directory path, where all the classes are given
// there too: it makes a better example.
func (p *pass) within(r *rules.InspectedRule, path string, need ...rules.Access) string {
	const file = "/any"
	if _, ok := p.open(r, rules.PathRegion(path+file), need...); ok && r.Region(need[0]).Has(path+file) {
		return path + file
	}
	return path
}

// whoGives names a rule other than not that gives the class at path.
func (p *pass) whoGives(path string, class rules.Access, not *rules.InspectedRule) string {
	for _, r := range p.rules(permits) {
		if r != not && r.Region(class).Has(path) {
			return name(r)
		}
	}
	return "this rule"
}

// name says which rule is meant.
func name(r *rules.InspectedRule) string {
	return fmt.Sprintf("%s %q (%s:%d)", r.Verdict, r.Name, r.File, r.Line)
}

// names lists the first few rules.
func names(list []*rules.InspectedRule) string {
	text := ""
	for i, r := range list {
		switch {
		case i == 3:
			return text + fmt.Sprintf(" and %d more", len(list)-i)
		case i > 0:
			text += " and "
		}
		text += name(r)
	}
	return text
}

// touching are those of the rules that have something in common with region.
func touching(list []*rules.InspectedRule, class rules.Access, region rules.Region) []*rules.InspectedRule {
	return slices.DeleteFunc(slices.Clone(list), func(r *rules.InspectedRule) bool {
		_, common := region.Common(r.Region(class))
		return !common
	})
}

func isSocket(class rules.Access) bool { return class&(rules.Connect|rules.Bind) != 0 }
