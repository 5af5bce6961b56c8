package lint

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"seccomp-broker/rules"

	"github.com/hashicorp/hcl/v2"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Warning Severity = "warning" // the policy protects less than it seems to
	Info    Severity = "info"    // something is superfluous, or should be known
)

// Options say what to look at, and what the host knows of it.
type Options struct {
	// Rules are those of the policy, as for rules.Load. Findings are about its
	// Files; what they extend is taken into account.
	Rules rules.Options

	// Lost says what is given away where rules lift a system call or an @group;
	// "" where that is nothing. nil: nothing is lost.
	Lost func(call string) string

	// Exists says whether there is a file of this path; nil: all are there.
	Exists func(path string) bool

	// Interpreter gives the interpreter that a script's first line names; "" for
	// what is no script, or cannot be read. nil: there are no scripts.
	Interpreter func(path string) string
}

// Finding is one thing that was found.
type Finding struct {
	ID       string
	Severity Severity
	Message  string // one sentence
	Remedy   string // what to do, sentences
	Range    hcl.Range

	lines []int // on which it can be accepted
}

// Acceptance is a finding that the file accepts, with the reason that it gives.
type Acceptance struct {
	Finding
	Reason string
}

// Result is what Run found, in the order of the text.
type Result struct {
	Findings []Finding
	Accepted []Acceptance
	// NotCompared says that there are too many rules to compare each with all
	// others: checks that do so were left out.
	NotCompared bool
}

// Run looks at a policy. The result is empty where the policy cannot be loaded;
// the diagnostics are those of the loading, and never nil.
func Run(o Options) (*Result, *rules.Diagnostics) {
	policy, in, diags := rules.Inspect(o.Rules)
	if policy == nil {
		return &Result{}, diags
	}
	p := newPass(o, policy, in)
	found := p.run(false)
	for _, other := range otherVars(o.Rules.Vars) {
		oo := o
		oo.Rules.Vars, oo.Rules.Env = other, nil
		policy, in, diags := rules.Inspect(oo.Rules)
		if diags.HasErrors() {
			continue // a variable of the environment that is needed
		}
		found = holdingIn(found, newPass(oo, policy, in).run(true))
	}
	return p.accept(found), diags
}

// otherVars are the users for whom findings must hold as well.
func otherVars(v rules.Vars) []rules.Vars {
	plain := rules.Vars{Home: "/home/somebody", Cwd: "/home/somebody/src/thing", Project: "/home/somebody/src/thing",
		Tmp: "/tmp", User: "somebody", UID: max(v.UID, 1000)}
	root := plain
	root.Cwd, root.Project, root.Tmp = "/", "/", "/"
	return []rules.Vars{plain, root}
}

// holdingIn are the findings that are among the others as well. Those that ask
// the host are about this user only.
func holdingIn(found, others []Finding) []Finding {
	type key struct {
		id, file string
		at       int
	}
	keyOf := func(f Finding) key { return key{f.ID, f.Range.Filename, f.Range.Start.Byte} }
	have := make(map[key]bool)
	for _, f := range others {
		have[keyOf(f)] = true
	}
	return slices.DeleteFunc(found, func(f Finding) bool { return !have[keyOf(f)] && !byID(f.ID).host })
}

// pass is one look at a policy, with certain values of its variables.
type pass struct {
	o      Options
	policy *rules.Policy
	in     *rules.Inspection
	top    map[string]bool // files that findings are about
	check  *Check          // that is being made
	found  []Finding
}

func newPass(o Options, policy *rules.Policy, in *rules.Inspection) *pass {
	p := &pass{o: o, policy: policy, in: in, top: make(map[string]bool)}
	for _, name := range o.Rules.Files {
		if !strings.HasPrefix(name, "builtin:") {
			name = filepath.Clean(name)
		}
		p.top[name] = true
	}
	return p
}

// run makes every check; pure leaves out those that ask the host.
func (p *pass) run(pure bool) []Finding {
	for i := range checks {
		p.check = &checks[i]
		if p.check.run == nil || pure && p.check.host || p.check.compares && p.tooMany() {
			continue
		}
		p.check.run(p)
	}
	return p.found
}

func (p *pass) tooMany() bool { return len(p.in.Rules) > maxCompared }

// report adds a finding at rng, which can also be accepted on the given lines.
func (p *pass) report(rng hcl.Range, lines []int, message, remedy string) {
	if !p.top[rng.Filename] {
		return
	}
	p.found = append(p.found, Finding{
		ID: p.check.ID, Severity: p.check.Severity, Message: message, Remedy: remedy, Range: rng,
		lines: append(lines, rng.Start.Line),
	})
}

// reportRule is report about a rule, or about one of its attributes.
func (p *pass) reportRule(r *rules.InspectedRule, attribute, message, remedy string) {
	rng, lines := r.Range, []int{r.Range.Start.Line}
	if at, ok := r.Attributes[attribute]; ok {
		rng, lines = at, append(lines, at.Start.Line)
	}
	p.report(rng, lines, message, remedy)
}

// reportPlace is report about one pattern of a rule.
func (p *pass) reportPlace(r *rules.InspectedRule, attribute string, pl rules.Place, message, remedy string) {
	p.report(pl.Range, []int{r.Range.Start.Line, r.Attributes[attribute].Start.Line}, message, remedy)
}

func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Range.Filename, y.Range.Filename), cmp.Compare(x.Range.Start.Byte, y.Range.Start.Byte), cmp.Compare(x.ID, y.ID))
	})
}
